"""The chess rules and the search of the chess example."""

import sys
from types import ModuleType

import pytest

from tests.examples.harness import EXAMPLES

MODULES = ("board", "engine", "game")


@pytest.fixture(scope="module")
def chess() -> dict[str, ModuleType]:
    """Its modules, imported beside ours and forgotten again."""
    wrote, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    sys.path.insert(0, str(EXAMPLES / "chess"))
    try:
        return {name: __import__(name) for name in MODULES}
    finally:
        sys.path.remove(str(EXAMPLES / "chess"))
        sys.dont_write_bytecode = wrote
        for name in MODULES:
            sys.modules.pop(name, None)


def perft(position, depth: int) -> int:
    return 1 if depth == 0 else sum(perft(position.after(move), depth - 1) for move in position.moves())


# Counts of move sequences that the chess programming community agrees on.
@pytest.mark.parametrize(
    ("fen", "depth", "count"),
    [
        ("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1", 3, 8902),
        ("r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1", 2, 2039),
        ("8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1", 3, 2812),
        ("r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq - 0 1", 3, 9467),
        ("rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ - 1 8", 2, 1486),
        ("r4rk1/1pp1qppp/p1np1n2/2b1p1B1/2B1P1b1/P1NP1N2/1PP1QPPP/R4RK1 w - - 0 10", 2, 2079),
    ],
)
def test_it_knows_all_legal_moves(chess, fen: str, depth: int, count: int) -> None:
    assert perft(chess["board"].Position.from_fen(fen), depth) == count


@pytest.mark.parametrize(
    ("fen", "move"),
    [
        ("r1bqkbnr/pppp1ppp/2n5/4p3/2B1P3/5Q2/PPPP1PPP/RNB1K1NR w KQkq - 0 1", "f3f7"),
        ("6k1/5ppp/8/8/8/8/8/R5K1 w - - 0 1", "a1a8"),
        ("r5k1/8/8/8/8/8/5PPP/6K1 b - - 0 1", "a8a1"),
        ("4k3/8/8/3q4/4P3/8/8/4K3 w - - 0 1", "e4d5"),
    ],
)
def test_it_finds_a_mate_or_a_queen_for_nothing(chess, fen: str, move: str) -> None:
    thought = chess["engine"].think(chess["board"].Position.from_fen(fen), 0.3, lambda: False)
    assert str(thought.move) == move


def test_it_thinks_until_its_time_is_over(chess) -> None:
    start = chess["board"].Position.from_fen(chess["board"].START)
    thought = chess["engine"].think(start, 0.2, lambda: False)
    assert thought.seconds >= 0.2
    assert thought.depth >= 1


def test_a_thought_can_be_cut_short(chess) -> None:
    start = chess["board"].Position.from_fen(chess["board"].START)
    thought = chess["engine"].think(start, 3600, lambda: True)
    assert thought.move in start.moves()


@pytest.mark.parametrize(
    ("moves", "outcome"),
    [
        ("", None),
        ("f2f3-e7e5-g2g4-d8h4", "Checkmate: you lose."),
        ("e2e4-e7e5-d1h5-b8c6-f1c4-g8f6-h5f7", "Checkmate: you win!"),
    ],
)
def test_it_sees_the_end_of_a_game(chess, moves: str, outcome: str | None) -> None:
    assert chess["game"].Game.from_text(moves).outcome() == outcome


@pytest.mark.parametrize("text", ["e2e5", "e2e4-e2e4", "zq017mk", "e2e4-" * 200, "é", "e7e8q"])
def test_what_is_not_a_game_is_refused(chess, text: str) -> None:
    with pytest.raises(chess["game"].NotAGame):
        chess["game"].Game.from_text(text)
