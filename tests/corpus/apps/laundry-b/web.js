// Bring a basket, see which are washed.
"use strict";
const http = require("node:http");
const redis = require("./store");

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function home(response) {
  const washed = await redis.lRange("washed", 0, -1);
  const taken = Number(await redis.get("taken")) || 0;
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>Laundry</title><h1>Laundry</h1><p>${taken} baskets taken in, ${washed.length} washed.</p>
    <form method="post" action="/baskets"><input name="name" placeholder="whose" required> <button>Bring</button></form>
    <ul>${washed.map((basket) => `<li>${escape(basket)}</li>`).join("")}</ul>`);
}

async function bring(request, response) {
  let text = "";
  for await (const chunk of request) text += chunk;
  const number = await redis.incr("taken");
  await redis.rPush("waiting", `No. ${number}: ${new URLSearchParams(text).get("name") || "nobody"}`);
  response.writeHead(303, { Location: "/" }).end();
}

const server = http.createServer((request, response) => {
  const act = request.url === "/" ? home(response) : request.url === "/baskets" && request.method === "POST" ? bring(request, response) : null;
  if (!act) return response.writeHead(404).end();
  act.catch((error) => response.writeHead(500).end(error.message));
});

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
redis.connect().then(() => server.listen(process.env.PORT || 5000));
