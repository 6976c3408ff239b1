// A search in proverbs. It listens only when its index is complete.
import { createServer } from "node:http";
import { problemPage, searchPage } from "./pages.js";
import { buildIndex, find } from "./search.js";

const index = await buildIndex(Number(process.env.BOOT_SECONDS ?? 90));

const server = createServer((request, response) => {
  const began = Date.now();
  const [status, body] = answer(request.method, request.url);
  if (leaving) response.setHeader("Connection", "close");
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
  console.log(`method=${request.method} path=${request.url} status=${status} took=${Date.now() - began}ms`);
});
server.keepAliveTimeout = 90_000; // longer than the router keeps a connection it does not use
server.listen(process.env.PORT ?? 8000, "0.0.0.0", () => console.log(`listening on port ${server.address().port}`));

let leaving = false; // SIGTERM may come more than once
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, leave);

function answer(method, path) {
  const [where, query] = path.split("?", 2);
  if (where !== "/") return [404, problemPage("Not found", "There is no such page.")];
  if (method !== "GET" && method !== "HEAD") return [405, problemPage("Sorry", "This page can only be read.")];
  const question = new URLSearchParams(query).get("q")?.trim() ?? "";
  return [200, searchPage(question, find(index, question))];
}

function leave() {
  if (leaving) return;
  leaving = true;
  console.log("asked to stop: finishing what has been asked");
  setTimeout(() => {
    server.close(() => process.exit(0));
    setInterval(() => server.closeIdleConnections(), 50);
  }, 200); // meanwhile what is under way to us arrives
}
