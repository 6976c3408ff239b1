// PUT /documents/ID {author, text}, GET /documents?q=WORDS: JSON. Without words the newest documents are found.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { find, keep } from "./store.js";

const server = createServer(async (request, response) => {
  const began = Date.now();
  const [status, answer] = await reply(request).catch(problem);
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

async function reply(request) {
  const [where, query] = request.url.split("?", 2);
  const id = where.match(/^\/documents\/(\d+)$/)?.[1];
  if (request.method === "PUT" && id) {
    const { author, text: words } = JSON.parse(await text(request));
    await keep(id, { author: String(author), text: String(words) });
    return [200, { id }];
  }
  if (request.method !== "GET" && request.method !== "HEAD") return [405, { error: "PUT /documents/ID is all there is" }];
  if (where === "/documents") return [200, await find(new URLSearchParams(query).get("q") ?? "")];
  if (where === "/") return [200, { service: "search", paths: ["/documents?q=WORDS"] }];
  return [404, { error: "there is no such thing" }];
}

function problem(error) {
  if (error instanceof SyntaxError) return [400, { error: "that is no JSON" }];
  console.log(`cannot answer: ${error.message}`);
  return [503, { error: "the index is away" }];
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
