import json, os, uuid
import redis
from flask import Flask, request, jsonify
app = Flask(__name__)
r = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
store = {}
def load():
    return store
def save(i, c):
    store[i] = c
def drop(i):
    store.pop(i, None)
PAGE = """<!doctype html><meta charset=utf-8><title>Board</title><div id=cols></div>
<input id=t placeholder="New card"><button onclick="add()">Add</button>
<script>
const API = '/api/cards';
async function refresh(){
  const res = await fetch(API); const cards = await res.json();
  document.querySelector('#cols').innerHTML = cards.map(c => `<div data-id=${c.id}>${c.title} <i>${c.column}</i>
   <a href="#" onclick="move('${c.id}')">done</a> <a href="#" onclick="rm('${c.id}')">x</a></div>`).join('');
}
async function add(){
  const title = document.getElementById('t').value;
  await fetch(API, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({title: title, column: 'todo'})});
  refresh();
}
async function move(id){
  await fetch(`/api/cards/${id}`, {method: 'PATCH', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({column: 'done'})});
  refresh();
}
async function rm(id){ await fetch('/api/cards/' + id, {method: 'DELETE'}); refresh(); }
refresh();
</script>"""
@app.get("/")
def index():
    return PAGE
@app.get("/api/cards")
def cards():
    return jsonify([{"id": k, **v} for k, v in sorted(load().items())])
@app.post("/api/cards")
def create():
    body = request.get_json()
    if not body.get("title"):
        return {"error": "title"}, 422
    i = uuid.uuid4().hex[:10]
    save(i, {"title": body["title"], "column": body.get("column", "todo")})
    return {"id": i}, 201
@app.patch("/api/cards/<i>")
def change(i):
    c = load().get(i)
    if not c:
        return {"error": "gone"}, 404
    c.update({k: v for k, v in request.get_json().items() if k in ("title", "column")})
    save(i, c)
    return {"id": i, **c}
@app.delete("/api/cards/<i>")
def remove(i):
    drop(i)
    return "", 204
