"""A queue library that nobody works for: what the app's manifests and its Procfile say. Pure."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping

from minipaas.model.verdict import Finding, Severity
from minipaas.rules.catalogue import BY_CODE

#: Distribution to the module that is imported; what begins with `node:` or `ruby:` is no Python.
_PYTHON = {
    "celery": "celery",
    "rq": "rq",
    "django-rq": "django_rq",
    "flask-rq2": "flask_rq2",
    "dramatiq": "dramatiq",
    "huey": "huey",
    "arq": "arq",
    "saq": "saq",
    "taskiq": "taskiq",
    "procrastinate": "procrastinate",
    "django-q": "django_q",
    "django-q2": "django_q",
}
_NODE = ("bull", "bullmq", "bee-queue", "kue", "agenda", "pg-boss", "graphile-worker", "faktory-worker")
_RUBY = ("sidekiq", "resque", "delayed_job", "delayed_job_active_record", "good_job", "que", "shoryuken")
#: How one starts a worker of it.
_WORKERS = {
    "celery": "celery -A app worker",
    "rq": "rq worker --url $REDIS_URL",
    "django-rq": "python manage.py rqworker",
    "dramatiq": "dramatiq app",
    "arq": "arq app.WorkerSettings",
    "sidekiq": "bundle exec sidekiq",
}
#: The files that name an app's libraries.
MANIFESTS = ("requirements.txt", "pyproject.toml", "Pipfile", "package.json", "Gemfile")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_GEM = re.compile(r"""^\s*gem\s+["']([\w-]+)["']""", re.MULTILINE)


def queue_findings(
    manifests: Mapping[str, str], sources: Iterable[str], process_types: Iterable[str]
) -> Iterator[Finding]:
    """A warning for a queue library in use when all process types are `web` and `release`.

    Args:
        manifests: text of each file of `MANIFESTS` that is there.
        sources: the app's own source: a library that is never imported queues nothing.
    """
    others = sorted(set(process_types) - {"web", "release"})
    used = list(_libraries(manifests))
    if others or not used:
        return
    text = "\n".join(sources)
    for name, where in used:
        if text and not _imported(name, text):
            continue
        yield _finding(name, where)
        return


def _finding(name: str, where: str) -> Finding:
    command = _WORKERS.get(name, "the command that works on the queue")
    return Finding(
        code="MP306",
        severity=Severity.WARNING,
        process_type="web",
        message=f"`{name}` is in {where} and in use, but the Procfile has no process type that works on its queue",
        evidence=(f"{where} names `{name}`, a queue library", "the Procfile has no process type but `web`"),
        help=f"add `worker: {command}` to the Procfile" if name in _WORKERS else BY_CODE["MP306"].fix,
        subject=name,
    )


def _libraries(manifests: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for where, text in manifests.items():
        for name in _named(where, text):
            plain = name.lower().replace("_", "-")
            if (where == "package.json" and name in _NODE) or (where == "Gemfile" and name in _RUBY):
                yield name, where
            elif where not in ("package.json", "Gemfile") and plain in _PYTHON:
                yield plain, where


def _named(where: str, text: str) -> Iterator[str]:
    try:
        if where == "package.json":
            yield from _keys(json.loads(text), "dependencies")
        elif where == "Gemfile":
            yield from _GEM.findall(text)
        elif where == "Pipfile":
            yield from _keys(tomllib.loads(text), "packages")
        elif where == "pyproject.toml":
            yield from _of_project(tomllib.loads(text))
        else:
            yield from _requirements(text.splitlines())
    except (ValueError, TypeError, AttributeError):
        return


def _keys(document: object, name: str) -> Iterator[str]:
    inner = document.get(name) if isinstance(document, dict) else None
    yield from inner if isinstance(inner, dict) else ()


def _of_project(document: Mapping[str, object]) -> Iterator[str]:
    project = document.get("project")
    wanted = project.get("dependencies") if isinstance(project, dict) else None
    if isinstance(wanted, list):
        yield from _requirements(str(each) for each in wanted)
    tool = document.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    yield from _keys(poetry, "dependencies")


def _requirements(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        found = None if line.lstrip().startswith(("#", "-")) else _REQUIREMENT.match(line)
        if found:
            yield found[1]


def _imported(name: str, text: str) -> bool:
    if name in _RUBY:
        return True
    if name in _NODE:
        quoted = rf"""["'`]{re.escape(name)}(?:/[^"'`]*)?["'`]"""
        return re.search(rf"(?:require\(\s*|from\s+|import\s+|import\(\s*){quoted}", text) is not None
    module = re.escape(_PYTHON[name])
    return (
        re.search(rf"^\s*(?:import\s+{module}\b|from\s+{module}[\s.])|[\"']{module}[\"']", text, re.MULTILINE)
        is not None
    )
