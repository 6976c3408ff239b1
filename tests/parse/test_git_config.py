"""Where a clone's remote leads, from git's own file."""

import pytest

from minipaas.parse.git_config import remote_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ('[remote "minipaas"]\n\turl = /a b/git/shop.git\n\tfetch = +refs/*\n', "/a b/git/shop.git"),
        ('[remote "minipaas"]\n\turl = "/a #b/git/shop.git"\n', "/a #b/git/shop.git"),
        ('[remote "minipaas"]\n\turl = /a/shop.git ; mine\n', "/a/shop.git"),
        ('[remote "minipaas"]\n\turl = "/a\\\\b\\"/shop.git"\n', '/a\\b"/shop.git'),
        ('[remote "origin"]\n\turl = /other\n[core]\n\turl = /no\n', None),
        ('[remote "minipaas"]\n\turl = /one\n[remote "minipaas"]\n\turl = /two\n', "/two"),
        ("", None),
    ],
)
def test_a_remote_is_read_as_git_reads_it(text: str, url: str | None) -> None:
    assert remote_url(text, "minipaas") == url
