"""A user with a browser: cookies, redirects, referers; every request goes to the dyno whose turn it is."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from minipaas.chaos.answers import Answer, ToDyno, ask
from minipaas.chaos.history import Exchange, History
from minipaas.chaos.lab import LabDyno
from minipaas.chaos.page import Page, read_page, text_lines, url_pattern

#: As a browser, then gives up.
MOST_HOPS = 8
#: Of a body, this much is kept.
BODY_BYTES = 2 * 1024 * 1024
_REDIRECTS = (301, 302, 303, 307, 308)
_BROWSER = {
    "User-Agent": "Mozilla/5.0 (minipaas chaos)",
    "Accept": "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
}


class User:
    """One client with cookies of its own.

    Args:
        host: the Host header the app answers to.
        turn: says which dyno answers the next request.
        between_hops: awaited before a redirect is followed.
    """

    def __init__(
        self,
        name: str,
        host: str,
        turn: Callable[[], LabDyno],
        history: History,
        *,
        timeout_s: float,
        between_hops: Callable[[], Awaitable[None]],
    ) -> None:
        self.name = name
        self.step = 0
        self._at = 0
        self._base = f"https://{host}"
        self._turn = turn
        self._history = history
        self._between_hops = between_hops
        self._timeout_s = timeout_s
        self._referer = ""
        #: URLs of all links it has seen.
        self.links: set[str] = set()
        self._client = httpx.AsyncClient(
            transport=ToDyno(),
            headers=_BROWSER,
            timeout=httpx.Timeout(timeout_s, connect=5.0),
            follow_redirects=False,
        )

    def begin(self, step: int) -> None:
        """The exchanges from here on belong to this step."""
        self.step, self._at = step, 0

    async def get(self, url: str) -> tuple[Exchange, Page | None]:
        """Follow a link, to the end of its redirects; the last answer, and the page if it is one."""
        return await self._follow(self._client.build_request("GET", self._absolute(url), headers=self._from_page()))

    async def send(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, Any] | None = None,
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Exchange, Page | None]:
        """Send a form or a call, to the end of its redirects."""
        given: dict[str, Any] = {"headers": {**self._from_page(), **(headers or {})}}
        if method == "GET":
            given["params"] = data
        elif content is not None:
            given["content"] = content
        elif json is not None:
            given["json"] = json
        else:
            given.update(data=data, files=files)
        return await self._follow(self._client.build_request(method, self._absolute(url), **given))

    async def close(self) -> None:
        """Close the browser."""
        await self._client.aclose()

    def _absolute(self, url: str) -> str:
        return url if url.startswith(("http://", "https://")) else f"{self._base}{url}"

    def _from_page(self) -> dict[str, str]:
        return {"Referer": self._referer} if self._referer else {}

    async def _follow(self, request: httpx.Request) -> tuple[Exchange, Page | None]:
        exchange, response, page = await self._exchange(request)
        for _ in range(MOST_HOPS):
            if response is None or response.status_code not in _REDIRECTS or response.next_request is None:
                break
            if response.next_request.url.host != request.url.host:
                break
            await self._between_hops()
            request = response.next_request
            exchange, response, page = await self._exchange(request)
        return exchange, page

    async def _exchange(self, request: httpx.Request) -> tuple[Exchange, httpx.Response | None, Page | None]:
        dyno = self._turn()
        answer = await ask(self._client, request, dyno, timeout_s=self._timeout_s)
        exchange, page = _record(self, request, answer, dyno.name)
        self._at += 1
        self._history.exchanges.append(exchange)
        if page is not None:
            self._referer = str(request.url)
            self.links |= {link.url for link in page.links}
        return exchange, answer.response, page

    @property
    def at(self) -> int:
        """How many exchanges the step has had."""
        return self._at

    def connecting(self) -> dict[str, str]:
        """What a connection that stays open is asked for with."""
        jar = self._client.cookies.jar
        cookies = "; ".join(f"{each.name}={each.value}" for each in jar)
        return {"Host": httpx.URL(self._base).host, **({"Cookie": cookies} if cookies else {})}

    def note(
        self,
        method: str,
        path: str,
        *,
        status: int,
        dyno: str,
        body: bytes = b"",
        took_s: float = 0.0,
        error: str = "",
    ) -> Exchange:
        """Write down what went over such a connection; `took_s` until it was there."""
        pattern = url_pattern(path)
        exchange = Exchange(
            step=self.step,
            at=self._at,
            client=self.name,
            method=method,
            path=path,
            pattern=pattern,
            status=status,
            body=body,
            dyno=dyno,
            started_s=time.monotonic(),
            first_byte_s=took_s,
            error=error,
        )
        self._at += 1
        self._history.exchanges.append(exchange)
        return exchange

    def cookie(self, name: str) -> str | None:
        """What the browser holds under that name, the newest where there are several."""
        values = [cookie.value for cookie in self._client.cookies.jar if cookie.name == name]
        return values[-1] if values else None

    def cookie_names(self) -> tuple[str, ...]:
        """What the browser would send."""
        return tuple(sorted(cookie.name for cookie in self._client.cookies.jar))


def _record(user: User, request: httpx.Request, answer: Answer, dyno: str) -> tuple[Exchange, Page | None]:
    url, response = str(request.url), answer.response
    body = response.content[:BODY_BYTES] if response is not None else b""
    kind = response.headers.get("content-type", "") if response is not None else ""
    page, lines = None, tuple[str, ...]()
    if response is not None and kind.startswith("text/html"):
        page = read_page(url, response.text)
        lines = page.lines
    elif kind.startswith("text/") or "json" in kind:
        lines = text_lines(response.text if response is not None else "")
    redirect = response is not None and response.next_request is not None
    exchange = Exchange(
        step=user.step,
        at=user.at,
        client=user.name,
        method=request.method,
        path=request.url.raw_path.decode("ascii", "replace"),
        pattern=url_pattern(url),
        status=response.status_code if response is not None else 0,
        location=url_pattern(str(response.next_request.url))
        if redirect and response and response.next_request
        else "",
        lines=lines,
        body=body,
        html=page is not None,
        sent_cookies=user.cookie_names(),
        set_cookies=tuple(response.cookies.keys()) if response is not None else (),
        headers=tuple(response.headers.items()) if response is not None else (),
        dyno=dyno,
        started_s=answer.started_s,
        first_byte_s=answer.first_byte_s,
        service_s=answer.service_s,
        kind=kind,
        error=answer.error,
    )
    return exchange, page
