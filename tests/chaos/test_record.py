"""A journal says what was done so that it can be done again."""

import json
from pathlib import Path
from typing import Any

import pytest

from minipaas.chaos.history import Exchange, History
from minipaas.chaos.journal import Journal
from minipaas.chaos.loss import Loss, Symptom
from minipaas.chaos.markers import Marker
from minipaas.chaos.plan import Call, Entry, Place, Plan, Submit, Visit
from minipaas.chaos.record import BODY_CHARACTERS, Witness, read_plan, read_report, written, written_play
from minipaas.chaos.replay import read_replay
from minipaas.chaos.trial import Kind, Phase, Trial
from minipaas.errors import FileProblem, UsageProblem
from minipaas.model import verdict as of
from minipaas.model.scenario import Expect, Pick, PickKind
from minipaas.store.runs import journal_at

HOME = Place(path="/")
PLAN = Plan(
    host="shop.localhost",
    steps=(
        Visit(client="alice", place=Place(via=HOME, pattern="/items/*", near=(Marker("zq011aj"),), at=1)),
        Submit(
            client="bob",
            place=HOME,
            form_key="key",
            action="/add",
            method="POST",
            caption="Add",
            entries=(Entry("photo", marker=Marker("zq012as"), file=("a.png", "image/png", b"\x89PNG\x00\xff")),),
        ),
        Call(
            client="alice",
            method="PUT",
            path="/api/{id}",
            body={"name": "zq013az", "tags": [1, None]},
            headers={"X-A": "b"},
            captures={"id": Pick(PickKind.JSON, "id")},
            files=(("upload", ("n.txt", b"\x00x", "text/plain")),),
            expects=Expect(status=200, still=("zq013az",)),
        ),
    ),
    routes_exercised=("GET /", "POST /add"),
    slow=frozenset({2}),
)
LOSS = Loss(
    symptom=Symptom.MARKER,
    write=1,
    read=0,
    at=0,
    client="bob",
    pattern="/items/*",
    expected="zq011aj",
    seen="not on the page",
)
WITNESS = Witness("POST /add", LOSS, (0, 1), Trial(Kind.LOSE, frozenset({Phase.HOP})))
REPORT = of.Report(
    seed=7,
    duration_s=1.5,
    version="1",
    apps=(
        of.AppVerdict(
            app="shop",
            release="v1",
            rules={
                of.Rule.ONE: of.judge(
                    (
                        of.Finding(
                            code="MP101",
                            severity=of.Severity.ERROR,
                            process_type="web",
                            message="gone",
                            cause=of.Cause.FILES,
                            place=of.Place("Procfile", 1, "web: x"),
                        ),
                    ),
                    conclusive=True,
                )
            },
            timeline=(of.TimelineEvent(at_s=0.1, lane="web.1", kind="boot", text="on host b"),),
        ),
    ),
)


def test_a_plan_is_the_same_after_a_journal() -> None:
    assert read_plan(json.loads(json.dumps(written(PLAN)))) == PLAN


def test_a_report_is_the_same_after_a_journal() -> None:
    assert read_report(json.loads(json.dumps(written(REPORT)))) == REPORT


def test_of_an_answer_the_beginning_and_the_digest_are_kept() -> None:
    body = b"a" * 10 * BODY_CHARACTERS
    history = History("calm", began_s=2.0)
    history.exchanges.append(
        Exchange(step=0, at=0, client="a", method="GET", path="/", pattern="/", status=200, body=body, started_s=2.5)
    )
    play = json.loads(json.dumps(written_play(WITNESS.trial, (0, 1), history)))
    (exchange,) = play["exchanges"]
    assert len(exchange["body"]) == BODY_CHARACTERS
    assert exchange["bytes"] == len(body)
    assert exchange["at_s"] == 0.5
    assert play["trial"] == written(WITNESS.trial)
    assert (play["trial"]["kind"], play["trial"]["phases"]) == ("relocation", ["between redirect hops"])


def journal(path: Path, **changes: Any) -> Path:
    file = journal_at(path)
    told = Journal(file.write, file.name)
    told.began(by="1", seed=7, command="minipaas chaos", began_at="2026-01-01T00:00:00Z")
    app = told.of("shop")
    app.built("abc")
    app.planned(changes.get("plan", PLAN), History("discovery"))
    app.broke(changes.get("witness", WITNESS))
    told.judged(REPORT)
    file.close()
    return path


def test_a_run_can_be_done_again_from_its_journal(tmp_path: Path) -> None:
    replay = read_replay(journal(tmp_path / "1.jsonl"), "1")
    assert (replay.seed, replay.slug("shop"), replay.report) == (7, "abc", REPORT)
    assert replay.plan("shop") == PLAN
    assert replay.witness("shop", "POST /add") == WITNESS
    assert replay.witness("shop", "POST /other") is None
    assert replay.witness("shop", None) is None
    with pytest.raises(UsageProblem, match="run 1 has no plan for bank"):
        replay.plan("bank")


@pytest.mark.parametrize(
    "changes",
    [
        {"plan": Plan(host="h", steps=(), slow=frozenset({3}))},
        {"witness": Witness("POST /add", LOSS, (0, 9), WITNESS.trial)},
        {"witness": Witness("POST /add", LOSS, (-1,), WITNESS.trial)},
    ],
)
def test_a_journal_that_names_steps_there_are_not_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(FileProblem, match=r"1\.jsonl:\d: cannot be read as"):
        read_replay(journal(tmp_path / "1.jsonl", **changes), "1")


@pytest.mark.parametrize(
    "line", ['{"kind":"plan","app":"shop"}', '{"kind":"plan","plan":{"steps":[{"step":"Jump"}]}}']
)
def test_a_line_that_holds_something_else_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "1.jsonl"
    path.write_text(f'{{"kind":"run","version":1,"seed":7}}\n{line}\n')
    with pytest.raises(FileProblem, match=r"1\.jsonl:2: cannot be read as `plan`"):
        read_replay(path, "1")
