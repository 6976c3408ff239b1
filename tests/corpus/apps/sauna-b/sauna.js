// Slots of the sauna: who sits in it when.
"use strict";
const http = require("node:http");
const { setTimeout: pause } = require("node:timers/promises");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
let hot = false;

const escape = (text) => String(text ?? "").replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function page() {
  const guests = await redis.lRange("sauna", 0, 29);
  return `<!doctype html><title>Sauna</title><h1>Sauna</h1><ol>${guests.map((guest) => `<li>${escape(guest)}</li>`).join("")}</ol>
    <form method="post" action="/book"><input name="name" required> <input name="at" type="time" value="18:00"> <button>Book</button></form>`;
}

async function book(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const form = new URLSearchParams(text);
  await redis.rPush("sauna", `${form.get("name")} at ${form.get("at")}`);
}

const server = http.createServer(async (request, response) => {
  if (!hot) return response.writeHead(503).end("the stove is not lit yet");
  if (request.method === "POST" && request.url === "/book") {
    await book(request);
    return response.writeHead(303, { Location: "/" }).end();
  }
  if (request.url !== "/") return response.writeHead(404).end();
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(await page());
});

async function light() {
  await redis.connect();
  await pause(2000);
  hot = true;
}

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
light().then(() => server.listen(process.env.PORT || 5000));
