"""One finding as a card: what happened, the picture of it, why it matters, what to change, how to see it again."""

from collections.abc import Sequence

from minipaas.model.verdict import Severity
from minipaas.report.document import Told
from minipaas.report.evidence import LONGEST_LINE, Moment, moments
from minipaas.report.page.drawing import drawing
from minipaas.report.page.lanes import Panel
from minipaas.report.page.markup import Html, joined, prose, tag
from minipaas.report.plain import clipped
from minipaas.rules.catalogue import BY_CODE


def card(told: Told, panel: Panel | None, name: str) -> Html:
    """`panel` is the trial that shows it, None when nothing is to be drawn; `name` is an id no other element has."""
    finding = told.finding
    entry = BY_CODE.get(finding.code)
    change = finding.help or (entry.fix if entry else "")
    return tag(
        "article",
        _badges(told),
        tag("h4", prose(finding.message), id=f"{name}-title", class_=_begins(finding.message)),
        _place(told),
        story(finding.evidence, lost=tuple(loss.text for loss in panel.losses) if panel else ()),
        figure(panel) if panel else None,
        tag(
            "div",
            _aside("What to change", tag("p", prose(change), class_=_begins(change))) if change else None,
            _aside("Why it matters", tag("p", prose(entry.why)), _source(entry.source)) if entry else None,
            class_="pair",
        ),
        command("See it again", finding.repeat) if finding.repeat else None,
        id=name,
        class_=f"card {finding.severity.value}",
        aria_labelledby=f"{name}-title",
    )


def story(evidence: Sequence[str], *, lost: Sequence[str] = ()) -> Html | None:
    """The evidence as a list, in order; lines that say no time are remarks. `lost` are lines that tell of a loss."""
    told = [each for each in moments(evidence) if each.what]
    timed = any(each.when for each in told)
    steps = [
        tag("li", *_step(each), class_="step lost" if each.what in lost else _kind(each, timed=timed))
        for each in told
    ]
    return tag("ol", *steps, class_="story" if timed else "story untimed") if steps else None


def figure(panel: Panel) -> Html:
    """The picture of a trial with its legend, its faults in words under it."""
    title = f"Timeline of {f'the trial {panel.trial}' if panel.trial else 'the run'}"
    summary = (
        f"{title}: {panel.end - panel.begin:.1f} s, {len(panel.faults)} faults, {panel.requests} requests, "
        f"{panel.failed} failed, {len(panel.losses)} reads that missed what was written"
    )
    return tag(
        "figure",
        tag("div", drawing(panel, summary), class_="scroll", tabindex="0", role="group", aria_label=title),
        tag("p", class_="readout", aria_live="polite"),
        tag("figcaption", tag("span", panel.trial or "the run", class_="trial"), _legend()),
        _in_words(panel),
    )


def command(label: str, text: str) -> Html:
    """A command to be copied."""
    return tag("div", tag("span", label, class_="label"), tag("code", text), class_="command")


def _badges(told: Told) -> Html:
    finding = told.finding
    sign = "✕" if finding.severity is Severity.ERROR else "!"
    return tag(
        "p",
        tag("span", joined(tag("span", sign, aria_hidden="true"), f" {finding.severity.value}"), class_="severity"),
        tag("span", finding.code, class_="code"),
        tag("span", told.name, class_="soft") if told.name else None,
        tag("span", finding.error_code, class_="chip") if finding.error_code else None,
        tag("span", finding.cause.value, class_="chip") if finding.cause else None,
        tag("span", f"process type {finding.process_type}", class_="soft") if finding.process_type else None,
        tag("span", f"seen {told.count} times", class_="soft") if told.count > 1 else None,
        class_="badges",
    )


def _place(told: Told) -> Html | None:
    place = told.finding.place
    if place is None:
        return None
    return tag("p", tag("span", f"{place.path}:{place.line}"), tag("code", place.text), class_="place")


def _step(each: Moment) -> tuple[Html | None, ...]:
    return (
        tag("span", each.when, class_="when") if each.when else None,
        tag("span", each.who, class_="who") if each.who else None,
        tag("span", prose(each.what), class_="what"),
    )


def _kind(each: Moment, *, timed: bool) -> str:
    if timed and not each.when:
        return "remark"
    if each.who == "fault":
        return "step strike"
    return "step platform" if each.who.startswith("heroku[") else "step"


def _begins(text: str) -> str | None:
    """Messages are lower case; on a page their first letter is shown as a capital, unless it is code."""
    return "begins" if text[:1].isalpha() else None


def _aside(heading: str, *content: Html) -> Html:
    return tag("section", tag("h5", heading), *content)


def _source(address: str) -> Html:
    return tag("p", tag("a", address.removeprefix("https://"), href=address, rel="noreferrer"), class_="source")


def _legend() -> Html:
    signs = (
        ("starting", "boots"),
        ("up", "up"),
        ("stopping", "stopping"),
        ("strike", "fault"),
        ("ok", "answered"),
        ("bad", "failed"),
        ("loss", "lost"),
    )
    return tag("span", *(tag("span", text, class_=f"sign {kind}") for kind, text in signs), class_="legend")


def _in_words(panel: Panel) -> Html | None:
    faults = [
        tag("li", f"{fault.at_s:.2f} s  {clipped(fault.text, LONGEST_LINE)}", value=number)
        for number, fault in enumerate(panel.faults, start=1)
    ]
    lost = [
        tag("li", f"{loss.at_s:.2f} s  {loss.lane}: {clipped(loss.text, LONGEST_LINE)}", class_="lost")
        for loss in panel.losses
    ]
    if not faults and not lost:
        return None
    return tag(
        "details",
        tag("summary", "The same in words"),
        tag("ol", *faults) if faults else None,
        tag("ul", *lost) if lost else None,
    )
