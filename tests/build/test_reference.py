"""What a word names as a buildpack."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.build.reference import Kind, parse_reference
from minipaas.errors import UsageProblem


@pytest.mark.parametrize(
    ("word", "location"),
    [
        ("python", "python"),
        ("nodejs", "nodejs"),
        ("static", "static"),
        ("inline", "inline"),
        ("heroku/python", "python"),
        ("urn:buildpack:heroku/nodejs", "nodejs"),
        ("heroku-community/static", "static"),
        ("https://github.com/heroku/heroku-buildpack-python", "python"),
        ("https://github.com/heroku/heroku-buildpack-python.git", "python"),
        ("https://github.com/heroku/heroku-buildpack-nodejs#v200", "nodejs"),
        ("https://github.com/Heroku/heroku-buildpack-static/", "static"),
        ("git@github.com:heroku/heroku-buildpack-python.git", "python"),
    ],
)
def test_herokus_own_are_the_shipped_ones(word: str, location: str) -> None:
    found = parse_reference(word)
    assert (found.kind, found.location) == (Kind.SHIPPED, location)
    assert (found.remark is None) == (word == location)


@pytest.mark.parametrize(
    ("word", "location", "branch"),
    [
        ("https://example.com/x/buildpack.git", "https://example.com/x/buildpack.git", None),
        ("https://example.com/x/buildpack#main", "https://example.com/x/buildpack", "main"),
        ("file:///srv/buildpack#v1.0", "file:///srv/buildpack", "v1.0"),
        ("git@example.com:x/buildpack.git#feature/y", "git@example.com:x/buildpack.git", "feature/y"),
        ("ssh://git@example.com/x", "ssh://git@example.com/x", None),
        ("heroku/ruby", "https://github.com/heroku/heroku-buildpack-ruby", None),
        ("heroku-community/apt", "https://github.com/heroku/heroku-buildpack-apt", None),
    ],
)
def test_others_are_cloned(word: str, location: str, branch: str | None) -> None:
    found = parse_reference(word)
    assert (found.kind, found.location, found.branch) == (Kind.GIT, location, branch)


@pytest.mark.parametrize("word", ["./buildpack", "../buildpack", "/srv/buildpack", "~/buildpack", "."])
def test_paths_are_paths(word: str) -> None:
    assert parse_reference(word).kind is Kind.PATH


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pyhton", "not a name, a path or a git URL"),
        ("", "not a name, a path or a git URL"),
        ("somebody/thing", "not a name, a path or a git URL"),
        ("ext::sh -c id", "not a name, a path or a git URL"),
        ("--upload-pack=id", "not a name, a path or a git URL"),
        ("https://example.com/buildpack.tgz", "an archive is not supported"),
        ("https://example.com/buildpack#--upload-pack=id", "not the name of a branch"),
    ],
)
def test_what_names_nothing_is_told(word: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        parse_reference(word)


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_usage_problem(word: str) -> None:
    try:
        found = parse_reference(word)
    except UsageProblem:
        return
    assert not found.location.startswith("-")
    assert found.branch is None or not found.branch.startswith("-")
