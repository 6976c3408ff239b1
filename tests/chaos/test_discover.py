"""How an app's use is found out."""

import asyncio

from aiohttp import web

from minipaas.chaos.history import History
from minipaas.chaos.plan import Plan, Press, Submit, Visit, typed, writes
from tests.chaos.inside import inside, page


def sent(plan: Plan) -> list[str]:
    return [step.label for step in plan.steps if isinstance(step, Submit)]


def form(action: str, field: str = "text", word: str = "Send") -> str:
    inner = f'<input name="{field}">' if field else ""
    return f'<form method="post" action="{action}">{inner}<button>{word}</button></form>'


async def test_what_timed_out_is_not_tried_again() -> None:
    tries = []

    async def think(_: web.Request) -> web.StreamResponse:
        tries.append(1)
        await asyncio.sleep(5)
        return page("done")

    async def home(_: web.Request) -> web.StreamResponse:
        return page(form("/think"))

    async with inside({"GET /": home, "POST /think": think}) as fleet:
        found = await fleet.discovered(timeout_s=0.3)
    assert len(tries) == 1
    assert any("form POST /think" in each and "timed out" in each for each in found.plan.missed)


async def test_a_mere_button_waits_for_the_fields_of_its_page() -> None:
    """A scroll takes parts until it is sealed; sealing it first leaves nothing to add to."""
    scrolls: list[list[str]] = []
    sealed: set[str] = set()

    async def home(_: web.Request) -> web.StreamResponse:
        return page(form("/scrolls", "title", "Begin"))

    async def begin(_: web.Request) -> web.StreamResponse:
        scrolls.append([])
        raise web.HTTPSeeOther(f"/scrolls/{len(scrolls)}")

    async def show(request: web.Request) -> web.StreamResponse:
        number = request.match_info["id"]
        items = "".join(f"<li>{part}</li>" for part in scrolls[int(number) - 1])
        forms = form(f"/scrolls/{number}/parts", "part") + form(f"/scrolls/{number}/seal", "", "Seal")
        return page(f"<ol>{items}</ol>{'' if number in sealed else forms}")

    async def add(request: web.Request) -> web.StreamResponse:
        scrolls[int(request.match_info["id"]) - 1].append(str((await request.post())["part"]))
        raise web.HTTPSeeOther(f"/scrolls/{request.match_info['id']}")

    async def seal(request: web.Request) -> web.StreamResponse:
        sealed.add(request.match_info["id"])
        raise web.HTTPSeeOther(f"/scrolls/{request.match_info['id']}")

    routes = {
        "GET /": home,
        "POST /scrolls": begin,
        "GET /scrolls/{id}": show,
        "POST /scrolls/{id}/parts": add,
        "POST /scrolls/{id}/seal": seal,
    }
    async with inside(routes) as fleet:
        found = await fleet.discovered()
    labels = sent(found.plan)
    assert labels.count("POST /scrolls/*/parts") == 2
    assert labels.index("POST /scrolls/*/parts") < labels.index("POST /scrolls/*/seal")


async def test_discovery_ends_with_its_time_and_says_what_it_left_out() -> None:
    async def many(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return page("".join(f'<a href="/page-{letter}">more</a>' for letter in "abcdefghijkl") + form("/add"))

    async with inside({"GET /{any:.*}": many, "POST /add": many}) as fleet:
        found = await fleet.discovered(budget_s=0.5)
    assert 1 <= found.plan.pages < 12
    assert any("time for discovery was over" in each for each in found.plan.missed)
    assert any("form POST /add" in each for each in found.plan.missed)


async def limited(limit: int, *, forgets: bool = False) -> Plan:
    """The plan of an app that takes so many guesses; it may forget them all when one was refused."""
    guesses: list[str] = []

    async def home(_: web.Request) -> web.StreamResponse:
        return page(form("/guess", "word") + "".join(f"<li>{each}</li>" for each in guesses))

    async def guess(request: web.Request) -> web.StreamResponse:
        if len(guesses) >= limit:
            if forgets:
                guesses.clear()
            return page("no more guesses", 429)
        guesses.append(str((await request.post())["word"]))
        raise web.HTTPSeeOther("/")

    async with inside({"GET /": home, "POST /guess": guess}) as fleet:
        return (await fleet.discovered()).plan


def presses(plan: Plan) -> list[Press | None]:
    return [step.press for step in plan.steps if isinstance(step, Submit)]


async def test_a_limit_is_reached_and_tried_once_more() -> None:
    assert presses(await limited(4)) == [None, None, Press.TRY, Press.TRY, Press.REFUSED, Press.STILL]


async def test_a_form_without_a_limit_is_not_pressed_in_plays() -> None:
    assert presses(await limited(1000)) == [None, None]


async def test_a_limit_that_passes_by_itself_is_none() -> None:
    assert presses(await limited(4, forgets=True)) == [None, None]


async def test_a_lockout_is_found_by_wrong_passwords_of_another_client() -> None:
    wrong = []

    async def home(_: web.Request) -> web.StreamResponse:
        fields = '<input name="user"><input name="password" type="password">'
        return page(f'<form method="post" action="/login">{fields}<button>Log in</button></form>')

    async def login(request: web.Request) -> web.StreamResponse:
        if len(wrong) >= 4:
            return page("<p>Locked for an hour.</p>")
        wrong.append((await request.post())["password"])
        return page("<p>Wrong password.</p>")

    async with inside({"GET /": home, "POST /login": login}) as fleet:
        plan = (await fleet.discovered()).plan
    tried = [step for step in plan.steps if isinstance(step, Submit) and step.press]
    assert {step.client for step in tried} == {"mallory"}
    assert [step.press for step in tried][-2:] == [Press.REFUSED, Press.STILL]


async def delayed(seconds: float) -> tuple[Plan, History]:
    """An app whose orders show after so long; its plan, and a play of it on a dyno that forgot everything."""
    orders: list[str] = []

    async def home(_: web.Request) -> web.StreamResponse:
        return page(form("/orders", "what") + "".join(f"<li>{each}</li>" for each in orders))

    async def order(request: web.Request) -> web.StreamResponse:
        asyncio.get_running_loop().call_later(seconds, orders.append, str((await request.post())["what"]))
        raise web.HTTPSeeOther("/")

    async with inside({"GET /": home, "POST /orders": order}) as fleet:
        fleet.has_workers = True
        found = (await fleet.discovered()).plan
        orders.clear()
        return found, await fleet.played(found)


async def test_what_a_worker_makes_later_is_waited_for_in_plays_too() -> None:
    found, played = await delayed(0.7)
    waits = [(index, step) for index, step in enumerate(found.steps) if isinstance(step, Visit) and step.until]
    assert [step.until for _, step in waits] == [typed(step)[0] for step in found.steps if writes(step)]
    for index, step in waits:
        assert step.until is not None
        assert step.patience_s > 0.7
        looks = [each for each in played.exchanges if each.step == index]
        assert [each.shows(step.until) for each in looks] == [True], "how often it was looked at is not written down"


async def test_what_shows_at_once_is_not_waited_for() -> None:
    found, _ = await delayed(0.0)
    assert not [step for step in found.steps if isinstance(step, Visit) and step.until]
