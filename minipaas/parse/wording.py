"""How a stranger's text is shown in a message, and how a near miss is answered; what the system can take as text."""

from collections.abc import Iterable

#: Longer quotations are cut: a message is one line on a terminal.
QUOTE_LENGTH = 60


def quoted(text: str) -> str:
    """`text` in backticks, cut to one line's length, with control characters and lone surrogates escaped."""
    shown = "".join(char if char.isprintable() else _escaped(char) for char in text[: QUOTE_LENGTH + 1])
    return f"`{shown}`" if len(shown) <= QUOTE_LENGTH else f"`{shown[:QUOTE_LENGTH]}…`"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def listed(words: Iterable[str]) -> str:
    """`a, b, c`, or `none` when there is nothing to list."""
    return ", ".join(words) or "none"


def sound(text: str) -> bool:
    """Whether the system can take this text as an argument or a variable: no NUL, no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A hint naming the known word nearest to `word`; None when nothing is near."""
    import difflib  # noqa: PLC0415  for a typing error only

    near = difflib.get_close_matches(word[:QUOTE_LENGTH].lower(), tuple(known), n=1)
    return f"did you mean `{near[0]}`?" if near else None
