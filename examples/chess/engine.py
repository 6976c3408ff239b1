"""Which move to play: alpha-beta search, one step deeper each time until the time is over."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from board import Move, Position

WORTH = {".": 0, "p": 100, "n": 320, "b": 330, "r": 500, "q": 900, "k": 0}
MATE = 100_000
DEEPEST = 40
NODES_BETWEEN_LOOKS_AT_THE_CLOCK = 64


class TimeIsOver(Exception):
    """Ends a search half-way: what the last full depth found stands."""


@dataclass(frozen=True)
class Thought:
    """The move found, how good it looks for the side that plays it (pawns are 100), and what it took."""

    move: Move
    score: int
    depth: int
    positions: int
    seconds: float


def think(position: Position, seconds: float, interrupted: Callable[[], bool]) -> Thought:
    """The best move found in that time; there must be a legal one. Ends early if interrupted, or if a mate is seen."""
    return Search(position, seconds, interrupted).run()


class Search:
    """One thought about one position."""

    def __init__(self, position: Position, seconds: float, interrupted: Callable[[], bool]) -> None:
        self.position = position
        self.began = monotonic()
        self.end = self.began + seconds
        self.interrupted = interrupted
        self.positions = 0

    def run(self) -> Thought:
        """Depth by depth, the best move of the last depth first."""
        moves = in_order(self.position, self.position.moves())
        score, reached = 0, 0
        try:
            for depth in range(1, DEEPEST):
                score, best = self._best(moves, depth)
                moves.remove(best)
                moves.insert(0, best)
                reached = depth
                if abs(score) > MATE - DEEPEST:
                    break
        except TimeIsOver:
            pass
        return Thought(moves[0], score, reached, self.positions, monotonic() - self.began)

    def _best(self, moves: list[Move], depth: int) -> tuple[int, Move]:
        best, alpha = moves[0], -MATE * 2
        for move in moves:
            score = -self._value(self.position.after(move), depth - 1, -MATE * 2, -alpha, 1)
            if score > alpha:
                best, alpha = move, score
        return alpha, best

    def _value(self, position: Position, depth: int, alpha: int, beta: int, ply: int) -> int:
        self._look_at_the_clock()
        if depth == 0:
            return self._quiet_value(position, alpha, beta)
        legal = False
        for move in in_order(position, list(position.candidates())):
            after = position.after(move)
            if after.can_take_king():
                continue
            legal = True
            alpha = max(alpha, -self._value(after, depth - 1, -beta, -alpha, ply + 1))
            if alpha >= beta:
                return alpha
        if legal:
            return alpha
        return ply - MATE if position.in_check() else 0

    def _quiet_value(self, position: Position, alpha: int, beta: int) -> int:
        """What it is worth once nobody takes any more: a count in the middle of an exchange would mislead."""
        self._look_at_the_clock()
        alpha = max(alpha, worth(position))
        if alpha >= beta:
            return alpha
        for move in in_order(position, [one for one in position.candidates() if position.board[one.end] != "."]):
            after = position.after(move)
            if not after.can_take_king():
                alpha = max(alpha, -self._quiet_value(after, -beta, -alpha))
            if alpha >= beta:
                break
        return alpha

    def _look_at_the_clock(self) -> None:
        self.positions += 1
        if self.positions % NODES_BETWEEN_LOOKS_AT_THE_CLOCK == 0 and (monotonic() > self.end or self.interrupted()):
            raise TimeIsOver


def in_order(position: Position, moves: list[Move]) -> list[Move]:
    """The moves that take most with the least first, so that the search can leave out more."""
    board = position.board

    def promise(move: Move) -> int:
        taken = WORTH[board[move.end].lower()]
        return 10 * taken - WORTH[board[move.start].lower()] if taken else WORTH.get(move.becomes, 0) - 1000

    return sorted(moves, key=promise, reverse=True)


def worth(position: Position) -> int:
    """How good the position is for the side to move: pieces, and where they stand."""
    total = sum(PLACED[piece][square] for square, piece in enumerate(position.board) if piece != ".")
    return total if position.white else -total


def _placed(piece: str) -> list[int]:
    """The worth of a white piece on each square: more in the middle; pawns more ahead; the king safe at home."""
    return [WORTH[piece] + _bonus(piece, square // 8, _from_the_middle(square)) for square in range(64)]


def _bonus(piece: str, row: int, from_the_middle: int) -> int:
    if piece == "p":
        return 4 * (6 - row) + (14 - 4 * from_the_middle if 2 <= row <= 4 else 0)
    if piece == "k":
        return 12 * (row - 7) + 5 * min(from_the_middle, 3)
    return {"n": 8, "b": 5, "r": 1, "q": 2}[piece] * (3 - from_the_middle)


def _from_the_middle(square: int) -> int:
    column, row = square % 8, square // 8
    return max(abs(2 * column - 7), abs(2 * row - 7)) // 2


PLACED = {piece.upper(): _placed(piece) for piece in "pnbrqk"}
PLACED |= {piece.lower(): [-PLACED[piece][square ^ 56] for square in range(64)] for piece in tuple(PLACED)}
