"""The logs of several apps in one order."""

from minipaas.logplex.together import together
from minipaas.model.logline import LogChunk, Source


def chunk(text: str, time: float) -> LogChunk:
    return LogChunk(time, Source.APP, "web.1", f"{text}\n".encode(), text.count("\n") + 1)


def told(pasts: dict[str, list[LogChunk]], count: int) -> list[tuple[str, str]]:
    return [(app, each.data.decode().rstrip("\n")) for app, each in together(pasts, count)]


SHOP = [chunk("s1", 1.0), chunk("s4\ns5\ns6", 4.0)]
QUOTES = [chunk("q2", 2.0), chunk("q4", 4.0)]


def test_lines_of_several_apps_come_in_the_order_of_time() -> None:
    assert told({"shop": SHOP, "quotes": QUOTES}, 100) == [
        ("shop", "s1"),
        ("quotes", "q2"),
        ("shop", "s4\ns5\ns6"),
        ("quotes", "q4"),
    ]


def test_the_last_lines_of_all_are_wanted_and_not_of_each() -> None:
    assert told({"shop": SHOP, "quotes": QUOTES}, 3) == [("shop", "s5\ns6"), ("quotes", "q4")]
    assert told({"shop": SHOP, "quotes": QUOTES}, 1) == [("quotes", "q4")]


def test_an_apps_own_order_stays_when_the_clock_was_set_back() -> None:
    assert told({"shop": [chunk("first", 9.0), chunk("second", 3.0)]}, 9) == [("shop", "first"), ("shop", "second")]


def test_no_apps_and_no_lines_are_nothing() -> None:
    assert together({}, 5) == []
    assert together({"shop": []}, 5) == []
