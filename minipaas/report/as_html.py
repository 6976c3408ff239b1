"""The report as one HTML file that needs nothing else: read without a network, without scripts, and on paper.

Apps' texts are escaped by construction (`page/markup.py`), and the page's own policy lets nothing run or load but its
one script and style, named by their hashes.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from minipaas.model.verdict import AppVerdict, Report, Verdict
from minipaas.report.document import counted, covered, findings, judged, suppressed
from minipaas.report.page.card import card, command, figure, story
from minipaas.report.page.lanes import Panel, panels
from minipaas.report.page.markup import Html, joined, prose, tag
from minipaas.report.page.summary import anchor, head, sentence, tiles
from minipaas.report.plain import cleaned, plain


def as_html(report: Report) -> str:
    """The page."""
    report = cleaned(report, plain)
    style, script = _part("style.css"), _part("script.js")
    allowed = f"style-src {_hash(style)}; script-src {_hash(script)}"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", f"{sentence(report)} · minipaas chaos"),
            tag("style", style),
        ),
        tag("body", head(report), tag("main", *_sections(report)), _foot(report), tag("script", script)),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{page}"


@cache
def _part(name: str) -> Html:
    """A file of ours; neither holds what would end its element."""
    return Html(files("minipaas.report.page").joinpath(name).read_text("utf-8"))


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _sections(report: Report) -> tuple[Html, ...]:
    return tuple(_app(app, at) for at, app in enumerate(report.apps))


def _app(app: AppVerdict, at: int) -> Html:
    drawn = panels(app.timeline)
    told = findings(app)
    # A picture stands in the card of the first finding that names its trial, and once only.
    left = {panel.trial: panel for panel in drawn}
    cards = [
        card(each, left.pop(each.finding.trial, None) if each.finding.trial else None, f"{anchor(at)}-{number}")
        for number, each in enumerate(told, start=1)
    ]
    return tag(
        "section",
        tag("h2", app.app, " ", tag("small", app.release) if app.release else None, id=f"{anchor(at)}-title"),
        tiles(app),
        _block("What was found", *cards) if cards else None,
        _unknown(app),
        _suppressed(app),
        _coverage(app),
        _trials("Other trials" if len(left) < len(drawn) else "Timeline", tuple(left.values())),
        id=anchor(at),
        class_="app",
        aria_labelledby=f"{anchor(at)}-title",
    )


def _unknown(app: AppVerdict) -> Html | None:
    notes = [
        tag(
            "p",
            tag("b", f"Rule {rule}: "),
            prose(app.rules[rule].reason or "too little was seen to tell"),
            class_="note",
        )
        for rule in judged(app)
        if app.rules[rule].verdict is Verdict.INCONCLUSIVE
    ]
    if app.last_lines:
        notes.append(tag("div", tag("h5", "The last lines of its log"), story(app.last_lines), class_="log"))
    return _block("What could not be told", *notes) if notes else None


def _suppressed(app: AppVerdict) -> Html | None:
    notes = [
        tag(
            "li",
            tag("span", each.finding.code, class_="code"),
            " ",
            prose(each.finding.message),
            tag("span", f"Suppressed: {each.reason or 'no reason given'}", class_="reason"),
        )
        for each in suppressed(app)
    ]
    return _block("Suppressed in minipaas.yml", tag("ul", *notes, class_="suppressed")) if notes else None


def _coverage(app: AppVerdict) -> Html:
    seen = []
    for part in covered(app.coverage):
        number, _, noun = part.rpartition(" ") if " of " in part else part.partition(" ")
        seen.append(tag("li", tag("b", number), f" {noun}"))
    missed = [tag("li", tag("code", each)) for each in app.coverage.missed]
    return _block(
        "What was exercised",
        tag("ul", *seen, class_="stats"),
        tag("details", tag("summary", f"Never exercised: {len(missed)}"), tag("ul", *missed), open="")
        if missed
        else None,
    )


def _trials(heading: str, others: tuple[Panel, ...]) -> Html | None:
    if not others:
        return None
    drawn = [
        tag(
            "details",
            tag("summary", f"{panel.trial or 'The run'} ", tag("span", _told(panel), class_="soft")),
            figure(panel),
            open="" if len(others) == 1 else None,
        )
        for panel in others
    ]
    return _block(heading, *drawn)


def _told(panel: Panel) -> str:
    requests, faults = counted(panel.requests, "request"), counted(len(panel.faults), "fault")
    return f"{requests}, {panel.failed} failed, {faults}, {panel.end - panel.begin:.1f} s"


def _block(heading: str, *content: Html | None) -> Html:
    return tag("div", tag("h3", heading), *content, class_="block")


def _foot(report: Report) -> Html:
    again = command("Run it again", report.command) if report.command else None
    more = tag("p", joined("Every code in full: ", tag("code", "minipaas explain MP101")), class_="soft")
    return tag("footer", again, more)
