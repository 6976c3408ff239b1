"""Reports with any text in any field."""

from hypothesis import strategies as st

from minipaas.model.verdict import (
    AppVerdict,
    Cause,
    Coverage,
    Finding,
    Place,
    Report,
    Rule,
    RuleVerdict,
    Severity,
    TimelineEvent,
    Verdict,
)

_SHARP = st.sampled_from(
    [
        "<",
        ">",
        "&",
        "]]>",
        "-->",
        "\"'",
        "</script>",
        "<b>",
        "{",
        "[a](b)",
        "\x00",
        "\x1b[1m",
        "\ufffe",
        "\r\n",
        "`",
        "  ",
    ]
)
#: Lone surrogates too: that is how undecodable bytes of logs come.
texts = st.lists(st.one_of(_SHARP, st.text(st.characters(), max_size=8)), max_size=4).map("".join)
lines = st.lists(st.one_of(texts, texts.map(lambda text: f"1.5 s  web.1  {text}")), max_size=3).map(tuple)
seconds = st.floats(0, 1000)
findings = st.builds(
    Finding,
    code=st.one_of(st.sampled_from(["MP101", "MP302"]), texts),
    severity=st.sampled_from(Severity),
    process_type=texts,
    message=texts,
    evidence=lines,
    help=texts,
    repeat=texts,
    cause=st.one_of(st.none(), st.sampled_from(Cause)),
    error_code=st.one_of(st.none(), texts),
    subject=texts,
    place=st.one_of(st.none(), st.builds(Place, path=texts, line=st.integers(1, 9), text=texts)),
    trial=st.sampled_from(["", "a", "<b>"]),
)
events = st.builds(
    TimelineEvent,
    at_s=seconds,
    lane=st.one_of(st.sampled_from(["web.1", "alice"]), texts),
    kind=st.sampled_from(["boot", "up", "stop", "exit", "kill", "request", "loss", "fault", "?"]),
    text=texts,
    until_s=st.one_of(st.none(), seconds),
    trial=st.sampled_from(["", "a", "<b>"]),
    ok=st.booleans(),
)
rules = st.builds(
    RuleVerdict,
    verdict=st.sampled_from(Verdict),
    findings=st.lists(findings, max_size=2).map(tuple),
    reason=texts,
    suppressed=st.lists(st.tuples(findings, texts), max_size=1).map(tuple),
)
apps = st.builds(
    AppVerdict,
    app=texts,
    release=texts,
    rules=st.dictionaries(st.sampled_from(Rule), rules, max_size=3),
    coverage=st.builds(Coverage, requests=st.integers(0, 5000), missed=lines),
    timeline=st.lists(events, max_size=8).map(tuple),
    last_lines=lines,
)
reports = st.builds(
    Report,
    seed=st.integers(0, 99),
    duration_s=seconds,
    version=texts,
    apps=st.lists(apps, max_size=2).map(tuple),
    command=texts,
)
