"""`.env` by python-dotenv's grammar, with a line for each complaint."""

import io
import re
from contextlib import suppress

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import FileProblem
from minipaas.limits import CONFIG_VARS_BYTES
from minipaas.parse.dotenv import MAX_BLANKS, MAX_CHARACTERS, parse_dotenv
from tests.parse.strangers import anything, near


def values(text: str) -> dict[str, str]:
    return parse_dotenv(text)[0]


def said(text: str) -> list[str]:
    return [str(warning) for warning in parse_dotenv(text)[1]]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=unquoted with spaces", "unquoted with spaces"),
        ("A=$B/x", "$B/x"),
        ('A="multi\\nline"', "multi\nline"),
        ('A="over\ntwo lines"', "over\ntwo lines"),
        ("A='over\r\ntwo lines'", "over\ntwo lines"),
        ("export A=exported", "exported"),
        ("A=val # comment", "val"),
        ("A=val#no comment", "val#no comment"),
        (" A=leading space", "leading space"),
        ("A = spaced eq", "spaced eq"),
        ("A=", ""),
        ('A={"json": 1}', '{"json": 1}'),
        ("A=back\\\\slash", "back\\\\slash"),
        ('A="a\\"b"', 'a"b'),
        ("A='it''s'", None),
        ("A=x\r\n", "x"),
        ("\ufeffA=x", "x"),
        ("A=ü", "ü"),
        ("A=a=b=c", "a=b=c"),
    ],
)
def test_the_nasty_file_reads_as_python_dotenv_reads_it(text: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(FileProblem):
            values(text)
    else:
        assert values(text) == {"A": value}


def test_names_in_braces_mean_earlier_lines_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_THE_SHELL", "leaked")
    text = "HOST=db\nURL=postgres://${HOST}/x\nD=${NONE:-default}\nS=[${FROM_THE_SHELL}]\n"
    assert values(text) == {"HOST": "db", "URL": "postgres://db/x", "D": "default", "S": "[]"}
    assert said(text) == [".env:4: `${FROM_THE_SHELL}` is not set above in this file, so it is empty here"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\n\n\nB='x\nC=3\n", ".env:4: the quote that opens the value of `B` is never closed"),
        ('M="unterminated', ".env:1: the quote that opens the value of `M` is never closed"),
        ("\r\n\r\nexport K = 'x", ".env:3: the quote that opens the value of `K` is never closed"),
        ('A="x" y', ".env:1: cannot read the value of `A`"),
        ("A=1\n=x", ".env:2: not `NAME=value`"),
        ("A=1\nsome words here", ".env:2: not `NAME=value`"),
        ("A=x\0y", ".env:1: `A` holds a character no program can be given"),
        (
            "A=x\n\nB=" + "x" * (CONFIG_VARS_BYTES + 1),
            f".env:3: a value takes more than {CONFIG_VARS_BYTES} bytes, Heroku's limit",
        ),
        (
            "\n".join(f"A{n}={'x' * 1000}" for n in range(40)),
            f".env:33: the variables up to `A32` take more than {CONFIG_VARS_BYTES} bytes, Heroku's limit",
        ),
        ("#" * (MAX_CHARACTERS + 1), f".env: longer than {MAX_CHARACTERS} characters"),
        ("A=1\nB=x" + " " * (MAX_BLANKS + 1) + "y", f".env:2: more than {MAX_BLANKS} blanks in a row"),
    ],
)
def test_a_fault_has_its_line(text: str, message: str) -> None:
    with pytest.raises(FileProblem) as caught:
        parse_dotenv(text)
    assert caught.value.message == message


