"""Write down hours; make a report, look at it, download it."""
import csv
import io
import os
import tempfile
import uuid
from pathlib import Path

import psycopg
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

app = FastAPI(openapi_url=None)
pages = Jinja2Templates("pages")
FOLDER = Path(tempfile.gettempdir(), "reports")
FOLDER.mkdir(exist_ok=True)


def query(sql, *values):
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        cursor = db.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def as_csv(title):
    out = io.StringIO()
    csv.writer(out).writerows([[title], ["person", "task", "hours"], *query("SELECT person, task, hours FROM stint ORDER BY id")])
    return out.getvalue()


@app.get("/", response_class=HTMLResponse)
def home(request: Request):
    seen = {"stints": query("SELECT person, task, hours FROM stint ORDER BY id DESC LIMIT 30"), "reports": query("SELECT id, title FROM report LIMIT 30")}
    return pages.TemplateResponse(request, "home.html", seen)


@app.post("/stints")
def add(person: str = Form(), task: str = Form(""), hours: float = Form(1, ge=0, le=24)):
    query("INSERT INTO stint (person, task, hours) VALUES (%s, %s, %s)", person[:60], task[:60], hours)
    return RedirectResponse("/", 303)


@app.post("/reports")
def make(title: str = Form("Report")):
    report, text = str(uuid.uuid4()), as_csv(title[:60])
    query("INSERT INTO report (id, title, text) VALUES (%s, %s, %s)", report, title[:60], text)
    return RedirectResponse(f"/reports/{report}", 303)


@app.get("/reports/{report}", response_class=HTMLResponse)
def show(request: Request, report: uuid.UUID):
    rows = query("SELECT id, title FROM report WHERE id = %s", report)
    if not rows:
        raise HTTPException(404)
    return pages.TemplateResponse(request, "report.html", {"id": rows[0][0], "title": rows[0][1]})


@app.get("/reports/{report}/file.csv")
def download(report: uuid.UUID):
    path = FOLDER / f"{report}.csv"
    for (text,) in query("SELECT text FROM report WHERE id = %s", report):
        path.write_text(text)
    if not path.exists():
        raise HTTPException(404, "no such report")
    data = path.read_bytes()
    path.unlink()
    return Response(data, media_type="text/csv")
