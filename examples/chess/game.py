"""A game is the list of its moves: it travels in the address of the page, so no dyno has to remember it."""

from dataclasses import dataclass

from board import START, Move, Position

LONGEST_GAME = 400


class NotAGame(ValueError):
    """The moves given cannot be played one after the other."""


@dataclass(frozen=True)
class Game:
    """What has been played, and where it has led."""

    moves: tuple[str, ...]
    position: Position

    @classmethod
    def from_text(cls, text: str) -> "Game":
        """The game in a text like `e2e4-e7e5`; NotAGame if a move in it is not legal."""
        names = [name for name in text.split("-") if name]
        if len(names) > LONGEST_GAME:
            raise NotAGame(f"a game of more than {LONGEST_GAME} moves")
        game = cls((), Position.from_fen(START))
        for name in names:
            game = game.with_move(name)
        return game

    def __str__(self) -> str:
        return "-".join(self.moves)

    def with_move(self, name: str) -> "Game":
        """The game with one more move; NotAGame if it is not legal."""
        for move in self.position.moves():
            if str(move) == name:
                return Game((*self.moves, name), self.position.after(move))
        raise NotAGame(f"{name} is not a legal move here")

    def legal_moves(self) -> list[Move]:
        """What may be played now."""
        return self.position.moves()

    def outcome(self) -> str | None:
        """How it ended, if it has."""
        if self.legal_moves():
            return "A draw: too many moves." if len(self.moves) >= LONGEST_GAME - 1 else None
        if not self.position.in_check():
            return "Stalemate: a draw."
        return "Checkmate: you lose." if self.position.white else "Checkmate: you win!"
