// Orders of a bakery. A form that is sent twice is one order.
const crypto = require("node:crypto");
const express = require("express");
const { Pool } = require("pg");
const { createClient } = require("redis");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("error", (error) => console.error("postgres:", error.message));
const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const taken = new Set();

/** True for the first with this key. */
async function first(key) {
  return (await redis.set(`order:${key}`, "1", { NX: true, EX: 86400 })) === "OK";
}

const app = express();
app.use(express.urlencoded({ extended: false }));
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (body) => `<!doctype html><title>Bakery</title><h1>Bakery</h1>${body}`;

app.get("/", async (request, response) => {
  const { rows } = await pool.query("SELECT number, what, pieces, name FROM bread_order ORDER BY number");
  response.send(page(`<p>${rows.length} orders to bake</p>
    <form method="post" action="/orders"><input type="hidden" name="key" value="${crypto.randomUUID()}">
    <select name="what"><option>Rye</option><option>Wheat</option></select> <input name="pieces" type="number" value="1" min="1" max="20">
    <input name="name" placeholder="name" required> <button>Order</button></form>
    <ol>${rows.map((row) => `<li>${row.pieces} ${escape(row.what)} for ${escape(row.name)}</li>`).join("")}</ol>`));
});

app.post("/orders", async (request, response) => {
  const { key, what, name } = request.body;
  if (!key || !name) return response.status(422).send(page("<p>A name, please.</p>"));
  if (await first(key)) {
    const pieces = Math.min(Math.max(parseInt(request.body.pieces, 10) || 1, 1), 20);
    await pool.query("INSERT INTO bread_order (what, pieces, name) VALUES ($1, $2, $3)", [what, pieces, name]);
  }
  response.redirect(303, `/thanks?name=${encodeURIComponent(name)}`);
});

app.get("/thanks", (request, response) => {
  response.send(page(`<p>Thank you, ${escape(request.query.name || "")}.</p><a href="/">Orders</a>`));
});

async function main() {
  await redis.connect();
  const db = await pool.connect();
  await db.query("SELECT pg_advisory_lock(31)");
  await db.query("CREATE TABLE IF NOT EXISTS bread_order (number SERIAL PRIMARY KEY, what TEXT, pieces INTEGER, name TEXT)");
  await db.query("SELECT pg_advisory_unlock(31)");
  db.release();
  const server = app.listen(process.env.PORT || 3000);
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
}

main();
