"""The pages, as HTML. Everything a visitor typed is escaped."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

from board import FILES, Move, name_of
from game import Game

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath d='M0 0h8v8H0zM8 8h8v8H8z' fill='%23586b3a'/%3E%3C/svg%3E"
)
GLYPHS = dict(zip("kqrbnp", "♚♛♜♝♞♟", strict=True))
NAMES = dict(zip("kqrbnp", ("king", "queen", "rook", "bishop", "knight", "pawn"), strict=True))


def page_of_game(game: Game, player: str, seconds: float, times_longer: Mapping[str, int]) -> str:
    """The board, the form for a move, and what has been played."""
    return _page("Chess", f"""
<h1>Chess</h1>
<p class="lead">White: <strong>{escape(player)}</strong> · Black: the computer</p>
<div class="table">
{_board(game)}
<div class="side">
{_status(game)}
{"" if game.outcome() else _move_form(game, seconds, times_longer)}
<h2>Played</h2>
{_played(game)}
</div>
</div>
<h2>New game</h2>
<form class="card" method="post" action="/player">
  <label>Your name <input name="name" required maxlength="40" autocomplete="nickname"></label>
  <button>Sit down at a new board</button>
</form>
""")


def page_of_problem(title: str, text: str) -> str:
    """For an address that is not ours, or a move that cannot be played."""
    return _page(title, f'<h1>{title}</h1><p class="lead">{escape(text)} <a href="/">To a new board</a></p>')


def _status(game: Game) -> str:
    if outcome := game.outcome():
        return f'<p class="notice" role="status">{outcome}</p>'
    return f'<p class="turn">Your move{", you are in check" if game.position.in_check() else ""}.</p>'


def _move_form(game: Game, seconds: float, times_longer: Mapping[str, int]) -> str:
    moves = "".join(f'<option value="{move}">{_described(game, move)}</option>' for move in game.legal_moves())
    levels = "".join(
        f'<option value="{level}">{level}, {seconds * longer:g} seconds</option>' for level, longer in times_longer.items()
    )
    return f"""
<form class="card" method="post" action="/move">
  <input type="hidden" name="game" value="{game}">
  <label>Move <select name="move" required>{moves}</select></label>
  <label>The computer thinks <select name="level">{levels}</select></label>
  <button>Play</button>
</form>"""


def _described(game: Game, move: Move) -> str:
    board = game.position.board
    takes = "" if board[move.end] == "." else f" takes {NAMES[board[move.end].lower()]}"
    becomes = f", becomes {NAMES[move.becomes]}" if move.becomes else ""
    return f"{NAMES[board[move.start].lower()]} {name_of(move.start)}–{name_of(move.end)}{takes}{becomes}"


def _played(game: Game) -> str:
    if not game.moves:
        return '<p class="empty">Nothing yet.</p>'
    pairs = [game.moves[at : at + 2] for at in range(0, len(game.moves), 2)]
    rows = "".join(f"<li>{' · '.join(pair)}</li>" for pair in pairs)
    return f'<ol class="played">{rows}</ol>'


def _board(game: Game) -> str:
    last = game.moves[-1][:4] if game.moves else ""
    rows = "".join(_rank(game, row, (last[:2], last[2:])) for row in range(8))
    files = "".join(f'<th scope="col">{file}</th>' for file in FILES)
    return f"""
<table class="board">
<caption>The board</caption>
<tbody>{rows}</tbody>
<tfoot><tr><td></td>{files}</tr></tfoot>
</table>"""


def _rank(game: Game, row: int, marked: tuple[str, str]) -> str:
    squares = "".join(_square(game.position.board[at], at, marked) for at in range(row * 8, row * 8 + 8))
    return f'<tr><th scope="row">{8 - row}</th>{squares}</tr>'


def _square(piece: str, at: int, marked: tuple[str, str]) -> str:
    shade = "dark" if (at // 8 + at % 8) % 2 else "light"
    last = " last" if name_of(at) in marked else ""
    if piece == ".":
        return f'<td class="{shade}{last}"></td>'
    colour = "white" if piece.isupper() else "black"
    name = f"{colour} {NAMES[piece.lower()]}"
    glyph = GLYPHS[piece.lower()] + "&#xFE0E;"  # as text, not as a picture
    return f'<td class="{shade}{last}"><span class="{colour}" role="img" aria-label="{name}">{glyph}</span></td>'


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{ICON}">
<style>{STYLE}</style>
</head>
<body>
<main>{body}</main>
</body>
</html>
"""
