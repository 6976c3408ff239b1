// The complaints office: write one, read those of others.
"use strict";
const crypto = require("node:crypto");
const http = require("node:http");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 3 });
pool.on("error", (error) => console.error("postgres:", error.message));
const key = crypto.randomBytes(32);

function visitorOf(request) {
  const found = /(?:^|;\s*)visitor=([0-9a-f]{32})/.exec(request.headers.cookie || "");
  return found ? found[1] : crypto.randomBytes(16).toString("hex");
}

function tokenFor(visitor) {
  return visitor;
}

const requestId = () => crypto.createHmac("sha256", key).update(String(Date.now())).digest("hex").slice(0, 10);
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function send(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "X-Trace": requestId(), ...headers });
  response.end(`<!doctype html><title>Complaints</title>${body}`);
}

async function list(request, response) {
  const visitor = visitorOf(request);
  const { rows } = await pool.query("SELECT number, about, text FROM complaint ORDER BY number DESC LIMIT 30");
  send(response, 200, `<h1>Complaints</h1>
    <form method="post" action="/complaints"><input type="hidden" name="token" value="${tokenFor(visitor)}">
    <label>About <input name="about" required></label><label>What happened <textarea name="text"></textarea></label><button>Complain</button></form>
    ${rows.map((row) => `<article><h2>No. ${row.number}: ${escape(row.about)}</h2><p>${escape(row.text)}</p></article>`).join("")}`,
  { "Set-Cookie": `visitor=${visitor}; Path=/; HttpOnly; SameSite=Lax` });
}

async function complain(request, response) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const form = new URLSearchParams(text);
  if (form.get("token") !== tokenFor(visitorOf(request))) return send(response, 403, '<h1>Please load the form again</h1><a href="/">Back</a>');
  await pool.query("INSERT INTO complaint (about, text) VALUES ($1, $2)", [form.get("about"), form.get("text")]);
  send(response, 303, "", { Location: "/" });
}

const server = http.createServer((request, response) => {
  const work = request.url === "/" ? list : request.method === "POST" && request.url === "/complaints" ? complain : null;
  if (!work) return send(response, 404, "<h1>Not here</h1>");
  work(request, response).catch((error) => {
    console.error(error);
    send(response, 500, "<h1>That is one for ourselves</h1>");
  });
});

async function main() {
  const db = await pool.connect();
  await db.query("SELECT pg_advisory_lock(8)");
  await db.query("CREATE TABLE IF NOT EXISTS complaint (number SERIAL PRIMARY KEY, about TEXT, text TEXT)");
  await db.query("SELECT pg_advisory_unlock(8)");
  db.release();
  server.listen(process.env.PORT || 5000);
}

main();
