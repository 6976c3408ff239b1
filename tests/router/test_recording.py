"""What a router records, and that recording changes nothing a client or a dyno sees."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipaas.errors import UsageProblem
from minipaas.model.request import RequestRecord
from minipaas.router.har_entry import entry
from minipaas.router.recorder import Recorder
from minipaas.router.tape import BODY_BYTES, Tape
from tests.router.rig import GET, OK, Rig, rig

Entries = Callable[[], list[dict[str, Any]]]


@asynccontextmanager
async def recorded(path: Path, **limits: int) -> AsyncIterator[tuple[Rig, Recorder]]:
    """A rig whose router records; when the block ends the file has its name."""
    recorder = Recorder(path, **limits)
    recorder.open()
    try:
        async with rig(keep=recorder.add) as world:
            yield world, recorder
    finally:
        await recorder.close()


def entries(path: Path) -> list[dict[str, Any]]:
    log = json.loads(path.read_bytes())["log"]
    assert log["version"] == "1.2"
    return list(log["entries"])


async def test_a_request_and_its_answer_are_an_entry(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    async with recorded(path) as (world, recorder):
        dyno = await world.dyno()
        client = await world.client()
        client.send(
            b"POST /cart?a=b HTTP/1.1\r\nHost: shop.localhost\r\nCookie: sid=7\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\ncode=tea" + GET
        )
        server = await dyno.accept()
        head = await server.request()
        assert head.endswith(b"\r\n\r\ncode=tea")
        server.send(
            b"HTTP/1.1 303 See Other\r\nLocation: /cart\r\nSet-Cookie: sid=8\r\n"
            b"Content-Type: text/html\r\nContent-Length: 4\r\n\r\nover"
        )
        assert (await client.answer())[1] == b"over"
        await server.head()
        server.send(OK)
        await client.answer()
        await world.record(2)
    first, after = entries(path)
    request, response = first["request"], first["response"]
    assert (request["method"], request["url"]) == ("POST", "http://shop.localhost/cart?a=b")
    assert request["queryString"] == [{"name": "a", "value": "b"}]
    assert request["cookies"] == [{"name": "sid", "value": "7"}]
    assert request["postData"]["text"] == "code=tea", "what came behind it is of the next request"
    assert "Via" not in {each["name"] for each in request["headers"]}
    assert (response["status"], response["statusText"], response["redirectURL"]) == (303, "See Other", "/cart")
    assert response["content"] == {"size": 4, "mimeType": "text/html", "text": "over"}
    assert (first["_app"], first["_dyno"]) == ("shop", "web.1")
    assert (after["request"]["method"], "postData" in after["request"]) == ("GET", False)
    assert recorder.written == 2
    assert path.stat().st_mode & 0o777 == 0o600


async def test_chunks_are_put_together_and_compression_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    packed = gzip.compress(b"<p>tea</p>")
    async with recorded(path) as (world, _):
        dyno = await world.dyno()
        client = await world.client()
        client.send(
            b"POST / HTTP/1.1\r\nHost: shop.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nte\r\n1\r\na\r\n0\r\n\r\n"
        )
        server = await dyno.accept()
        await server.until(b"0\r\n\r\n")
        server.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        server.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed))
        await client.until(b"0\r\n\r\n")
        await world.record()
    (only,) = entries(path)
    assert only["request"]["postData"]["text"] == "tea"
    assert only["response"]["content"]["text"] == "<p>tea</p>"


async def test_a_stream_passes_while_it_is_recorded_and_long_bodies_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    async with recorded(path) as (world, _):
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        assert (await client.until(b"data: 1\n\n")).startswith(b"HTTP/1.1 200 OK")
        server.send(b"x" * (BODY_BYTES + 10))
        server.close()
        await client.rest()
        await world.record()
    content = entries(path)[0]["response"]["content"]
    assert (len(content["text"]), content["size"]) == (BODY_BYTES, BODY_BYTES + 19)
    assert content["comment"] == f"the first {BODY_BYTES} bytes"


async def test_the_routers_own_answers_are_recorded_with_their_code(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    async with recorded(path) as (world, _):
        dyno = await world.dyno()
        client = await world.client()
        client.send(GET)
        server = await dyno.accept()
        await server.head()
        server.close()
        assert (await client.head()).startswith(b"HTTP/1.1 503")
        await world.record()
    (only,) = entries(path)
    assert (only["response"]["status"], only["_error"]) == (503, "H13")


def tape(body: bytes = b"ok") -> Tape:
    made = Tape(1, b"Host: shop.localhost\r\n", False, False, 0)
    made.answered(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", chunked=False, body=body)
    return made


RECORD = RequestRecord(
    app="shop", started_at=1.5, method="GET", path="/", host="shop.localhost", request_id="1", fwd="", status=200
)


async def written(recorder: Recorder, count: int) -> None:
    for _ in range(400):
        if recorder.written + (recorder.error is not None) >= count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{recorder.written} of {count} written")


async def test_the_file_is_whole_after_every_entry_and_takes_its_name_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    path.write_text("an older recording")
    recorder = Recorder(path)
    recorder.open()
    for count in range(1, 4):
        recorder.add(tape(), RECORD)
        await written(recorder, count)
        assert len(entries(tmp_path / "shop.har.part")) == count
        assert path.read_text() == "an older recording"
    await recorder.close()
    await recorder.close()
    assert len(entries(path)) == 3
    assert not (tmp_path / "shop.har.part").exists()


async def test_a_recording_of_nothing_leaves_the_one_before_it(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    path.write_text("an older recording")
    recorder = Recorder(path)
    recorder.open()
    await recorder.close()
    assert [each.name for each in tmp_path.iterdir()] == ["shop.har"]
    assert path.read_text() == "an older recording"


async def test_a_full_file_takes_its_name_and_the_one_before_it_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "shop.har"
    recorder = Recorder(path, file_bytes=5_000)
    recorder.open()
    for _ in range(9):
        recorder.add(tape(b"x" * 2_000), RECORD)
    await recorder.close()
    assert (recorder.written, recorder.error) == (9, None)
    last, before = entries(path), entries(tmp_path / "shop.har.1")
    assert len(last) + len(before) <= 9
    assert len(before) >= len(last) > 0


async def test_what_the_disk_does_not_take_in_time_is_left_out_and_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "shop.har", waiting_bytes=3_000)
    # Not open yet: nothing takes what is given.
    for _ in range(10):
        recorder.add(tape(), RECORD)
    assert 0 < recorder.left_out < 10
    recorder.open()
    await recorder.close()
    assert recorder.written == 10 - recorder.left_out


async def test_a_disk_that_fails_ends_the_recording_and_not_the_router(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    recorder = Recorder(folder / "shop.har")
    recorder.open()
    (folder / "shop.har.part").unlink()
    folder.rmdir()
    recorder.add(tape(), RECORD)
    await recorder.close()
    assert isinstance(recorder.error, FileNotFoundError)
    recorder.add(tape(), RECORD)
    assert recorder.left_out == 1


def test_a_place_that_cannot_be_written_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"cannot record into .*no such file or directory"):
        Recorder(tmp_path / "missing" / "shop.har").open()
    with pytest.raises(UsageProblem, match=r"is a directory"):
        Recorder(tmp_path).open()


@settings(max_examples=150)
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200), st.booleans())
def test_whatever_passes_can_be_written(fields: bytes, head: bytes, body: bytes, chunked: bool) -> None:
    made = Tape(1, fields, True, chunked, len(body))
    made.sent(body)
    made.answered(head, chunked=chunked, body=body)
    assert json.loads(json.dumps(entry(made, RECORD)))["_app"] == "shop"
