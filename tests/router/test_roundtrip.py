"""A request to the dyno and its answer back, byte by byte. Many cases are those vegur's round-trip suite names."""

import re

import pytest

from minipaas.model.dyno import DynoState
from tests.router.rig import GET, OK, always, rig


async def test_a_request_reaches_the_dyno_with_herokus_headers_and_the_answer_comes_back() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET /a?b=c HTTP/1.1\r\nHost: shop.localhost:5000\r\nX-ODD-cAsE: 1\r\nAccept: */*\r\n\r\n")
        server = await dyno.accept()
        head = await server.head()
        match = re.fullmatch(
            rb"GET /a\?b=c HTTP/1\.1\r\nHost: shop\.localhost:5000\r\nX-ODD-cAsE: 1\r\nAccept: \*/\*\r\n"
            rb"Via: 1\.1 heroku-router\r\nX-Forwarded-For: 127\.0\.0\.1\r\nX-Forwarded-Proto: http\r\n"
            rb"X-Forwarded-Port: %d\r\nX-Request-ID: ([0-9a-f-]{36})\r\nX-Request-Start: \d{13}\r\n\r\n" % world.port,
            head,
        )
        assert match
        server.send(OK)
        head, body = await client.answer()
        assert head == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: Heroku\r\nVia: 1.1 heroku-router\r\n\r\n"
        assert body == b"ok"
        record = await world.record()
        assert (record.app, record.method, record.path, record.host) == (
            "shop",
            "GET",
            "/a?b=c",
            "shop.localhost:5000",
        )
        assert (record.dyno, record.life, record.status, record.at, record.code) == (
            "web.1",
            dyno.life,
            200,
            "info",
            "",
        )
        assert (record.fwd, record.request_id) == ("127.0.0.1", match[1].decode())
        assert record.connect_ms is not None
        assert record.service_ms is not None
        assert record.bytes == len(head) + 2


async def test_both_sides_keep_their_connection_for_the_next_request() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        for _ in range(3):
            await server.head()
            server.send(OK)
            await client.answer()
            client.send(GET)
        await server.head()
        assert dyno.arrivals.empty()


async def test_requests_go_to_the_dynos_in_turn() -> None:
    async with rig() as world:
        for number in (1, 2, 3):
            await world.dyno(f"web.{number}", always)
        client = await world.client()
        for _ in range(6):
            client.send(GET)
            await client.answer()
        await world.record(6)
        assert [record.dyno for record in world.records] == ["web.1", "web.2", "web.3"] * 2


