// A photo album: upload pictures with a title, look at them, throw them away.
const crypto = require("node:crypto");
const fs = require("node:fs/promises");
const path = require("node:path");
const express = require("express");
const multer = require("multer");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("error", (error) => console.error("postgres:", error.message));
const folder = path.join(__dirname, "uploads");
const upload = multer({ dest: folder, limits: { fileSize: 2_000_000 } });
const app = express();

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const layout = (title, body) => `<!doctype html><title>${title}</title><header><a href="/">Album</a></header><h1>${title}</h1>${body}`;

app.get("/", async (request, response) => {
  const { rows } = await pool.query("SELECT id, title FROM photo ORDER BY added DESC LIMIT 40");
  response.send(layout("Album", `<form method="post" action="/photos" enctype="multipart/form-data">
    <input name="title" placeholder="title"> <input type="file" name="picture" required> <button>Upload</button></form>
    ${rows.map((row) => `<figure><a href="/photos/${row.id}"><img src="/photos/${row.id}/file" alt=""></a><figcaption>${escape(row.title)}</figcaption></figure>`).join("")}`));
});

app.post("/photos", upload.single("picture"), async (request, response) => {
  if (!request.file) return response.status(422).send(layout("Sorry", "<p>There was no file.</p>"));
  const id = crypto.randomUUID();
  const { title } = request.body;
  const { path: file, mimetype } = request.file;
  await pool.query("INSERT INTO photo (id, title, type, data) VALUES ($1, $2, $3, $4)", [id, title, mimetype, await fs.readFile(file)]);
  await fs.unlink(file);
  response.redirect(303, `/photos/${id}`);
});

app.get("/photos/:id", async (request, response) => {
  const { rows: [photo] } = await pool.query("SELECT id, title FROM photo WHERE id::text = $1", [request.params.id]);
  if (!photo) return response.status(404).send(layout("Not found", ""));
  response.send(layout(escape(photo.title || "Untitled"), `<img src="/photos/${photo.id}/file" alt="">
    <form method="post" action="/photos/${photo.id}/delete"><button>Delete</button></form>`));
});

app.get("/photos/:id/file", async (request, response) => {
  const { rows: [photo] } = await pool.query("SELECT type, data FROM photo WHERE id::text = $1", [request.params.id]);
  const data = photo && photo.data;
  if (!data) return response.status(404).send("no such photo");
  response.type(photo.type).send(data);
});

app.post("/photos/:id/delete", async (request, response) => {
  await pool.query("DELETE FROM photo WHERE id::text = $1", [request.params.id]);
  response.redirect(303, "/");
});

async function main() {
  const db = await pool.connect();
  await db.query("SELECT pg_advisory_lock(21)");
  await db.query("CREATE TABLE IF NOT EXISTS photo (id UUID PRIMARY KEY, title TEXT, type TEXT, data BYTEA, added TIMESTAMPTZ DEFAULT now())");
  await db.query("SELECT pg_advisory_unlock(21)");
  db.release();
  const server = app.listen(process.env.PORT || 3000, () => console.log("listening"));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}

main();
