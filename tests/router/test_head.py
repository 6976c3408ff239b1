"""Request heads: what is refused, what is kept, and that neither depends on how the bytes come in pieces."""

import asyncio

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minipaas.router.head import Fields, HeadRefused, RequestLine, lookup_name, request_fields, request_line
from tests.router.bad_requests import BAD, H, get
from tests.router.rig import GET, always, rig


def read(data: bytes) -> tuple[RequestLine, Fields]:
    """A head as the client's side reads it."""
    end = data.index(b"\r\n\r\n")
    stop = data.index(b"\r\n")
    line = request_line(data[:stop])
    return line, request_fields(data[stop + 1 : end + 2], line)


def test_the_table_of_bad_requests_is_long() -> None:
    assert len(BAD) >= 130


async def test_bad_requests_get_their_status_are_recorded_once_and_never_reach_a_dyno() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        for number, (name, (data, status)) in enumerate(BAD.items(), 1):
            client = await world.client()
            client.send(data)
            got = await client.rest()
            assert got.startswith(b"HTTP/1.1 %d " % status), (name, got[:100])
            assert b"Connection: close\r\n" in got, name
            record = await world.record(number)
            assert (record.status, record.code, record.at) == (status, "H26", "error"), name
            assert len(world.records) == number, name
        assert dyno.arrivals.empty()
        assert not dyno.wires


@pytest.mark.parametrize("name", ["value too long", "cl and te", "two hosts", "cl underscore"])
async def test_a_refused_request_is_logged_with_the_path_that_was_asked_for(name: str) -> None:
    async with rig() as world:
        client = await world.client()
        client.send(BAD[name][0])
        await client.rest()
        record = await world.record()
        assert (record.path, record.cause) == ("/", "bad header")


GOOD: dict[str, bytes] = {
    "a name of 1000": get(H + b"N" * 1000 + b": v\r\n"),
    "a value of 8192": get(H + b"N: " + b"v" * 8192 + b"\r\n"),
    "a thousand headers": get(H + b"N: v\r\n" * 999),
    "a line of 8192": get(H, b"GET /" + b"a" * (8192 - 14) + b" HTTP/1.1"),
    "a method of 127": get(H, b"M" * 127 + b" / HTTP/1.1"),
    "no space after the colon": get(b"Host:shop.localhost\r\nA:b\r\n"),
    "an empty value": get(H + b"A:\r\nB: \r\n"),
    "tab and latin-1 in a value": get(H + b"A: b\tc \xe9\xff\r\n"),
    "odd characters in the target": get(H, b'GET /a|b{c}^`"<>\\?%zz HTTP/1.1'),
    "an ipv6 host": get(b"Host: [::1]:5000\r\n"),
    "an empty port": get(b"Host: shop.localhost:\r\n"),
    "an empty expectation": get(H + b"Expect:\r\n"),
    "h2c is no upgrade": get(H + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"),
    "double slash": get(H, b"GET //evil.example/ HTTP/1.1"),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_heroku_takes_is_taken(name: str) -> None:
    read(GOOD[name])


@pytest.mark.parametrize(
    ("headers", "start", "keep"),
    [
        (b"", b"GET / HTTP/1.1", True),
        (b"Connection: close\r\n", b"GET / HTTP/1.1", False),
        (b"Connection: Close\r\n", b"GET / HTTP/1.1", False),
        (b"Connection: keep-alive, close\r\n", b"GET / HTTP/1.1", False),
        (b"Connection: keep-alive\r\nConnection: close\r\n", b"GET / HTTP/1.1", False),
        (b"", b"GET / HTTP/1.0", False),
        (b"Connection: keep-alive\r\n", b"GET / HTTP/1.0", True),
        (b"Connection: keep-alive, close\r\n", b"GET / HTTP/1.0", False),
    ],
)
def test_whether_the_client_keeps_its_connection(headers: bytes, start: bytes, keep: bool) -> None:
    assert read(get(H + headers, start))[1].keep_alive == keep


@pytest.mark.parametrize(
    ("headers", "start", "upgrade"),
    [
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"GET / HTTP/1.1", True),
        (b"Connection: keep-alive, upgrade\r\nUpgrade: a/1, b\r\n", b"GET / HTTP/1.1", True),
        (b"Upgrade: websocket\r\n", b"GET / HTTP/1.1", False),
        (b"Connection: Upgrade\r\n", b"GET / HTTP/1.1", False),
        (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"GET / HTTP/1.0", False),
        (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"GET / HTTP/1.1", False),
    ],
)
def test_when_an_upgrade_is_passed_on(headers: bytes, start: bytes, upgrade: bool) -> None:
    fields = read(get(H + headers, start))[1]
    assert fields.upgrade == upgrade
    assert (b"Upgrade: " in fields.kept) == upgrade
    assert fields.kept.count(b"Connection: Upgrade\r\n") == upgrade


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"x" * 20, True),
        (b"aZ09+/=-" * 25, True),
        (b"x" * 19, False),
        (b"x" * 201, False),
        (b"x" * 20 + b"?", False),
        (b"x" * 20 + b"_", False),
    ],
)
def test_which_request_ids_of_clients_are_kept(sent: bytes, kept: bool) -> None:
    fields = read(get(H + b"X-Request-ID: " + sent + b"\r\n"))[1]
    assert fields.request_id == (sent.decode() if kept else "")
    assert (b"X-Request-ID" in fields.kept) == kept


def test_two_request_ids_are_none() -> None:
    both = b"X-Request-ID: " + b"a" * 20 + b"\r\nX-Request-ID: " + b"b" * 20 + b"\r\n"
    fields = read(get(H + both))[1]
    assert fields.request_id == ""
    assert b"X-Request-ID" not in fields.kept


