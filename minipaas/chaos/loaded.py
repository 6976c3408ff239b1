"""The scripts that an app's pages load: read once, whoever looks for something in them."""

from minipaas.chaos.notebook import Notebook
from minipaas.chaos.plan import Call
from minipaas.chaos.scripts import script_files

#: What is loaded beyond these is a library's.
_MOST_FILES = 4


async def script_texts(book: Notebook) -> list[tuple[str, str]]:
    """Paths of pages, with their HTML and the text of each script that they load."""
    texts = list(book.pages.values())
    files: dict[str, str] = {}
    for path, html in texts:
        for file in script_files(path, html):
            files.setdefault(file, path)
    return texts + [(page, await _text(book, file)) for file, page in list(files.items())[:_MOST_FILES]]


async def _text(book: Notebook, file: str) -> str:
    if file not in book.scripts:
        outcome = await book.do(Call(client=book.client, method="GET", path=file))
        book.drop()
        book.scripts[file] = outcome.exchange.body.decode(errors="replace") if outcome.exchange is not None else ""
    return book.scripts[file]
