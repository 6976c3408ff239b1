"""Chess: a position, its legal moves, and the position after a move.

The board is 64 characters, a8 first and h1 last: `PNBRQK` are white, `pnbrqk` black, `.` is empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass

START = "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"
FILES = "abcdefgh"

Direction = tuple[int, int]
STRAIGHT: tuple[Direction, ...] = ((1, 0), (-1, 0), (0, 1), (0, -1))
DIAGONAL: tuple[Direction, ...] = ((1, 1), (1, -1), (-1, 1), (-1, -1))
LEAPS: tuple[Direction, ...] = ((1, 2), (2, 1), (-1, 2), (-2, 1), (1, -2), (2, -1), (-1, -2), (-2, -1))
STEPS = {"n": LEAPS, "k": STRAIGHT + DIAGONAL, "b": DIAGONAL, "r": STRAIGHT, "q": STRAIGHT + DIAGONAL}
FAR_REACHING = "brq"

# A move from or to one of these squares ends a right to castle.
RIGHTS_LOST = {0: "q", 7: "k", 4: "kq", 56: "Q", 63: "K", 60: "KQ"}


@dataclass(frozen=True, slots=True)
class Move:
    """From one square to another, both 0 (a8) to 63 (h1); `becomes` is the piece a pawn turns into, in lower case."""

    start: int
    end: int
    becomes: str = ""

    def __str__(self) -> str:
        return name_of(self.start) + name_of(self.end) + self.becomes


def name_of(square: int) -> str:
    """`e4` for 36."""
    return FILES[square % 8] + str(8 - square // 8)


def _rays() -> dict[str, list[tuple[tuple[int, ...], ...]]]:
    """For each piece and square: the squares it reaches on an empty board, by direction, nearest first."""
    return {piece: [_rays_from(square, piece) for square in range(64)] for piece in STEPS}


def _rays_from(square: int, piece: str) -> tuple[tuple[int, ...], ...]:
    longest = 7 if piece in FAR_REACHING else 1
    return tuple(ray for step in STEPS[piece] if (ray := _ray(square, step, longest)))


def _ray(square: int, step: Direction, longest: int) -> tuple[int, ...]:
    squares = []
    column, row = square % 8 + step[0], square // 8 + step[1]
    while 0 <= column < 8 and 0 <= row < 8 and len(squares) < longest:
        squares.append(row * 8 + column)
        column, row = column + step[0], row + step[1]
    return tuple(squares)


RAYS = _rays()
# Where a pawn of the colour (True: white) strikes from each square.
PAWN_STRIKES = {
    white: [tuple(s for step in ((-1, dy), (1, dy)) for s in _ray(square, step, 1)) for square in range(64)]
    for white, dy in ((True, -1), (False, 1))
}


@dataclass(frozen=True, slots=True)
class Position:
    """Who stands where, whose turn it is, who may still castle, and where a pawn may be taken in passing."""

    board: str
    white: bool
    castling: str = ""
    passing: int = -1

    @classmethod
    def from_fen(cls, fen: str) -> "Position":
        """The position in Forsyth-Edwards notation; ValueError if it has not 64 squares."""
        placed, turn, castling, passing, *_ = fen.split()
        board = "".join("." * int(sign) if sign.isdecimal() else sign for sign in placed.replace("/", ""))
        if len(board) != 64:
            raise ValueError(f"not 64 squares: {placed}")
        square = -1 if passing == "-" else FILES.index(passing[0]) + (8 - int(passing[1])) * 8
        return cls(board, turn == "w", castling.replace("-", ""), square)

    def moves(self) -> list[Move]:
        """The legal moves."""
        return [move for move in self.candidates() if not self.after(move).can_take_king()]

    def in_check(self) -> bool:
        """Whether the side to move is attacked."""
        return self.is_attacked(self.board.index("K" if self.white else "k"), by_white=not self.white)

    def can_take_king(self) -> bool:
        """Whether the other side has left its king where it can be taken: then its move was not legal."""
        return self.is_attacked(self.board.index("k" if self.white else "K"), by_white=self.white)

    def candidates(self) -> Iterator[Move]:
        """Moves by the way pieces go, some of which may leave the king attacked."""
        for square, piece in enumerate(self.board):
            if piece == "." or piece.isupper() != self.white:
                continue
            if piece in "Pp":
                yield from self._pawn_moves(square)
            else:
                yield from self._piece_moves(square, piece.lower())
        yield from self._castlings()

    def after(self, move: Move) -> "Position":
        """The position when the move has been played."""
        board, piece = list(self.board), self.board[move.start]
        board[move.end] = _coloured(move.becomes, self.white) if move.becomes else piece
        board[move.start] = "."
        passing = -1
        if piece in "Pp":
            if move.end == self.passing:
                board[move.end + (8 if self.white else -8)] = "."
            if abs(move.end - move.start) == 16:
                passing = (move.start + move.end) // 2
        elif piece in "Kk" and abs(move.end - move.start) == 2:
            _move_the_rook(board, move)
        lost = RIGHTS_LOST.get(move.start, "") + RIGHTS_LOST.get(move.end, "")
        castling = "".join(right for right in self.castling if right not in lost) if lost else self.castling
        return Position("".join(board), not self.white, castling, passing)

    def is_attacked(self, square: int, *, by_white: bool) -> bool:
        """Whether a piece of that colour could go to the square at once."""
        board = self.board
        pawn = "P" if by_white else "p"
        if any(board[at] == pawn for at in PAWN_STRIKES[not by_white][square]):
            return True
        for kind in "nk":
            piece = _coloured(kind, by_white)
            if any(board[ray[0]] == piece for ray in RAYS[kind][square]):
                return True
        return self._is_attacked_from_afar(square, by_white)

    def _is_attacked_from_afar(self, square: int, by_white: bool) -> bool:
        queen = _coloured("q", by_white)
        for kind in "br":
            piece = _coloured(kind, by_white)
            for ray in RAYS[kind][square]:
                first = next((self.board[at] for at in ray if self.board[at] != "."), "")
                if first and first in (piece, queen):
                    return True
        return False

    def _piece_moves(self, square: int, kind: str) -> Iterator[Move]:
        for ray in RAYS[kind][square]:
            for end in ray:
                there = self.board[end]
                if there == ".":
                    yield Move(square, end)
                    continue
                if there.isupper() != self.white:
                    yield Move(square, end)
                break

    def _pawn_moves(self, square: int) -> Iterator[Move]:
        ahead, home = (-8, 6) if self.white else (8, 1)
        if self.board[square + ahead] == ".":
            yield from self._promoted(square, square + ahead)
            if square // 8 == home and self.board[square + 2 * ahead] == ".":
                yield Move(square, square + 2 * ahead)
        for end in PAWN_STRIKES[self.white][square]:
            there = self.board[end]
            if end == self.passing or (there != "." and there.isupper() != self.white):
                yield from self._promoted(square, end)

    def _promoted(self, start: int, end: int) -> Iterator[Move]:
        if end // 8 in (0, 7):
            yield from (Move(start, end, becomes) for becomes in "qrbn")
        else:
            yield Move(start, end)

    def _castlings(self) -> Iterator[Move]:
        king = 60 if self.white else 4
        for right, between, passes in (("K", (1, 2), 1), ("Q", (-1, -2, -3), -1)):
            if _coloured(right, self.white) not in self.castling:
                continue
            if any(self.board[king + step] != "." for step in between):
                continue
            if not any(self.is_attacked(at, by_white=not self.white) for at in (king, king + passes)):
                yield Move(king, king + 2 * passes)


def _coloured(piece: str, white: bool) -> str:
    return piece.upper() if white else piece.lower()


def _move_the_rook(board: list[str], move: Move) -> None:
    corner, beside = (move.end + 1, move.end - 1) if move.end > move.start else (move.end - 2, move.end + 1)
    board[beside], board[corner] = board[corner], "."
