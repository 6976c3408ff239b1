"""Order a postcard; it hangs in the gallery once it is drawn."""
import html
import json
import uuid

from fastapi import BackgroundTasks, FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse

import drawing

app = FastAPI()
store = drawing.store


@app.get("/", response_class=HTMLResponse)
def gallery():
    items = "".join(f"<li>{html.escape(card)}</li>" for card in store.hvals("cards"))
    return f"""<!doctype html><title>Postcards</title><h1>Postcards</h1><ul>{items}</ul>
<form method="post" action="/cards"><input name="to" placeholder="to" required> <input name="greeting" value="Hello"> <button>Order</button></form>"""


@app.get("/ordered", response_class=HTMLResponse)
def ordered():
    return "<!doctype html><title>Ordered</title><h1>Your card is being drawn</h1><p>It will hang in <a href='/'>the gallery</a> in a moment.</p>"


@app.post("/cards")
def order(tasks: BackgroundTasks, to: str = Form(max_length=60), greeting: str = Form("Hello")):
    text = json.dumps({"id": uuid.uuid4().hex, "to": to, "greeting": greeting[:60]})
    tasks.add_task(drawing.draw, text)
    return RedirectResponse("/ordered", 303)
