// A diary of one line a day, kept in the reader's own cookie.
const crypto = require("node:crypto");
const fs = require("node:fs");
const express = require("express");
const cookieSession = require("cookie-session");

const KEY_FILE = `${__dirname}/.cookie-key`;

function fileKey() {
  if (!fs.existsSync(KEY_FILE)) fs.writeFileSync(KEY_FILE, crypto.randomBytes(32).toString("hex"), { mode: 0o600 });
  return fs.readFileSync(KEY_FILE, "utf8");
}

const local = fileKey();
const key = process.env.COOKIE_KEY;
const app = express();
app.use(express.urlencoded({ extended: false }));
app.use(cookieSession({ name: "diary", keys: [local], maxAge: 30 * 86400_000 }));

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

app.get("/", (request, response) => {
  const lines = request.session.lines || [];
  response.send(`<!doctype html><title>Diary</title><h1>Diary</h1>
    <form method="post" action="/lines"><input name="line" maxlength="120" required> <button>Write</button></form>
    <ol>${lines.map((line) => `<li>${escape(line)}</li>`).join("")}</ol>
    <p>${lines.length ? '<a href="/last">The last line</a>' : "Nothing written."}</p>
    <form method="post" action="/clear"><button>Burn the diary</button></form><a href="/key">Local key</a>`);
});

app.get("/last", (request, response) => {
  const line = (request.session.lines || []).at(-1);
  if (line === undefined) return response.redirect(302, "/");
  response.send(`<!doctype html><title>Last line</title><blockquote>${escape(line)}</blockquote><a href="/">Back</a>`);
});

app.post("/lines", (request, response) => {
  const line = String(request.body.line || "").trim().slice(0, 120);
  if (line) request.session.lines = [...(request.session.lines || []), line].slice(-12);
  response.redirect(303, "/");
});

app.post("/clear", (request, response) => {
  request.session = null;
  response.redirect(303, "/");
});

app.get("/key", (request, response) => {
  const print = crypto.createHash("sha256").update(local).digest("hex").slice(0, 12);
  response.type("text").send(`fingerprint of the local key ${print}\n`);
});

const server = app.listen(process.env.PORT || 3000, () => console.log("ready"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
