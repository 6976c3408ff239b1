"""The head of the page: the verdict as a sentence, the apps in a table, what the run was."""

from minipaas.model.verdict import AppVerdict, Report, Rule, RuleVerdict, Verdict, worst
from minipaas.report.document import causes, count, counted, extent, findings, judged
from minipaas.report.page.markup import Html, joined, tag
from minipaas.rules.catalogue import RULES

_SIGNS = {Verdict.KEPT: "✓", Verdict.BROKEN: "✕", Verdict.INCONCLUSIVE: "?"}


def sentence(report: Report) -> str:
    """The verdict in one sentence, for the heading and the tab."""
    broken = [app for app in report.apps if overall(app) is Verdict.BROKEN]
    unknown = [app for app in report.apps if overall(app) is Verdict.INCONCLUSIVE]
    if not report.apps:
        return "No app was judged"
    if broken:
        if len(broken) == 1:
            return f"{broken[0].app} breaks {_rules(broken[0], Verdict.BROKEN)}"
        return f"{len(broken)} of {len(report.apps)} apps break a rule"
    if unknown:
        if len(unknown) == 1:
            return f"Too little was seen of {unknown[0].app} to tell"
        return f"Too little was seen of {len(unknown)} of {len(report.apps)} apps to tell"
    return (
        f"{report.apps[0].app} keeps the rules"
        if len(report.apps) == 1
        else f"All {len(report.apps)} apps keep the rules"
    )


def overall(app: AppVerdict) -> Verdict:
    """Of all its rules."""
    return worst([app.rules[rule].verdict for rule in judged(app)])


def head(report: Report) -> Html:
    """The banner."""
    state = worst([overall(app) for app in report.apps]) if report.apps else Verdict.INCONCLUSIVE
    return tag(
        "header",
        tag("p", joined(tag("b", "minipaas"), " chaos"), class_="mark"),
        tag("h1", sentence(report)),
        tag("p", f"{extent(report, count(report))}, minipaas {report.version}", class_="soft"),
        _table(report) if len(report.apps) > 1 else None,
        class_=f"banner {state.value}",
    )


def tiles(app: AppVerdict) -> Html:
    """The three rules of one app."""
    return tag("ul", *(_tile(rule, app.rules[rule]) for rule in judged(app)), class_="tiles")


def anchor(at: int) -> str:
    """The id of an app's section; a number, since names are strangers' text."""
    return f"app-{at + 1}"


def _table(report: Report) -> Html:
    rules = tuple(rule for rule in Rule if any(rule in app.rules for app in report.apps))
    headings = (tag("th", f"Rule {rule}", scope="col") for rule in rules)
    rows = (
        tag(
            "tr",
            tag("th", tag("a", app.app, href=f"#{anchor(at)}"), scope="row"),
            *(tag("td", _word(app.rules[rule]) if rule in app.rules else "–") for rule in rules),
            tag("td", _warnings(app), class_="soft"),
        )
        for at, app in enumerate(report.apps)
    )
    return tag(
        "div",
        tag(
            "table",
            tag("caption", "Verdict of each app", class_="unseen"),
            tag("thead", tag("tr", tag("th", "App", scope="col"), *headings, tag("th", "", scope="col"))),
            tag("tbody", *rows),
        ),
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label="Verdict of each app",
    )


def _warnings(app: AppVerdict) -> str:
    number = sum(each.finding.severity == "warning" for each in findings(app))
    return counted(number, "warning") if number else ""


def _tile(rule: Rule, verdict: RuleVerdict) -> Html:
    return tag(
        "li",
        tag("span", f"Rule {rule}", class_="label"),
        tag("span", RULES[rule], class_="title"),
        _word(verdict),
        class_=verdict.verdict.value,
    )


def _word(verdict: RuleVerdict) -> Html:
    why = ", ".join(causes(verdict)) if verdict.verdict is Verdict.BROKEN else ""
    return tag(
        "span",
        tag("span", _SIGNS[verdict.verdict], aria_hidden="true", class_="sign-of"),
        f" {verdict.verdict.value}",
        tag("span", f" ({why})", class_="why") if why else None,
        class_=f"verdict {verdict.verdict.value}",
    )


def _rules(app: AppVerdict, wanted: Verdict) -> str:
    words = [f"{rule}" for rule in judged(app) if app.rules[rule].verdict is wanted]
    return f"rule {words[0]}" if len(words) == 1 else f"rules {', '.join(words[:-1])} and {words[-1]}"
