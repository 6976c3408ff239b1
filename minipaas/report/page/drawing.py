"""A panel as SVG: bars of dynos, dots of requests, the faults across them, and what got lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10

from minipaas.model.verdict import TimelineEvent
from minipaas.report.page.lanes import Lane, Panel
from minipaas.report.page.markup import Html, joined, tag
from minipaas.report.plain import clipped

WIDTH, NAMES, RIGHT = 960, 118, 26
TOP, ROW, FOOT = 40, 38, 30
LONGEST_NAME, LONGEST_TEXT = 15, 200


@dataclass(frozen=True, slots=True)
class _Scale:
    """Seconds to places across."""

    begin: float
    end: float

    def x(self, at_s: float) -> float:
        """Where a moment stands; one outside the panel stands at its edge."""
        share = (min(max(at_s, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return NAMES + share * (WIDTH - NAMES - RIGHT)

    def ticks(self) -> Iterator[float]:
        """Some six round seconds."""
        rough = (self.end - self.begin) / 6
        unit = 10.0 ** floor(log10(rough))
        step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
        first = floor(self.begin / step) + 1
        for number in range(first, first + 12):
            if number * step <= self.end:
                yield number * step


def drawing(panel: Panel, title: str) -> Html:
    """The picture. `title` is what a screen reader says of it; each thing in it has a title of its own."""
    scale = _Scale(panel.begin, panel.end)
    height = TOP + ROW * len(panel.lanes) + FOOT
    return tag(
        "svg",
        tag("title", title),
        _axis(scale, height),
        *(_lane(lane, scale, TOP + ROW * at) for at, lane in enumerate(panel.lanes)),
        *_faults(panel, scale, height),
        *_losses(panel, scale),
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=title,
        class_="lanes",
    )


def _axis(scale: _Scale, height: int) -> Html:
    bottom = height - FOOT
    parts: list[Html] = []
    for tick in scale.ticks():
        x = scale.x(tick)
        parts.append(tag("line", x1=x, x2=x, y1=TOP - 6, y2=bottom, class_="grid"))
        parts.append(tag("text", f"{tick:g} s", x=x, y=bottom + 19, text_anchor="middle", class_="tick"))
    return tag("g", *parts, aria_hidden="true")


def _lane(lane: Lane, scale: _Scale, top: int) -> Html:
    middle = top + ROW // 2
    kind = "client" if lane.is_client else "dyno"
    return tag(
        "g",
        tag("line", x1=NAMES, x2=WIDTH - RIGHT, y1=middle, y2=middle, class_="rail"),
        tag("text", _short(lane.name), x=NAMES - 14, y=middle + 4, text_anchor="end", class_=f"name {kind}"),
        *_bars(lane, scale, middle),
        *(_requests(lane, scale, middle) if lane.is_client else _ends(lane, scale, middle)),
        class_=f"lane {kind}",
    )


def _bars(lane: Lane, scale: _Scale, middle: int) -> Iterator[Html]:
    for span in lane.spans:
        x, stopping = scale.x(span.begin), span.state == "stopping"
        yield tag(
            "rect",
            _said(span.begin, f"{lane.name} {span.state}", span.text),
            x=x,
            y=middle + 7 if stopping else middle - 8,
            width=max(scale.x(span.end) - x, 1.5),
            height=5 if stopping else 13,
            rx=2,
            class_=f"event bar {span.state}",
        )


def _ends(lane: Lane, scale: _Scale, middle: int) -> Iterator[Html]:
    for mark in lane.marks:
        x = scale.x(mark.at_s)
        cross = f"M{x - 4.5:.2f} {middle - 6}l9 9m0 -9l-9 9"
        yield tag("path", _said(mark.at_s, f"{lane.name} {mark.kind}", mark.text), d=cross, class_="event cross")


def _requests(lane: Lane, scale: _Scale, middle: int) -> Iterator[Html]:
    """Requests at the same place would hide one another: one stands for all, and says how many they are."""
    shown: dict[tuple[int, bool], list[TimelineEvent]] = {}
    for mark in lane.marks:
        if mark.kind != "loss":
            shown.setdefault((round(scale.x(mark.at_s)), mark.ok), []).append(mark)
    for (_, ok), marks in sorted(shown.items(), key=lambda item: not item[0][1]):
        mark, more = marks[0], f" (and {len(marks) - 1} more)" if len(marks) > 1 else ""
        x = scale.x(mark.at_s)
        said = _said(mark.at_s, lane.name, mark.text + more)
        if mark.until_s is not None and scale.x(mark.until_s) - x > 4:
            yield tag(
                "line",
                x1=x,
                x2=scale.x(mark.until_s),
                y1=middle,
                y2=middle,
                class_="lasting" if ok else "lasting bad",
            )
        if ok:
            yield tag("circle", said, cx=x, cy=middle, r=3.6, class_="event ok")
        else:
            yield tag("path", said, d=f"M{x:.2f} {middle - 6}l6 6l-6 6l-6 -6z", class_="event bad")


def _faults(panel: Panel, scale: _Scale, height: int) -> Iterator[Html]:
    before = float("-inf")
    for number, fault in enumerate(panel.faults, start=1):
        x = scale.x(fault.at_s)
        crowded = x - before < 20
        y = 5 if crowded else 19
        before = float("-inf") if crowded else x
        yield tag(
            "g",
            _said(fault.at_s, f"fault {number}", fault.text),
            tag("line", x1=x, x2=x, y1=y, y2=height - FOOT, class_="fault"),
            tag("circle", cx=x, cy=y, r=9 if number < 100 else 11, class_="flag"),
            tag("text", str(number), x=x, y=y + 3.6, text_anchor="middle", class_="number"),
            class_="event strike",
        )


def _losses(panel: Panel, scale: _Scale) -> Iterator[Html]:
    for at, lane in enumerate(panel.lanes):
        middle = TOP + ROW * at + ROW // 2
        for mark in lane.marks:
            if mark.kind == "loss":
                x = scale.x(mark.at_s)
                left = x > WIDTH - 90
                yield tag(
                    "g",
                    _said(mark.at_s, f"{lane.name}, lost", mark.text),
                    tag("circle", cx=x, cy=middle, r=10, class_="ring"),
                    tag("circle", cx=x, cy=middle, r=4, class_="core"),
                    tag(
                        "text",
                        "lost",
                        x=x - 15 if left else x + 15,
                        y=middle + 4,
                        text_anchor="end" if left else "start",
                        class_="lost",
                    ),
                    class_="event loss",
                )


def _said(at_s: float, who: str, text: str) -> Html:
    """What is read when it is pointed at."""
    return tag("title", f"{at_s:.2f} s  {who}: {clipped(text, LONGEST_TEXT)}")


def _short(name: str) -> Html:
    return joined(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")