@pytest.mark.parametrize("essential", [b"Host", b"Content-Length", b"X-Forwarded-For", b"Via", b"X-Request-Start"])
def test_connection_cannot_list_away_what_we_need(essential: bytes) -> None:
    fields = read(get(H + b"Content-Length: 3\r\nConnection: " + essential + b"\r\n"))[1]
    assert H in fields.kept
    assert b"Content-Length: 3\r\n" in fields.kept
    assert fields.length == 3


@pytest.mark.parametrize("name", [b"Content_Length", b"Transfer_Encoding", b"X_Forwarded_For", b"X_Request_Id"])
def test_lookalikes_with_underscores_are_dropped(name: bytes) -> None:
    fields = read(get(H + name + b": 7\r\nX_other: 1\r\n"))[1]
    assert name not in fields.kept
    assert b"X_other: 1\r\n" in fields.kept
    assert (fields.length, fields.chunked, fields.forwarded) == (None, False, "")


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"http://a.b/c?d", "/c?d", b"a.b"),
        (b"HTTPS://a.b:80", "/", b"a.b:80"),
        (b"http://a.b?c", "/?c", b"a.b"),
    ],
)
def test_an_absolute_target_overrides_host(target: bytes, path: str, host: bytes) -> None:
    line, fields = read(get(b"Host: other\r\nA: b\r\n", b"GET " + target + b" HTTP/1.1"))
    assert line.path == path
    assert fields.kept.startswith(b"Host: " + host + b"\r\nA: b\r\n")
    assert fields.host == host.decode()


def test_the_cache_of_heads_does_not_mix_versions_or_hosts() -> None:
    block = H + b"Connection: keep-alive\r\n"
    assert read(get(block, b"GET / HTTP/1.1"))[1].keep_alive
    assert read(get(H, b"GET / HTTP/1.1"))[1].keep_alive
    assert not read(get(H, b"GET / HTTP/1.0"))[1].keep_alive
    assert read(get(H, b"GET http://x/ HTTP/1.1"))[1].name == "x"
    assert read(get(H, b"GET / HTTP/1.1"))[1].name == "shop.localhost"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"Shop.LocalHost:80", "shop.localhost"),
        (b"shop.localhost.", "shop.localhost"),
        (b"[::1]:80", "[::1]"),
        (b"shop", "shop"),
    ],
)
def test_the_name_an_app_is_looked_up_by(host: bytes, name: str) -> None:
    assert lookup_name(host) == name


@given(st.binary(max_size=200))
@example(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        line, fields = read(data + b"\r\n\r\n")
    except HeadRefused as refused:
        assert 400 <= refused.status < 600
    else:
        _safe_to_pass_on(line, fields)


_pieces = st.sampled_from(
    [
        b"Host: a",
        b"\r\n",
        b"\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b"Content-Length",
        b": 5",
        b"Transfer-Encoding",
        b": chunked",
        *(b"Connection: ", b"close", b"host", b",", b"x", b"\x00", b"Upgrade: h2c", b"GET ", b"/ ", b"HTTP/1.1"),
    ]
)


@given(st.lists(_pieces, max_size=25).map(b"".join))
@settings(max_examples=400, deadline=None)
def test_any_mix_of_header_pieces_is_read_or_refused(headers: bytes) -> None:
    try:
        line, fields = read(b"GET / HTTP/1.1\r\n" + headers + b"\r\n\r\n")
    except HeadRefused:
        return
    _safe_to_pass_on(line, fields)


def _safe_to_pass_on(line: RequestLine, fields: Fields) -> None:
    """What the dyno gets has one meaning: whole lines, one Host, one framing."""
    out = line.wire + fields.kept
    assert out.count(b"\r\n") == out.count(b"\r") == out.count(b"\n")
    assert b"\x00" not in out
    names = [row.split(b":")[0].lower() for row in fields.kept.split(b"\r\n")[:-1]]
    assert names.count(b"host") == 1
    assert names.count(b"content-length") == (fields.length is not None)
    assert names.count(b"transfer-encoding") == fields.chunked
    assert not (fields.chunked and fields.length is not None)


async def test_a_head_reads_the_same_however_it_is_cut() -> None:
    head = b"\r\nGET /a HTTP/1.1\r\nHost: shop.localhost\r\nX: y\r\n\r\n"
    async with rig() as world:
        await world.dyno("web.1", always)
        client = await world.client()
        for cut in range(1, len(head)):
            client.send(head[:cut])
            await client.writer.drain()
            await _passed_on()
            client.send(head[cut:])
            assert (await client.answer())[1] == b"ok"
        for byte in head:
            client.send(bytes([byte]))
            await _passed_on()
        assert (await client.answer())[1] == b"ok"
        await world.record(len(head))
        assert {(record.method, record.path, record.host) for record in world.records} == {
            ("GET", "/a", "shop.localhost")
        }


async def _passed_on() -> None:
    """Let the router read what was sent, so that the next piece comes alone."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_one_empty_line_before_a_request_is_overlooked() -> None:
    async with rig() as world:
        await world.dyno("web.1", always)
        client = await world.client()
        client.send(b"\r\n" + GET)
        assert (await client.answer())[1] == b"ok"


@given(st.lists(st.sampled_from([b"A: b\r\n", b"Cookie: c=d; e\r\n", b"X-Y:\r\n", b"Accept: */*\r\n"]), max_size=6))
@settings(max_examples=60, deadline=None)
def test_the_short_way_for_plain_heads_gives_what_the_long_way_gives(lines: list[bytes]) -> None:
    plain = read(get(H + b"".join(lines)))[1]
    # One hop-by-hop header, which leaves no trace, sends the same head the long way.
    assert read(get(H + b"".join(lines) + b"Keep-Alive: 5\r\n"))[1] == plain
