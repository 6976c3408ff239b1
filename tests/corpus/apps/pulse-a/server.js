// One question, three answers, a count of each.
"use strict";
const http = require("node:http");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const answers = ["daily", "weekly", "never"];

async function home(response) {
  const counts = await redis.hGetAll("poll");
  const remarks = await redis.lRange("remarks", 0, 19);
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>Poll</title><h1>How often do you cycle to work?</h1>
    <form method="post" action="/vote">${answers.map((a) => `<label><input type="radio" name="answer" value="${a}" ${a === "daily" ? "checked" : ""}> ${a} (${counts[a] || 0})</label>`).join(" ")}
    <input name="remark" placeholder="remark"> <button>Vote</button></form>
    <ul>${remarks.map((text) => `<li>${text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)}</li>`).join("")}</ul>`);
}

function vote(request, response) {
  let text = "";
  request.on("data", (chunk) => (text += chunk));
  request.on("end", async () => {
    const form = new URLSearchParams(text);
    if (answers.includes(form.get("answer"))) await redis.hIncrBy("poll", form.get("answer"), 1);
    if (form.get("remark")) await redis.lPush("remarks", form.get("remark"));
    response.writeHead(303, { Location: "/" });
    response.end();
  });
}

const server = http.createServer((request, response) => {
  if (request.method === "POST" && request.url === "/vote") return vote(request, response);
  if (request.url === "/") return home(response).catch((error) => response.writeHead(500).end(error.message));
  response.writeHead(404).end("not found");
});

let stopping = false;

process.on("SIGTERM", () => {
  if (stopping) return;
  stopping = true;
  console.log("SIGTERM received");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

redis.connect().then(() => server.listen(process.env.PORT || 5000, () => console.log("listening")));
