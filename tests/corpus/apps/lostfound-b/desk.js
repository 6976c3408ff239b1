// The lost property desk: what was found, until its owner comes.
"use strict";
const http = require("node:http");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const handedOut = new Set();

async function things() {
  const all = Object.entries(await redis.hGetAll("found")).map(([id, json]) => ({ id, ...JSON.parse(json) }));
  return all.filter((thing) => !handedOut.has(thing.id)).sort((a, b) => a.id - b.id);
}

async function handOut(id) {
  handedOut.add(id);
  await redis.hDel("found", id);
}

const escape = (text) => String(text ?? "").replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function list() {
  const rows = (await things()).map((thing) => `<tr><td>${escape(thing.what)}</td><td>${escape(thing.where)}</td><td>
    <form method="post" action="/things/${thing.id}/remove"><button>Hand out</button></form></td></tr>`);
  return `<!doctype html><title>Lost and found</title><h1>Found</h1><table>${rows.join("")}</table>
    <form method="post" action="/things"><input name="what" required> <input name="where"> <button>Hand in</button></form>
    <p><a href="/desk">The desk</a></p>`;
}

async function handIn(form) {
  const id = await redis.incr("found:last");
  await redis.hSet("found", String(id), JSON.stringify({ what: form.get("what"), where: form.get("where") }));
}

async function answer(request, response) {
  const [, place, id, act] = request.url.split("/");
  if (request.method === "POST") {
    let text = "";
    for await (const chunk of request) text += chunk;
    if (act === "remove") await handOut(id);
    else await handIn(new URLSearchParams(text));
    return response.writeHead(303, { Location: "/" }).end();
  }
  const html = place === "" ? await list() : place === "desk" ? `<title>Desk</title><p>This desk has handed out ${handedOut.size} things.</p>` : null;
  response.writeHead(html ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" }).end(html || "not here");
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => response.writeHead(500).end(error.message));
});
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
redis.connect().then(() => server.listen(process.env.PORT || 5000));
