"""Scenarios as plans, values taken from answers, and what their authors expect. Pure."""

import json

import pytest

from minipaas.chaos.history import Exchange, History, Unmet
from minipaas.chaos.loss import Symptom
from minipaas.chaos.markers import Marker, text_marker
from minipaas.chaos.oracle import Baseline
from minipaas.chaos.page import read_page
from minipaas.chaos.picks import first_unmet, picked
from minipaas.chaos.plan import Call, Plan, witness, writes
from minipaas.chaos.record import read_plan, written
from minipaas.chaos.scenario_plan import scenario_steps, unique_values
from minipaas.chaos.scenes import copy_of, scenes
from minipaas.model.scenario import Expect, Pick, PickKind
from minipaas.parse.scenario import parse_scenario
from tests.chaos.histories import history

PARCELS = """
unique: {to: text, weight: number, mail: email, photo: text}
steps:
  - request: POST /sessions
    json: {mail: "${mail}", password: secret}
    capture: {token: {json: token}}
  - request: POST /parcels
    headers: {Authorization: "Bearer ${token}"}
    json: {to: "${to}", weight: "${weight}", text: "costs $${to}"}
    capture: {id: {json: parcel.id}}
  - request: POST /photos
    files: {photo: {picture: "${photo}"}, note: {content: "for ${to}"}}
  - request: GET /parcels/${id}
    headers: {Authorization: "Bearer ${token}"}
    expect: {still: "To ${to}"}
  - request: DELETE /parcels/${id}
    headers: {Authorization: "Bearer ${token}"}
"""


def plan(text: str = PARCELS) -> Plan:
    scenario = parse_scenario(text, "s.yml")
    steps = scenario_steps(scenario, unique_values(scenario, 1), {})
    return Plan(host="app.localhost", steps=tuple(step for step, _ in steps))


def exchange(
    body: str = "", *, status: int = 200, html: bool = False, headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    return Exchange(
        step=0,
        at=0,
        client="alice",
        method="GET",
        path="/",
        pattern="/",
        status=status,
        lines=read_page("http://a/", body).lines if html else (),
        body=body.encode(),
        html=html,
        headers=headers,
    )


def test_unique_values_become_markers_of_the_step_that_sends_them_first() -> None:
    steps = [step for step in plan().steps if isinstance(step, Call)]
    to, weight, mail, photo = text_marker(1), Marker("31207"), text_marker(3), text_marker(4)
    sessions, parcels, photos, read, again, delete = steps
    assert (len(steps), read) == (6, again), "a read of what is still there is done twice"
    assert sessions.body == {"mail": f"{mail.token}@example.com", "password": "secret"}
    assert parcels.body == {"to": to.token, "weight": 31207, "text": "costs ${to}"}
    assert (set(parcels.markers), photos.markers, photos.near) == ({to, weight}, (photo,), (to,))
    assert (sessions.session, parcels.session, delete.destructive) == (True, False, True)
    assert parcels.headers == {"Authorization": "Bearer {got_token}"}
    assert read.path == "/parcels/{got_id}"
    assert read.label == "GET /parcels/${id}"
    assert photos.files[1] == ("note", ("note.txt", f"for {to.token}".encode(), "text/plain"))
    assert photo.token.encode() in photos.files[0][1][1]


def test_a_plan_made_of_a_scenario_is_the_same_after_a_journal() -> None:
    assert read_plan(json.loads(json.dumps(written(plan())))) == plan()


def test_a_witness_brings_the_steps_whose_answers_it_takes_values_from() -> None:
    assert witness(plan(), 1, 4) == (0, 1, 4)
    assert witness(plan(), 5, 5) == (0, 1, 5)
    assert witness(plan(), 2, 2) == (0, 1, 2), "the photo's note names what the parcel brought in"


def test_a_copy_of_a_scene_has_values_of_its_own() -> None:
    made = plan()
    scene = next(each for each in scenes(made, 4) if each.write == 2)
    copy = copy_of(made, scene, 3)
    write = copy.write[1]
    assert isinstance(write, Call)
    assert writes(write)
    assert text_marker(4).token.encode() not in write.files[0][1][1]
    assert write.files[0][1][1].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("pick", "answer", "value"),
    [
        (Pick(PickKind.JSON, "a.0.id"), exchange('{"a": [{"id": 7}]}'), 7),
        (Pick(PickKind.JSON, "a.9.id"), exchange('{"a": [{"id": 7}]}'), None),
        (Pick(PickKind.JSON, "a"), exchange("no json"), None),
        (Pick(PickKind.JSON, "a"), exchange("[" * 100_000), None),
        (Pick(PickKind.REGEX, r"No\. (\d+)"), exchange("No. 12"), "12"),
        (Pick(PickKind.REGEX, r"\d+"), exchange("No. 12"), "12"),
        (Pick(PickKind.REGEX, r"x"), exchange("No. 12"), None),
        (Pick(PickKind.CSS, "a.note", "href"), exchange("<a class=note href=/n/1>one</a>"), "/n/1"),
        (Pick(PickKind.CSS, "a.note"), exchange("<a class=note href=/n/1>o\n ne</a>"), "o ne"),
        (Pick(PickKind.CSS, "b"), exchange("<a>one</a>"), None),
        (Pick(PickKind.FIELD, "t"), exchange("<form><input type=hidden name=t value=x></form>"), "x"),
        (Pick(PickKind.FIELD, "t"), exchange("<meta name=t content=x>"), "x"),
        (
            Pick(PickKind.FIELD, "t"),
            exchange("<select name=t><option value=1>a<option selected value=2>b</select>"),
            "2",
        ),
        (Pick(PickKind.HEADER, "Location"), exchange(headers=(("location", "/n/1"),)), "/n/1"),
        (Pick(PickKind.COOKIE, "sid"), exchange(), "of the browser"),
    ],
)
def test_values_are_taken_from_answers(pick: Pick, answer: Exchange, value: object) -> None:
    assert picked(pick, [answer], "of the browser") == value


