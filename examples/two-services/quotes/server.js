// GET /topics, /quotes?topic=…, /quotes/ID: JSON, and nothing to write.
import { createServer } from "node:http";
import { quotes, topics } from "./quotes.js";

const server = createServer((request, response) => {
  const began = Date.now();
  const [status, answer] = reply(request.method, request.url);
  const body = JSON.stringify(answer);
  if (leaving) response.setHeader("Connection", "close");
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(request.method === "HEAD" ? undefined : body);
  const id = request.headers["x-request-id"] ?? "none";
  console.log(`method=${request.method} path=${request.url} status=${status} took=${Date.now() - began}ms request_id=${id}`);
});
server.keepAliveTimeout = 90_000; // longer than the router keeps a connection it does not use
server.listen(process.env.PORT ?? 8000, "0.0.0.0", () => console.log(`listening on port ${server.address().port}`));

let leaving = false; // SIGTERM may come more than once
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, leave);

function reply(method, path) {
  if (method !== "GET" && method !== "HEAD") return [405, { error: "this service can only be read" }];
  const [where, query] = path.split("?", 2);
  if (where === "/") return [200, { service: "quotes", paths: ["/topics", "/quotes", "/quotes/1"] }];
  if (where === "/topics") return [200, topics];
  if (where === "/quotes") return [200, ofTopic(new URLSearchParams(query).get("topic"))];
  const found = quotes.find((quote) => where === `/quotes/${quote.id}`);
  return found ? [200, found] : [404, { error: "there is no such quote" }];
}

function ofTopic(topic) {
  return topic ? quotes.filter((quote) => quote.topic === topic) : quotes;
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
