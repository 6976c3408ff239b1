"""How long an example works in a request."""

import threading
import time

import pytest

from tests.examples.conftest import Start
from tests.examples.harness import Visitor, wait_until

pytestmark = pytest.mark.slow


def test_chess_answers_a_move_with_a_legal_one(start: Start, visitor: Visitor) -> None:
    app = start("chess", THINK_SECONDS="0.1")
    played = ""
    for moves, move in enumerate(("e2e4", "a2a3", "h2h3"), 1):
        answer = visitor.post(app.url("/move"), game=played, move=move, level="usual")
        assert answer.status == 200
        played = answer.path.partition("game=")[2]
        assert len(played.split("-")) == 2 * moves
    assert "depth=" in app.log()


def test_chess_thinks_in_the_request_and_longer_at_the_deep_level(start: Start, visitor: Visitor) -> None:
    app = start("chess", THINK_SECONDS="0.5")
    for level, least in (("usual", 0.5), ("deep", 2.0)):
        began = time.monotonic()
        visitor.post(app.url("/move"), game="", move="d2d4", level=level)
        assert time.monotonic() - began >= least


def test_chess_is_over_the_limits_by_default(start: Start, visitor: Visitor) -> None:
    page = visitor.get(start("chess").url("/")).body
    assert "usual, 10 seconds" in page
    assert "deep, 40 seconds" in page


def test_chess_answers_at_sigterm_with_what_it_has_found(start: Start) -> None:
    app = start("chess", THINK_SECONDS="60")
    answers: list[str] = []
    asked = threading.Thread(
        target=lambda: answers.append(Visitor().post(app.url("/move"), game="", move="e2e4").path), daemon=True
    )
    asked.start()
    wait_until(lambda: app.process is not None and cpu_seconds(app.process.pid) > 0.5, "it is thinking")
    app.terminate()
    assert app.process
    assert app.process.wait(10) == 0
    asked.join(10)
    assert "positions=" in app.log()


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
