"""The options of `chaos --live`, and its exit codes."""

import pytest
from click.testing import CliRunner

from minipaas.cli.chaos import chaos
from minipaas.cli.chaos_live import exit_code, rate, seconds
from minipaas.errors import UsageProblem
from minipaas.model.live import Act, ActKind, Done, Latency, LiveApp, LiveReport, Seen


@pytest.mark.parametrize(
    ("text", "per_min"), [("6/min", 6), ("0.5/min", 0.5), ("2/s", 120), ("30/h", 0.5), ("10/s", 600)]
)
def test_a_rate_is_a_number_of_acts_in_a_time(text: str, per_min: float) -> None:
    assert rate(text) == pytest.approx(per_min)


@pytest.mark.parametrize("text", ["", "6", "0/min", "-1/min", "11/s", "6 / min", "6/day", "nan/min", "1e3/min"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="cannot read the rate"):
        rate(text)


@pytest.mark.parametrize("text", ["0s", "soon", "-1s", ""])
def test_a_duration_is_more_than_nothing(text: str) -> None:
    with pytest.raises(UsageProblem, match="cannot read the duration"):
        seconds(text, "duration")


ACT = Act(at_s=1, kind=ActKind.CRASH, app="shop", dyno="web.1")


def report(
    requests: int, failed: int = 0, *, until_s: float | None = 2.0, p95: int = 50, acts: int = 1
) -> LiveReport:
    seen = Seen(requests=requests, failed=failed, latency=Latency(p50=1, p95=p95, p99=p95))
    return LiveReport(
        seed=1,
        rate_per_min=6,
        duration_s=60,
        version="1",
        command="",
        ended="",
        apps=(LiveApp(app="shop", calm=Seen(), around=seen),),
        acts=(Done(act=ACT, at_s=1, until_s=until_s),) * acts,
    )


@pytest.mark.parametrize(
    ("seen", "fail_on", "budget", "p95_s", "code"),
    [
        (report(100), "error", 0.0, None, 0),
        (report(100, 1), "error", 0.0, None, 1),
        (report(100, 1), "error", 0.01, None, 0),
        (report(100, 1), "warning", 0.01, None, 1),
        (report(100, until_s=None), "error", 0.0, None, 0),
        (report(100, until_s=None), "warning", 0.0, None, 1),
        (report(100, p95=900), "error", 0.0, 0.5, 1),
        (report(100, p95=400), "error", 0.0, 0.5, 0),
        (report(0), "error", 0.0, None, 3),
        (report(0), "inconclusive", 0.0, None, 1),
        (report(100, acts=0), "error", 0.0, None, 3),
    ],
)
def test_the_exit_code_says_whether_users_lost_more_than_is_allowed(
    seen: LiveReport, fail_on: str, budget: float, p95_s: float | None, code: int
) -> None:
    assert exit_code(seen, fail_on, budget, p95_s) == code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--live", "examples/clean"], "takes no PATH"),
        (["--live", "--format", "sarif"], "reports as text or json"),
    ],
)
def test_what_makes_no_sense_with_live_is_refused(words: list[str], told: str) -> None:
    done = CliRunner().invoke(chaos, words)
    assert isinstance(done.exception, UsageProblem)
    assert told in done.exception.message
