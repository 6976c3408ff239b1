"""The catalogue as a page of the documentation, and an entry by what a user calls it."""

from collections.abc import Iterator
from difflib import get_close_matches

from minipaas.errors import UsageProblem
from minipaas.model.verdict import Rule
from minipaas.rules.catalogue import ENTRIES, RULES, Entry

_HEAD = """\
# The rules, code by code

What `minipaas chaos` says has a code; `minipaas explain MP101` prints what stands here. An error breaks its rule, a
warning does not. This page is made from `minipaas/rules/catalogue.py`, and a test compares them.
"""


def handbook() -> str:
    """docs/rules.md, whole."""
    return "\n".join((_HEAD, *_table(), *(line for rule in Rule for line in _chapter(rule))))


def find(word: str) -> Entry:
    """The entry of that code or name, whatever its letters' case; `_` and spaces count as `-`.

    Raises:
        UsageProblem: there is none.
    """
    wanted = word.strip().lower().replace("_", "-").replace(" ", "-")
    by_word = {key: entry for entry in ENTRIES for key in (entry.code.lower(), entry.name)}
    if wanted in by_word:
        return by_word[wanted]
    meant = _by_digits(wanted)
    near = [meant] if meant in by_word else get_close_matches(wanted, by_word, n=1)
    hint = f"did you mean `{_as_written(near[0])}`?" if near else "`minipaas explain` lists all codes"
    raise UsageProblem(f"there is no code `{word}`", hint)


def _by_digits(word: str) -> str:
    """`mp1o1` as the code that was meant: letters that look like digits are digits after `mp`."""
    return word[:2] + word[2:].translate(str.maketrans("oil", "011")) if word.startswith("mp") else word


def _as_written(word: str) -> str:
    return word.upper() if word.startswith("mp") and word[2:].isdigit() else word


def _table() -> Iterator[str]:
    yield "| code | name | severity | |"
    yield "|---|---|---|---|"
    for entry in ENTRIES:
        yield f"| [{entry.code}](#{_anchor(entry)}) | `{entry.name}` | {entry.severity} | {entry.title} |"
    yield ""


def _chapter(rule: Rule) -> Iterator[str]:
    yield f"## Rule {rule}: {RULES[rule]}"
    yield ""
    for entry in ENTRIES:
        if entry.rule is rule:
            yield f"### {entry.code} {entry.name}"
            yield ""
            yield f"**{_sentence(entry.title)}** ({entry.severity})"
            yield ""
            yield from (entry.why, "", f"*Example:* {entry.example}", "", f"*Way out:* {entry.fix}", "")
            yield f"Source: <{entry.source}>"
            yield ""


def _anchor(entry: Entry) -> str:
    return f"{entry.code.lower()}-{entry.name}"


def _sentence(title: str) -> str:
    return title[:1].upper() + title[1:]
