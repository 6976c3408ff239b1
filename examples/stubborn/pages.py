"""The pages, as HTML. Everything a visitor typed is escaped."""

from html import escape
from pathlib import Path

from tasks import LONGEST_TASK, WHEN, Task, Tasks

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect x='1' y='1' width='14' height='14' rx='3' fill='%237a3e9d'/%3E%3C/svg%3E"
)


def page_of_tasks(tasks: Tasks, problem: str | None) -> str:
    """The only page: the form and the tasks."""
    notice = '<p class="notice" role="alert">A cookie holds no more than that: remove a task first.</p>'
    choices = "".join(f"<option>{when}</option>" for when in WHEN)
    return _page("To do", f"""
<h1>To do</h1>
<p class="lead">{_count(tasks)}</p>
{notice if problem == "full" else ""}
<form class="card" method="post" action="/tasks">
  <div class="row">
    <label>Task <input name="task" required maxlength="{LONGEST_TASK}" autocomplete="off" autofocus></label>
    <label>When <select name="when">{choices}</select></label>
  </div>
  <button>Add</button>
</form>
<h2>Your list</h2>
{_list(tasks)}
<footer>The list stays in your browser, in a signed cookie.</footer>
""")


def page_not_found() -> str:
    """For an address that is not ours."""
    return _page("Not found", '<h1>Not found</h1><p class="lead">There is no such page. <a href="/">To the list</a></p>')


def _count(tasks: Tasks) -> str:
    open_ones = sum(not task.done for task in tasks.all)
    return f"{open_ones} of {len(tasks.all)} still to do." if tasks.all else "Nothing to do. Enjoy it."


def _list(tasks: Tasks) -> str:
    if not tasks.all:
        return '<p class="empty">The list is empty.</p>'
    return f'<ul class="list">{"".join(_row(at, task) for at, task in enumerate(tasks.all, 1))}</ul>'


def _row(at: int, task: Task) -> str:
    done = "" if task.done else _button(at, "done", "/tasks/done")
    shown = f'<span class="done">{escape(task.text)}</span>' if task.done else f"<span>{escape(task.text)}</span>"
    return f"""
<li><span>{shown} <span class="when">{escape(task.when)}</span></span>
<span class="actions">{done}{_button(at, "remove", "/tasks/remove")}</span></li>"""


def _button(at: int, word: str, action: str) -> str:
    return f"""<form method="post" action="{action}"><input type="hidden" name="number" value="{at}">
<button class="quiet" aria-label="{word.capitalize()}: task {at}">{word}</button></form>"""


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
