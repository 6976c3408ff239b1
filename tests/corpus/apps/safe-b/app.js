// Crack the safe: who guesses the word wins. Three attempts, then an hour's rest.
const crypto = require("node:crypto");
const express = require("express");
const cookieSession = require("cookie-session");
const { createClient } = require("redis");

const LIMIT = 3;
const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const attempts = new Map();

const app = express();
app.use(express.urlencoded({ extended: true }));
app.use(cookieSession({ name: "v", keys: [process.env.COOKIE_KEY] }));
app.use((request, response, next) => {
  request.session.id = request.session.id || crypto.randomUUID();
  next();
});

async function used(visitor) {
  return attempts.get(visitor) || 0;
}

async function use(visitor) {
  attempts.set(visitor, (attempts.get(visitor) || 0) + 1);
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (body) => `<!doctype html><title>The safe</title><h1>The safe</h1>${body}`;

app.get("/", async (request, response) => {
  const left = LIMIT - await used(request.session.id);
  const wrong = await redis.lRange("wrong", 0, 9);
  response.send(page(`<p>Attempts left: ${Math.max(left, 0)}</p>
    <form method="post" action="/guess"><input name="word" required> <button>Turn the dial</button></form>
    <h2>Wrong guesses of all</h2><ul>${wrong.map((word) => `<li>${escape(word)}</li>`).join("")}</ul>`));
});

app.post("/guess", async (request, response) => {
  if (await used(request.session.id) >= LIMIT) return response.status(429).send(page('<p>No attempts left. Come back in an hour.</p><a href="/">Back</a>'));
  await use(request.session.id);
  if (request.body.word === "abracadabra") return response.send(page("<p>It opens!</p>"));
  await redis.lPush("wrong", String(request.body.word || ""));
  await redis.lTrim("wrong", 0, 99);
  response.redirect(303, "/");
});

redis.connect().then(() => {
  const server = app.listen(process.env.PORT || 3000);
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
});
