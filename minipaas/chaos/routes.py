"""Routes named in an app's source: never used to judge, only to say what was not exercised. Pure."""

import re
from collections.abc import Iterable

#: Method and path, where one line names both: Flask, FastAPI, Express, Koa, Fastify, Sinatra.
_DIRECT = re.compile(r"""\b(?:\w+)\.(get|post|put|patch|delete)\(\s*["'`](/[^"'`]*)""")
_METHODS = re.compile(
    r"""\.(?:route|add_url_rule|add_api_route)\(\s*["'](/[^"']*)["'][^)]*?methods\s*=\s*[\[(]([^\])]*)""", re.DOTALL
)
_PLAIN = re.compile(r"""\.route\(\s*["'](/[^"']*)["']\s*\)""")
#: A hint that something is written, where no path can be read off: Django views, handlers by hand.
_WRITES = re.compile(
    r"""\bdo_(?:POST|PUT|PATCH|DELETE)\b|def\s+(?:post|put|patch|delete)\s*\(|method\s*={2,3}\s*["'](?:POST|PUT|PATCH|DELETE)"""
    r"""|request\.POST|require_POST|method=["']post["']""",
    re.IGNORECASE,
)
SOURCES = (".py", ".js", ".mjs", ".cjs", ".ts", ".rb")


def routes_in(texts: Iterable[str]) -> set[str]:
    """`GET /x`, `POST /y/*` for each route that can be read off; parameters as `*`."""
    found: set[str] = set()
    for text in texts:
        found |= {f"{method.upper()} {_pattern(path)}" for method, path in _DIRECT.findall(text)}
        for path, methods in _METHODS.findall(text):
            found |= {f"{method.upper()} {_pattern(path)}" for method in re.findall(r"[A-Za-z]+", methods)}
        found |= {f"GET {_pattern(path)}" for path in _PLAIN.findall(text)}
    return found


def may_write(texts: Iterable[str]) -> bool:
    """Whether anything in the source looks as if a request could change something."""
    return any(_WRITES.search(text) for text in texts)


def _pattern(path: str) -> str:
    segments = ("*" if re.match(r"[:<{]", part) else part for part in path.split("/"))
    return "/".join(segments) or "/"
