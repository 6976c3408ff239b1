"""Histories written by hand: what users did and saw, a line a request."""

from collections.abc import Sequence

from minipaas.chaos.history import Exchange, History
from minipaas.chaos.markers import Marker
from minipaas.chaos.page import url_pattern
from minipaas.chaos.plan import Entry, Place, Plan, Step, Submit, Visit

ONE, TWO = Marker("zq001aa"), Marker("zq002bb")


def visit(path: str = "/", client: str = "alice") -> Visit:
    """Look at a page."""
    return Visit(client=client, place=Place(path=path))


def send(action: str, *markers: Marker, session: bool = False, near: tuple[Marker, ...] = ()) -> Submit:
    """Send a form of the front page with markers in it."""
    return Submit(
        client="alice",
        place=Place(path="/"),
        form_key=f"POST {action}",
        action=action,
        method="POST",
        caption="Send",
        entries=tuple(Entry(f"f{number}", marker.token, marker) for number, marker in enumerate(markers)),
        session=session,
        near=near,
    )


def plan(*steps: Step) -> Plan:
    """A plan of these steps."""
    return Plan(host="shop.localhost", steps=steps)


#: One request: step, what was asked, and the lines of the page that came back (or a status, or a redirect).
Told = tuple[int, str, Sequence[str] | int | str]


def history(*told: Told, dyno: str = "web.1", missing: dict[int, str] | None = None) -> History:
    """`(0, "GET /", ["hello"])`, `(1, "POST /add", "/")` for a redirect, `(2, "GET /x", 404)` for a status."""
    counts: dict[int, int] = {}
    exchanges = []
    for step, asked, answer in told:
        at = counts[step] = counts.get(step, -1) + 1
        method, path = asked.split(" ")
        client = "bob" if path.startswith("/~") else "alice"
        path = path.removeprefix("/~") or "/"
        path = path if path.startswith("/") else f"/{path}"
        lines = tuple(answer) if not isinstance(answer, int | str) else ()
        exchanges.append(
            Exchange(
                step=step,
                at=at,
                client=client,
                method=method,
                path=path,
                pattern=url_pattern(path),
                status=answer if isinstance(answer, int) else 303 if isinstance(answer, str) else 200,
                location=answer if isinstance(answer, str) else "",
                lines=lines,
                body="\n".join(lines).encode(),
                html=True,
                dyno=dyno,
            )
        )
    return History("test", exchanges, missing or {})
