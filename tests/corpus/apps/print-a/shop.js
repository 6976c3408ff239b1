// A print shop: send a text, get it back set in capitals. Setting takes a moment.
const { setTimeout: pause } = require("node:timers/promises");
const express = require("express");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const app = express();
app.use(express.urlencoded({ extended: false }));

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (body) => `<!doctype html><title>Print shop</title><h1>Print shop</h1>${body}`;

app.get("/", async (request, response) => {
  const sheets = await redis.lRange("sheets", 0, 19);
  response.send(page(`<form method="post" action="/print"><input name="text" required> <button>Print</button></form>
    <ul>${sheets.map((sheet) => `<li>${escape(sheet)}</li>`).join("")}</ul><a href="/proof">A proof sheet</a>`));
});

app.post("/print", async (request, response) => {
  await redis.lPush("sheets", String(request.body.text || ""));
  response.redirect(303, "/");
});

app.get("/proof", async (request, response) => {
  await pause(1500);
  response.send(page("<p>THE QUICK BROWN FOX</p>"));
});

redis.connect().then(() => {
  const server = app.listen(process.env.PORT || 3000);
  process.on("SIGTERM", () => {
    process.exit(0);
  });
});