def test_the_limit_counts_names_and_values_in_bytes() -> None:
    fits = "A=" + "x" * (CONFIG_VARS_BYTES - 1)
    assert len(values(fits)["A"]) == CONFIG_VARS_BYTES - 1
    with pytest.raises(FileProblem, match="Heroku's limit"):
        values("A=" + "ü" * (CONFIG_VARS_BYTES // 2))


def test_a_name_given_again_gives_its_room_back() -> None:
    assert len(values(("A=" + "x" * 20_000 + "\n") * 5)["A"]) == 20_000


def test_a_bomb_of_names_in_braces_is_refused() -> None:
    bomb = "A0=xxxxxxxxxx\n" + "".join(f"A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(60))
    with pytest.raises(FileProblem, match="Heroku's limit"):
        parse_dotenv(bomb)


@pytest.mark.parametrize("bomb", ["${" * 16_000, "${" * 16_000 + ":x}", "}" + "${a:-" * 6_000, "${a" * 10_000 + "}"])
def test_braces_repeated_take_no_minutes(bomb: str) -> None:
    """python-dotenv's own search for names took 13 s over the first of these."""
    assert values(f"A={bomb}") == {"A": bomb.replace("${a}", "")}


def test_braces_around_what_is_no_name_stay() -> None:
    assert values("A=1\nB=${not a name} ${} ${A}") == {"A": "1", "B": "${not a name} ${} 1"}


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("Q-R=x", ".env:1: left out: this does not begin with the name of a variable"),
        ("1X=x", ".env:1: left out: this does not begin with the name of a variable"),
        ("\n\nFOO", ".env:3: left out: no `=`"),
        ("export FOO", ".env:1: left out: no `=`"),
        ("A=1\nA=2", ".env:2: `A` stands on line 1 too; this one counts"),
    ],
)
def test_what_is_left_out_is_said(text: str, warning: str) -> None:
    assert said(text) == [warning]


def test_no_message_shows_a_value() -> None:
    """A private key pasted without quotes spreads over lines that look like names."""
    texts = [
        "KEY=-----BEGIN\nMIIEhidden+hidden==\nMIIEhidden\n",
        "A='hidden",
        'A="hidden" hidden',
        "=hidden",
        "A=hidden\0",
    ]
    for text in texts:
        try:
            told = " ".join(said(text))
        except FileProblem as fault:
            told = f"{fault.message} {fault.hint}"
        assert told
        assert "hidden" not in told


texts = anything | near(
    "A", "B", "=", "'", '"', "\\", "\n", "\r\n", "#", " ", "export ", "${A}", "${", "}", ":-", "x", "\t"
)


@settings(max_examples=300)
@given(texts)
def test_any_text_gives_variables_or_a_file_problem(text: str) -> None:
    with suppress(FileProblem):
        found, warnings = parse_dotenv(text)
        assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in found)
        assert all(str(warning).isprintable() for warning in warnings)


references = st.lists(
    st.sampled_from(["${A}", "${B}", "${NONE_SUCH:-d}", "${NONE_SUCH:-}", "$A", "{A}", "x", " "]), max_size=8
).map("".join)


@given(references, references, references)
def test_references_are_replaced_as_the_library_does(a: str, b: str, c: str) -> None:
    text = f"A='{a}'\nB='{b}'\nC='{c}'\n"
    assert values(text) == dotenv_values(stream=io.StringIO(text), interpolate=True)


@given(texts)
def test_what_is_read_is_what_the_library_reads(text: str) -> None:
    with suppress(FileProblem):
        found, _ = parse_dotenv(text.replace("$", "S"))
        library = dotenv_values(stream=io.StringIO(text.replace("$", "S"), newline=None), interpolate=False)
        wanted = {n: v for n, v in library.items() if v is not None and re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", n)}
        # A name without `=` unsets an earlier one in the library; here the line is left out.
        assert found.items() >= wanted.items()


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True),
        st.text(st.characters(codec="utf-8", exclude_characters="\0\r$")),
        max_size=6,
    )
)
def test_what_is_written_in_single_quotes_is_read(variables: dict[str, str]) -> None:
    lines = (
        f"{name}='{value.replace(chr(92), chr(92) * 2).replace(chr(39), chr(92) + chr(39))}'\n"
        for name, value in variables.items()
    )
    if any(len(run) > MAX_BLANKS for value in variables.values() for run in re.findall(r"\s+", value)):
        return
    assert values("".join(lines)) == variables
