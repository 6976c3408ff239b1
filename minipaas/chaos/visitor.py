"""A client of one particular dyno, for what a browser would hide: the gap after boot, requests held open, streams."""

import asyncio
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from minipaas.chaos.lab import LabDyno
from minipaas.chaos.page import read_page
from minipaas.chaos.plan import Call, Plan, Step, Submit, Visit, writes
from minipaas.chaos.play import fill

#: A server that answers within this time after half a body did not wait for the rest.
_EARLY_S = 0.25
_FORM = "application/x-www-form-urlencoded"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes to the app; `label` is for people."""

    label: str
    method: str
    path: str
    body: bytes = b""
    kind: str = ""
    cookies: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` 0: none came, `error` says why."""

    status: int
    error: str
    took_s: float


class Visitor:
    """Asks one dyno, as the router would, a connection for each request. Use as `async with`."""

    def __init__(self, dyno: LabDyno, host: str, *, timeout_s: float = 15.0) -> None:
        self._address = (dyno.host.address, dyno.port)
        self._headers = {"Host": host, **_FORWARDED}
        self._client = httpx.AsyncClient(
            base_url=f"http://{dyno.host.address}:{dyno.port}",
            headers=self._headers,
            timeout=httpx.Timeout(timeout_s, connect=5.0),
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Answer:
        """One GET; redirects are not followed."""
        answer, _ = await self._get(path)
        return answer

    async def _get(self, path: str) -> tuple[Answer, httpx.Response | None]:
        began = time.monotonic()
        try:
            response = await self._client.get(path)
        except httpx.TimeoutException:
            return Answer(0, "timed out", time.monotonic() - began), None
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            return Answer(0, _reason(failure), time.monotonic() - began), None
        return Answer(response.status_code, "", time.monotonic() - began), response

    async def prepare(self, step: Submit | Call) -> Request | None:
        """A write of the plan as a request with a body; None when its form is not there."""
        if isinstance(step, Call):
            if step.form:
                return Request(step.label, step.method, step.path, urlencode(step.body, doseq=True).encode(), _FORM)
            return Request(step.label, step.method, step.path, _json(step.body), "application/json")
        _, response = await self._get(step.place.path)
        if response is None or not response.headers.get("content-type", "").startswith("text/html"):
            return None
        page = read_page(f"https://{self._headers['Host']}{step.place.path}", response.text)
        form = next((each for each in page.forms if each.key == step.form_key), None)
        if form is None:
            return None
        data, _files = fill(form, step.entries)
        path = httpx.URL(form.action).raw_path.decode("ascii", "replace")
        cookies = "; ".join(f"{name}={value}" for name, value in response.cookies.items())
        body = urlencode(data, doseq=True).encode()
        return Request(step.label, step.method, path, body, _FORM, cookies)

    async def hold(self, request: Request) -> "Held | None":
        """Send half of a request; None when the app answers without waiting for the rest.

        Of a request without a body all is sent, and it is held as long as the app works on it.
        """
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*self._address), 5.0)
        except (OSError, TimeoutError):
            return None
        first, rest = request.body[: len(request.body) // 2], request.body[len(request.body) // 2 :]
        held = Held(request, reader, writer, rest)
        writer.write(self._head(request) + first)
        if await held.answered_within(_EARLY_S):
            held.close()
            return None
        return held

    def _head(self, request: Request) -> bytes:
        headers = {**self._headers, "Accept": "text/html,application/json;q=0.9,*/*;q=0.8", "Connection": "close"}
        if request.cookies:
            headers["Cookie"] = request.cookies
        if request.body:
            headers |= {"Content-Type": request.kind, "Content-Length": str(len(request.body))}
        lines = [
            f"{request.method} {request.path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")


class Held:
    """A request that is open: the app has begun to read it, or works on its answer."""

    def __init__(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rest: bytes
    ) -> None:
        self.request = request
        self.began = time.monotonic()
        self._reader = reader
        self._writer = writer
        self._rest = rest
        self._first = asyncio.ensure_future(reader.read(64))

    async def answered_within(self, timeout_s: float) -> bool:
        """Whether anything came back, an end of the connection included."""
        done, _ = await asyncio.wait({self._first}, timeout=timeout_s)
        return bool(done)

    async def finish(self, timeout_s: float) -> Answer:
        """Send the rest and wait for the answer's first line."""
        with suppress(OSError):
            self._writer.write(self._rest)
            await self._writer.drain()
        answered = await self.answered_within(timeout_s)
        answer = self._answer(answered)
        self.close()
        return answer

    def _answer(self, answered: bool) -> Answer:
        took = time.monotonic() - self.began
        if not answered:
            return Answer(0, f"no answer in {took:.0f} s", took)
        try:
            found = _STATUS.match(self._first.result())
        except OSError as failure:
            return Answer(0, _reason(failure), took)
        if found is None:
            return Answer(0, "connection closed without an answer", took)
        return Answer(int(found[1]), "", took)

    def close(self) -> None:
        """Hang up."""
        if self._first.done() and not self._first.cancelled():
            self._first.exception()
        self._first.cancel()
        self._writer.close()


def pages(plan: Plan | None, most: int) -> tuple[str, ...]:
    """Paths that can be asked for by themselves, in the plan's order; the front page where there is no plan."""
    steps = [plan.steps[index] for index in plan.quick] if plan is not None else []
    paths = [path for step in steps if (path := _page(step))]
    return tuple(dict.fromkeys(paths))[:most] or ("/",)


def _page(step: Step) -> str:
    """The path of a page that can be asked for by itself; empty for all else."""
    if isinstance(step, Call):
        return step.path if step.method == "GET" and "{" not in step.path and step.body is None else ""
    return step.place.path if isinstance(step, Visit) and not step.embedded else ""


def holdable(plan: Plan | None) -> tuple[Submit | Call, ...]:
    """Writes that can be sent by themselves and have a body; those that need no session first."""
    steps = [plan.steps[index] for index in plan.quick] if plan is not None else []
    found = [step for step in steps if isinstance(step, Submit | Call) and writes(step) and _alone(step)]
    return tuple({step.label: step for step in sorted(found, key=_preference, reverse=True)}.values())[::-1]


def _alone(step: Submit | Call) -> bool:
    if isinstance(step, Call):
        plain = step.body is not None and not step.files and not step.near
        return plain and "{" not in step.path and "{" not in str(step.body).strip("{}")
    return bool(step.place.path) and not any(entry.file for entry in step.entries) and not step.near


def _preference(step: Submit | Call) -> bool:
    return step.session or step.destructive


def _json(body: object) -> bytes:
    return httpx.Request("POST", "http://x", json=body).read()


def _reason(failure: Exception) -> str:
    """A person's words for how a connection ended."""
    text = f"{type(failure).__name__}: {failure}".lower()
    if "refused" in text or "connecterror" in text or "all connection attempts failed" in text:
        return "connection refused"
    if "disconnected" in text or "reset" in text or "readerror" in text or "broken" in text:
        return "connection closed without an answer"
    return str(failure) or type(failure).__name__


class Load:
    """Clients that read pages over and over while the block runs. Use as `async with`."""

    def __init__(self, visitor: Visitor, paths: Sequence[str], clients: int = 3) -> None:
        self.sent = 0
        self._visitor = visitor
        self._paths = paths
        self._clients = clients
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Load":
        self._tasks = [asyncio.ensure_future(self._read()) for _ in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        while True:
            self.sent += 1
            answer = await self._visitor.get(self._paths[self.sent % len(self._paths)])
            await asyncio.sleep(0.2 if answer.status == 0 else 0.01)