@pytest.mark.parametrize(
    ("sent", "client_keeps"),
    [
        (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nHost: shop.localhost\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nHost: shop.localhost\r\nConnection: Keep-Alive\r\n\r\n", True),
    ],
)
@pytest.mark.parametrize("dyno_keeps", [True, False])
async def test_each_side_decides_on_its_own_connection(sent: bytes, client_keeps: bool, dyno_keeps: bool) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(sent)
        server = await dyno.accept()
        assert b"connection:" not in (await server.head()).lower()
        server.send(OK if dyno_keeps else b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        head, _ = await client.answer()
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (b"Connection: close" not in head) == client_keeps
        if client_keeps:
            assert await client.open_still()
        else:
            assert await client.rest() == b""
        if dyno_keeps:
            assert await server.open_still()
        else:
            assert await server.rest() == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 400\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_an_answer_without_body_ends_with_its_head(answer: bytes) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        for _ in range(2):
            await server.head()
            server.send(answer)
            assert await client.head() == answer[:-2] + b"Server: Heroku\r\nVia: 1.1 heroku-router\r\n\r\n"
            client.send(GET)


@pytest.mark.parametrize("framing", [b"Content-Length: 900\r\n", b"Transfer-Encoding: chunked\r\n", b""])
async def test_the_answer_to_head_keeps_its_framing_header_and_has_no_body(framing: bytes) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        for _ in range(2):
            client.send(b"HEAD / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        server = await dyno.accept()
        for _ in range(2):
            await server.head()
            server.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
            head = await client.head()
            assert framing in head
            assert b"Connection" not in head


async def test_bytes_after_a_bodyless_answer_never_reach_a_client() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        await client.head()
        client.send(GET)
        other = await dyno.accept()
        await other.head()
        other.send(OK)
        assert (await client.answer())[1] == b"ok"


async def test_what_a_dyno_says_unasked_is_thrown_away_with_its_connection() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        assert await server.rest() in (b"", b"<reset>")
        client.send(GET)
        other = await dyno.accept()
        await other.head()
        other.send(OK)
        assert (await client.answer())[1] == b"ok"


async def test_chunks_and_trailers_pass_as_they_are_both_ways() -> None:
    body = b"3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 7\r\n\r\n"
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        server = await dyno.accept()
        assert b"Transfer-Encoding: chunked\r\n" in await server.head()
        assert await server.exactly(len(body)) == body
        server.send(b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        assert b"Trailer: X-Sum\r\n" in await client.head()
        assert await client.exactly(len(body)) == body
        assert (await world.record()).status == 200
        client.send(GET)
        assert (await server.head()).startswith(b"GET / ")


async def test_chunks_are_taken_out_for_an_http_1_0_client() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET / HTTP/1.0\r\nHost: shop.localhost\r\nConnection: keep-alive\r\n\r\n")
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        head = await client.head()
        assert b"chunked" not in head
        assert b"Connection: close\r\n" in head
        server.send(b"2\r\nde\r\n0\r\nX-Sum: 7\r\n\r\n")
        assert await client.rest() == b"abcde"


async def test_a_body_that_ends_with_its_connection_closes_the_clients_too() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.0 200 OK\r\n\r\nsome")
        assert b"HTTP/1.1 200 OK\r\n" in (head := await client.head())
        assert b"Connection: close\r\n" in head
        server.send(b" more")
        server.close()
        assert await client.rest() == b"some more"
        assert (await world.record()).code == ""


async def test_the_router_answers_100_continue_itself() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        server = await dyno.accept()
        assert b"expect" not in (await server.head()).lower()
        assert await client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(b"body")
        assert await server.exactly(4) == b"body"
        server.send(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        assert (await client.answer())[0].startswith(b"HTTP/1.1 200 OK")


async def test_a_body_that_came_without_waiting_gets_no_100() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(
            b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody"
        )
        server = await dyno.accept()
        await server.request()
        server.send(OK)
        assert (await client.answer())[0].startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(("version", "passes"), [(b"1.1", True), (b"1.0", False)])
async def test_interim_answers_pass_to_1_1_and_not_to_1_0(version: bytes, passes: bool) -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET / HTTP/" + version + b"\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n")
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK)
        got = await client.rest()
        assert (b"103 Early Hints" in got) == passes
        assert (b"100 Continue" in got) == passes
        assert got.endswith(b"\r\n\r\nok")


async def test_hop_by_hop_headers_stay_on_their_hop_and_the_rest_keeps_order_and_case() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(
            b"GET / HTTP/1.1\r\nA: 1\r\nHost: shop.localhost\r\nConnection: x-secret, Host, close\r\nX-Secret: 1\r\n"
            b"Keep-Alive: 5\r\nProxy-Connection: close\r\nTE: trailers\r\nProxy-Authorization: x\r\nb: 2\r\na: 3\r\n"
            b"Trailer: c\r\nUpgrade: nothing\r\nContent_Length: 7\r\nX_Forwarded_For: 6.6.6.6\r\n\r\n"
        )
        server = await dyno.accept()
        head = await server.head()
        assert head.startswith(
            b"GET / HTTP/1.1\r\nA: 1\r\nHost: shop.localhost\r\nb: 2\r\na: 3\r\nTrailer: c\r\nVia: "
        )
        server.send(
            b"HTTP/1.1 200 OK\r\nServer: x\r\nKeep-Alive: 5\r\nsEt-cookie: a\r\nConnection: X-Inner\r\nX-Inner: 1\r\n"
            b"Set-Cookie: b\r\nProxy-Authenticate: y\r\nVia: 1.1 inner\r\nContent-Length: 0\r\n\r\n"
        )
        head = await client.head()
        assert head == (
            b"HTTP/1.1 200 OK\r\nServer: x\r\nsEt-cookie: a\r\nSet-Cookie: b\r\nProxy-Authenticate: y\r\n"
            b"Content-Length: 0\r\nVia: 1.1 inner, 1.1 heroku-router\r\nConnection: close\r\n\r\n"
        )


async def test_forwarded_for_is_appended_and_a_good_request_id_is_kept() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(
            b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nX-Forwarded-For: 9.9.9.9, 8.8.8.8\r\n"
            b"X-Forwarded-Proto: https\r\nX-Request-Id: abcdefghij0123456789\r\nX-Request-Start: 1\r\n"
            b"Via: 1.0 fred\r\n\r\n"
        )
        server = await dyno.accept()
        head = await server.head()
        assert b"X-Forwarded-For: 9.9.9.9, 8.8.8.8, 127.0.0.1\r\nX-Forwarded-Proto: http\r\n" in head
        assert head.lower().count(b"x-forwarded-proto") == 1
        assert head.lower().count(b"x-request-id: abcdefghij0123456789\r\n") == 1
        assert head.lower().count(b"x-request-start") == 1
        assert b"Via: 1.0 fred, 1.1 heroku-router\r\n" in head
        server.send(OK)
        record = await world.record()
        assert record.fwd == "9.9.9.9,8.8.8.8,127.0.0.1"
        assert record.request_id == "abcdefghij0123456789"


async def test_an_absolute_target_is_sent_in_origin_form_with_its_own_host() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"GET http://shop.localhost:80?q=1 HTTP/1.1\r\nHost: other.example\r\n\r\n")
        server = await dyno.accept()
        assert (await server.head()).startswith(b"GET /?q=1 HTTP/1.1\r\nHost: shop.localhost:80\r\n")
        server.send(OK)
        assert (await world.record()).host == "shop.localhost:80"


async def test_requests_sent_ahead_are_answered_in_order() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: shop.localhost\r\n\r\n" % n for n in range(20)))
        server = await dyno.accept()
        for number in range(20):
            assert (await server.head()).startswith(b"GET /%d " % number)
            server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%02d" % number)
        for number in range(20):
            assert (await client.answer())[1] == b"%02d" % number


async def test_a_bad_request_sent_ahead_does_not_spoil_the_one_before() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\n")
        server = await dyno.accept()
        assert (await server.request()).endswith(b"abc")
        server.send(OK)
        assert (await client.answer())[1] == b"ok"
        assert (await client.rest()).startswith(b"HTTP/1.1 400 Bad Request\r\n")
        await world.record(2)
        assert [record.status for record in world.records] == [200, 400]


async def test_a_thousand_refused_requests_sent_ahead_do_not_nest() -> None:
    async with rig() as world:
        world.route.maintenance = True
        client = await world.client()
        client.send(GET * 1000)
        for _ in range(1000):
            await client.answer()


async def test_a_client_that_ends_its_half_still_gets_its_answers() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET + GET)
        client.close_half()
        server = await dyno.accept()
        for _ in range(2):
            await server.head()
            server.send(OK)
        assert (await client.rest()).count(b"\r\n\r\nok") == 2
        await world.record(2)
        assert [record.status for record in world.records] == [200, 200]


async def test_a_client_that_ends_its_half_after_a_whole_body_is_served_once_its_dyno_is_up() -> None:
    async with rig() as world:
        world.route.set_dynos({"web.1": DynoState.STARTING})
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\n\r\nabc")
        client.close_half()
        assert await client.open_still()
        await world.dyno("web.1", always)
        assert (await client.rest()).endswith(b"\r\n\r\nok")
        assert (await world.record()).status == 200


async def test_a_long_head_sent_ahead_is_read_to_its_end() -> None:
    """Found: reading stayed off at 64 KB, and the rest of the head never came."""
    long = b"GET /2 HTTP/1.1\r\nHost: shop.localhost\r\n" + b"N: %b\r\n" % (b"v" * 8000) * 40 + b"\r\n"
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET + long)
        server = await dyno.accept()
        await server.head()
        assert await client.open_still()
        server.send(OK)
        assert len(await server.until(b"X-Request-Start")) > len(long)


async def test_an_answer_before_the_whole_request_is_delivered_and_both_connections_closed() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 1000000\r\n\r\nabc")
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        got = await client.rest()
        assert got.startswith(b"HTTP/1.1 413 Too Large\r\n")
        assert b"Connection: close\r\n" in got
        assert got.endswith(b"\r\n\r\nbig")
        assert (await server.rest()).replace(b"<reset>", b"") == b"abc"
        assert (await world.record()).status == 413


async def test_a_large_body_passes_whole_both_ways() -> None:
    body = bytes(range(256)) * 20_000
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: %d\r\n\r\n" % len(body))
        client.send(body)
        server = await dyno.accept()
        assert (await server.request()).endswith(body)
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        server.send(body)
        assert (await client.answer())[1] == body
        record = await world.record()
        assert record.bytes is not None
        assert record.bytes > len(body)


async def test_status_and_reason_pass_verbatim() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        for line in (b"666 THE NUMBER OF THE BEAST", b"200 ", b"200", b"299 \xc3\xa9"):
            await server.head()
            server.send(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")
            assert (await client.head()).startswith(b"HTTP/1.1 " + line + b"\r\n")
            client.send(GET)


async def test_equal_lengths_are_merged_both_ways() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nHost: shop.localhost\r\ncontent-length:\t2\r\n\r\nab")
        server = await dyno.accept()
        assert (await server.request()).lower().count(b"content-length: 2\r\n") == 1
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length:2\r\nContent-Length: 2\r\n\r\nok")
        assert (await client.answer())[0].lower().count(b"content-length: 2\r\n") == 1


async def test_both_framings_in_an_answer_drop_the_length_and_the_connection() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        assert b"Content-Length" not in await client.head()
        assert await client.exactly(12) == b"2\r\nok\r\n0\r\n\r\n"
        assert await server.rest() in (b"", b"<reset>")


async def test_a_body_in_a_get_is_passed_and_never_sent_twice() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(OK)
        await client.answer()
        client.send(b"GET / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 3\r\n\r\nabc")
        fresh = await dyno.accept()
        assert (await fresh.request()).endswith(b"abc")
        fresh.close()
        assert (await client.answer())[0].startswith(b"HTTP/1.1 503 ")
        assert (await world.record(2)).code == "H13"


async def test_options_star_and_any_method_pass() -> None:
    async with rig() as world:
        dyno = await world.dyno()
        client = await world.client()
        client.send(b"OPTIONS * HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        server = await dyno.accept()
        assert (await server.head()).startswith(b"OPTIONS * HTTP/1.1\r\n")
        server.send(OK)
        await client.answer()
        client.send(b"BREW /pot HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
        server = await dyno.accept()
        assert (await server.head()).startswith(b"BREW /pot HTTP/1.1\r\n")
        server.send(OK)
        await client.answer()
