"""HTML that escapes by construction: what is not `Html` is text, and text is escaped."""

from html import escape
from typing import TypeAlias


class Html(str):
    """Markup that is safe to put into a page as it is. Made by `tag`, `joined` and `prose` alone."""

    __slots__ = ()


Child: TypeAlias = "str | Html | None"
#: Elements without content; written so that an XML parser reads them too.
_VOID = frozenset({"br", "circle", "line", "link", "meta", "path", "rect"})


def tag(name: str, /, *children: Child, **attributes: str | int | float | None) -> Html:
    """An element. `class_` is `class`, `aria_label` is `aria-label`; an attribute that is None is left out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Html(f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """Children after one another; None is nothing."""
    return Html("".join(each if isinstance(each, Html) else escape(each) for each in children if each is not None))


def prose(text: str) -> Html:
    """Text in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return joined(text)
    return joined(*(tag("code", part) if at % 2 else part for at, part in enumerate(parts)))


def _number(value: str | float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
