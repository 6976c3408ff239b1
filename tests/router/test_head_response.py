"""Response heads: what passes, what is the app's fault, and that neither depends on how the bytes come."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.router.head_response import BadResponse, check_start, response_head


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nconnection: x, CLOSE\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_whether_the_dyno_keeps_its_connection(head: bytes, reusable: bool) -> None:
    assert response_head(head).reusable == reusable


def test_a_reading_cut_off_anywhere_is_not_yet_bad() -> None:
    head = b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n"
    for cut in range(1, len(head)):
        check_start(head[:cut])
    assert response_head(head).length == 3


@pytest.mark.parametrize(
    "start", [b"h", b"HTTQ", b"HTTP/2", b"HTTP/1.1 200 OK\n", b"\r\n", b"HTTP/1.1 200 OK\r\nA: b\nC"]
)
def test_what_cannot_become_a_head_is_refused_at_once(start: bytes) -> None:
    with pytest.raises(BadResponse, match="Poorly formatted"):
        check_start(start)


def test_a_head_for_a_client_without_chunks_names_no_coding() -> None:
    head = response_head(b"HTTP/1.1 200 OK\r\nA: b\r\ntransfer-encoding:  Chunked\r\nC: d\r\n\r\n")
    assert b"Transfer-Encoding: chunked\r\n" in head.keep
    assert b"ncoding" not in head.unchunked
    assert head.unchunked.startswith(b"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n")
    assert head.unchunked.endswith(b"Connection: close\r\n\r\n")


@given(st.binary(max_size=150))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for whole in (data + b"\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + data + b"\r\n\r\n"):
        end = whole.index(b"\r\n\r\n") + 4
        try:
            head = response_head(whole[:end])
        except BadResponse:
            continue
        out = head.keep
        assert out.count(b"\r\n") == out.count(b"\r") == out.count(b"\n")
        assert out.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("seed", range(20))
def test_hop_by_hop_headers_go_and_all_others_keep_their_order(seed: int) -> None:
    rng = random.Random(seed)
    kept = [b"X-%d: %d\r\n" % (number, rng.random() * 9) for number in range(6)]
    hop = [
        b"Keep-Alive: 5\r\n",
        b"TE: x\r\n",
        b"Proxy-Connection: x\r\n",
        b"Connection: X-Gone\r\n",
        b"x-gone: 1\r\n",
    ]
    lines = list(kept)
    for line in hop:
        lines.insert(rng.randrange(len(lines) + 1), line)
    head = response_head(b"HTTP/1.1 200 OK\r\n" + b"".join(lines) + b"\r\n")
    assert head.keep.startswith(b"HTTP/1.1 200 OK\r\n" + b"".join(kept) + b"Server: Heroku\r\n")
