"""The pages, as HTML. Everything a visitor typed is escaped."""

from html import escape
from pathlib import Path

from notes import LONGEST_NOTE, Notes

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
# One request a page: the style is inside, the icon too, so that each reload takes one turn of the router.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='7' fill='%230b6e4f'/%3E%3C/svg%3E"
)

ASK_MANY_TIMES = """
const button = document.getElementById("ask");
const answers = document.getElementById("answers");
button.hidden = false;
button.addEventListener("click", async () => {
  answers.replaceChildren();
  for (let turn = 0; turn < 12; turn += 1) {
    const answer = await fetch("/whoami").then((response) => response.json(), () => ({ dyno: "no answer" }));
    const chip = document.createElement("span");
    chip.className = "chip tone" + (Number(answer.dyno.replace(/\\D/g, "")) % 4);
    chip.textContent = answer.dyno;
    answers.append(chip);
  }
});
"""


def page_of_notes(notes: Notes, dyno: str, request_id: str, problem: str | None) -> str:
    """The only page: the form, the notes, and which dyno made it."""
    notice = '<p class="notice" role="alert">A cookie holds no more than that: take a note away first.</p>'
    return _page("Notes", f"""
<h1>Notes</h1>
<p class="lead">They stay in your browser, signed. No dyno has to remember you.</p>
{notice if problem == "full" else ""}
<form class="card" method="post" action="/notes">
  <label>New note <input name="text" required maxlength="{LONGEST_NOTE}" autocomplete="off" autofocus></label>
  <button>Keep it</button>
</form>
<h2>Your notes</h2>
{_list(notes)}
<h2>Who is answering?</h2>
<div class="card">
  <p class="who">This page was made by <strong class="chip tone{_tone(dyno)}">{escape(dyno)}</strong>
  <a href="/">load it again</a></p>
  <p><button type="button" id="ask" hidden>Ask twelve times</button></p>
  <p id="answers" aria-live="polite"></p>
</div>
<footer>request id {escape(request_id)}</footer>
<script>{ASK_MANY_TIMES}</script>
""")


def page_not_found() -> str:
    """For an address that is not ours."""
    return _page("Not found", '<h1>Not found</h1><p class="lead">There is no such page. <a href="/">To the notes</a></p>')


def _list(notes: Notes) -> str:
    if not notes.texts:
        return '<p class="empty">None yet.</p>'
    rows = "".join(_row(at, text) for at, text in enumerate(notes.texts, 1))
    return f'<ul class="list">{rows}</ul>'


def _row(at: int, text: str) -> str:
    return f"""
<li><span>{escape(text)}</span>
<form method="post" action="/notes/remove"><input type="hidden" name="number" value="{at}">
<button class="quiet" aria-label="Remove note {at}">remove</button></form></li>"""


def _tone(dyno: str) -> int:
    digits = "".join(filter(str.isdecimal, dyno))
    return int(digits or 0) % 4


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
