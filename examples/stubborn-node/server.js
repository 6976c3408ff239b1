// A word counter, and a line for the log every ten seconds saying how busy it is.
import { createServer } from "node:http";
import { counts } from "./counts.js";
import { countPage, problemPage } from "./pages.js";

let served = 0;
let reporting;

const server = createServer((request, response) => {
  const began = Date.now();
  const [status, body] = answer(request.method, request.url);
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
  served += 1;
  console.log(`method=${request.method} status=${status} took=${Date.now() - began}ms`);
});
server.keepAliveTimeout = 90_000; // longer than the router keeps a connection it does not use
server.listen(process.env.PORT ?? 8000, "0.0.0.0", () => {
  console.log(`listening on port ${server.address().port}`);
  reporting = setInterval(() => console.log(`served ${served} requests so far`), 10_000);
});

process.on("SIGTERM", leave);

function answer(method, path) {
  const [where, query] = path.split("?", 2);
  if (where !== "/") return [404, problemPage("Not found", "There is no such page.")];
  if (method !== "GET" && method !== "HEAD") return [405, problemPage("Sorry", "This page can only be read.")];
  const text = new URLSearchParams(query).get("text") ?? "";
  return [200, countPage(text, counts(text))];
}

// Node ends when nothing is left to wait for.
function leave() {
  if (!server.listening) return;
  console.log("asked to stop: finishing what has been asked");
  server.close();
  server.closeIdleConnections();
}
