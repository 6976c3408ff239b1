"""Live connections: who says something on one dyno is heard on the other, or is not."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from aiohttp import WSMsgType, web

from minipaas.chaos import overhear
from minipaas.chaos.loss import Symptom
from minipaas.chaos.oracle import Baseline
from minipaas.chaos.plan import Plan, Tell
from minipaas.chaos.scripts import HOLE, Source, messages_in, script_files, sources_in
from tests.chaos.inside import Answer, inside, page


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('new EventSource("/stream").onmessage = f', [Source("/stream", False)]),
        ("const s = new EventSource(`/rooms/news`)", [Source("/rooms/news", False)]),
        ("new WebSocket(`wss://${location.host}/live`)", [Source("/live", True)]),
        (
            'new WebSocket(location.href.replace(/^http/, "ws") + "/ws")',
            [Source("/rooms/a/ws", True), Source("/ws", True)],
        ),
        ('const at = "/socket"; new WebSocket(base + at)', [Source("/socket", True)]),
        ('new WebSocket((location.protocol === "https:" ? "wss:" : "ws:") + "//" + location.host + "/x")', None),
        ("nothing of that kind", []),
    ],
)
def test_a_script_says_what_it_connects_to(script: str, found: list[Source] | None) -> None:
    sources = list(sources_in(script, "/rooms/a"))
    assert sources == found if found is not None else Source("/x", True) in sources


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("s.send(JSON.stringify({ text: say.text.value }))", {"text": HOLE}),
        ('s.send(JSON.stringify({type: "say", room: 3, text}))', {"type": "say", "room": 3, "text": HOLE}),
    ],
)
def test_a_script_says_what_a_message_looks_like(script: str, message: Mapping[str, object]) -> None:
    assert [json.loads(each) for each in messages_in(script)] == [message]


def test_words_are_sent_as_they_are_where_the_script_does() -> None:
    assert messages_in("socket.send(input.value)") == (HOLE,)


def test_scripts_of_other_sites_are_left_alone() -> None:
    html = '<script src="/app.js"></script><script src=more.js></script><script src="https://cdn.example/x.js">'
    assert script_files("/rooms/a", html) == ("/app.js", "/rooms/more.js")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rooms here answer at once."""
    monkeypatch.setattr(overhear, "_FIRST_S", 0.4)
    monkeypatch.setattr(overhear, "_MORE_S", 0.3)


class Room:
    """People of one process, or of all that share it."""

    def __init__(self) -> None:
        self.queues: list[asyncio.Queue[str]] = []

    def tell(self, text: str) -> None:
        for queue in self.queues:
            queue.put_nowait(text)


def chat(room: Room) -> Mapping[str, Answer]:
    async def home(_: web.Request) -> web.StreamResponse:
        fields = '<form method="post" action="/say"><input name="text"><button>Say</button></form>'
        return page(
            f"{fields}<script>new EventSource('/stream'); "
            "s = new WebSocket(`ws://${location.host}/ws`); s.send(JSON.stringify({text: t.value}))</script>"
        )

    async def say(request: web.Request) -> web.StreamResponse:
        room.tell(str((await request.post())["text"]))
        raise web.HTTPSeeOther("/")

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        room.queues.append(queue := asyncio.Queue[str]())
        await response.write(b": welcome\n\n")
        while True:
            await response.write(f"data: {await queue.get()}\n\n".encode())

    async def talk(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        room.queues.append(queue := asyncio.Queue[str]())

        async def pass_on() -> None:
            while True:
                await socket.send_json({"text": await queue.get()})

        passing = asyncio.ensure_future(pass_on())
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                room.tell(json.loads(message.data)["text"])
        passing.cancel()
        return socket

    return {"GET /": home, "POST /say": say, "GET /stream": stream, "GET /ws": talk}


async def plan_and_symptoms(*rooms: Room) -> tuple[Plan, list[tuple[Symptom, str]]]:
    """Discovered and played calm on one dyno, then played on one dyno for each room."""
    async with inside(chat(Room())) as calm:
        found = (await calm.discovered()).plan
        calms = [await calm.played(found) for _ in range(2)]
    async with inside(*map(chat, rooms)) as several:
        trial = await several.played(found)
    losses = Baseline(found, calms).losses(trial)
    return found, [(each.symptom, found.steps[each.read].label) for each in losses]


async def test_a_room_in_the_memory_of_one_process_is_deaf_for_the_other() -> None:
    found, symptoms = await plan_and_symptoms(Room(), Room())
    told = [step for step in found.steps if isinstance(step, Tell)]
    assert {(step.path, step.socket) for step in told} == {("/stream", False), ("/ws", True)}
    assert {symptom for symptom, _ in symptoms} == {Symptom.MARKER}
    assert len(symptoms) == 2


async def test_a_room_that_all_processes_share_is_heard_everywhere() -> None:
    shared = Room()
    _, symptoms = await plan_and_symptoms(shared, shared)
    assert symptoms == []
