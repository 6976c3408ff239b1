"""Chess against the computer, which thinks while you wait for its answer."""

import os
import threading
from urllib.parse import quote, unquote

from engine import think
from game import Game, NotAGame
from pages import page_of_game, page_of_problem
from server import Request, Response, redirect, say, serve

COOKIE = "chess_player"
LONGEST_NAME = 40
A_YEAR = 365 * 24 * 3600
SECONDS = float(os.environ.get("THINK_SECONDS", "10"))
TIMES_LONGER = {"usual": 1, "deep": 4}

stopping = threading.Event()


def pages(request: Request) -> Response:
    """The whole site: three addresses."""
    try:
        match request.method, request.path:
            case "GET", "/":
                return show(request)
            case "POST", "/move":
                return play(request)
            case "POST", "/player":
                return sit_down(request)
            case _:
                return Response(page_of_problem("Not found", "There is no such page."), 404)
    except NotAGame as problem:
        return Response(page_of_problem("That cannot be played", str(problem)), 422)


def show(request: Request) -> Response:
    """The board as it stands."""
    player = unquote(request.cookies.get(COOKIE, "")) or "You"
    return Response(page_of_game(Game.from_text(request.query.get("game", "")), player, SECONDS, TIMES_LONGER))


def play(request: Request) -> Response:
    """The visitor's move and, after a long thought, ours."""
    game = Game.from_text(request.form.get("game", "")).with_move(request.form.get("move", ""))
    if not game.outcome():
        longer = TIMES_LONGER.get(request.form.get("level", ""), 1)
        thought = think(game.position, SECONDS * longer, stopping.is_set)
        say(
            f"move={thought.move} score={thought.score} depth={thought.depth}"
            f" positions={thought.positions} seconds={thought.seconds:.1f}"
        )
        game = game.with_move(str(thought.move))
    return redirect(f"/?game={game}")


def sit_down(request: Request) -> Response:
    """The visitor's name goes into a cookie of theirs, and a new game begins."""
    name = " ".join(request.form.get("name", "").split())[:LONGEST_NAME]
    cookie = f"{COOKIE}={quote(name)}; Path=/; Max-Age={A_YEAR}; HttpOnly; SameSite=Lax"
    return redirect("/", {"Set-Cookie": cookie})


if __name__ == "__main__":
    serve(pages, stopping)