@pytest.mark.parametrize(
    ("expect", "answer", "unmet"),
    [
        (Expect(status=201), exchange(status=201), None),
        (Expect(status=201), exchange(status=500), Unmet(0, "status 201", "status 500")),
        (Expect(contains=("Tom & Ann",)), exchange("<p>Tom &amp; <b>Ann</b>", html=True), None),
        (Expect(contains=("12345",)), exchange("12,345 g"), None),
        (Expect(contains=("gone",)), exchange("here"), Unmet(0, "`gone`", "not in the answer")),
        (Expect(still=("zq001ah",)), exchange("ZQ001AH"), None),
        (Expect(not_contains=("error",)), exchange("<p class=error>fine", html=True), None),
        (Expect(not_contains=("error",)), exchange("an error"), Unmet(0, "no `error`", "it is in the answer")),
        (Expect(status=200), exchange(status=0), None),
    ],
)
def test_answers_are_held_against_what_is_expected(expect: Expect, answer: Exchange, unmet: Unmet | None) -> None:
    assert first_unmet(expect, [answer]) == unmet


def told(unmet: bool, status: int = 200) -> History:
    """Post a parcel and read it: a captured number, no marker, no new line."""
    made = history((0, "POST /parcels", 201), (1, "GET /parcels/7", ["fine"] if status == 200 else status))
    if unmet:
        made.unmet[1] = Unmet(0, "`7`", "not in the answer")
    return made


POST = Call(client="alice", method="POST", path="/parcels", captures={"got_id": Pick(PickKind.JSON, "id")})
READ = Call(client="alice", method="GET", path="/parcels/{got_id}", expects=Expect(still=("{got_id}",)))
TOLD = Plan(host="app.localhost", steps=(POST, READ))


def test_what_the_author_expects_is_a_loss_where_calm_plays_gave_it() -> None:
    baseline = Baseline(TOLD, [told(unmet=False), told(unmet=False)])
    assert baseline.expects_effects
    (loss,) = baseline.losses(told(unmet=True))
    assert (loss.symptom, loss.write, loss.read, loss.expected) == (Symptom.TOLD, 0, 1, "`7`")
    assert baseline.losses(told(unmet=False)) == []


def test_what_the_author_expects_is_no_loss_where_a_calm_play_did_not_give_it_either() -> None:
    baseline = Baseline(TOLD, [told(unmet=False), told(unmet=True)])
    assert not baseline.expects_effects
    assert baseline.losses(told(unmet=True)) == []


def test_a_dyno_that_is_not_there_is_no_loss_of_what_the_author_expects() -> None:
    baseline = Baseline(TOLD, [told(unmet=False), told(unmet=False)])
    assert baseline.losses(told(unmet=True, status=503)) == []
