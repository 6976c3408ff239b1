// Turns a text into a link that carries it. Nothing is stored; whoever has the link can read it.
"use strict";
const crypto = require("node:crypto");
const http = require("node:http");
const os = require("node:os");

const key = Buffer.from(process.env.LINK_KEY);
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function seal(text) {
  const body = Buffer.from(text).toString("base64url");
  return `${body}.${crypto.createHmac("sha256", key).update(body).digest("base64url")}`;
}

function open(token) {
  const [body, mac] = token.split(".");
  const good = Buffer.from(crypto.createHmac("sha256", key).update(body).digest("base64url"));
  const given = Buffer.from(mac || "");
  return good.length === given.length && crypto.timingSafeEqual(good, given) ? Buffer.from(body, "base64url").toString() : null;
}

function answer(response, status, title, body) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>${title}</title><h1>${title}</h1>${body}
    <footer>${os.hostname()} ${process.pid} ${crypto.randomInt(1e9)}</footer>`);
}

const server = http.createServer((request, response) => {
  if (request.url === "/" && request.method === "GET") {
    return answer(response, 200, "Share", `<form method="post" action="/share"><textarea name="text" maxlength="400" required></textarea>
      <label>For <input name="reader"></label><button>Make a link</button></form>`);
  }
  if (request.url === "/share" && request.method === "POST") {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => {
      const form = new URLSearchParams(text);
      response.writeHead(303, { Location: `/made/${seal(JSON.stringify({ text: form.get("text"), reader: form.get("reader") }))}` });
      response.end();
    });
    return;
  }
  const [, place, token] = request.url.split("/");
  const note = token && open(token);
  if (place === "made" && note) return answer(response, 200, "Your link", `<p><a href="/read/${token}">Pass this on to ${escape(JSON.parse(note).reader || "anybody")}</a></p>`);
  if (place === "read" && note) return answer(response, 200, "A note for you", `<blockquote>${escape(JSON.parse(note).text)}</blockquote><a href="/">Write one</a>`);
  if (token) return answer(response, 403, "Not valid", "<p>This link was not made here.</p>");
  answer(response, 404, "Nothing here", "");
});

server.listen(process.env.PORT || 5000);
process.once("SIGTERM", () => {
  server.close();
  server.closeIdleConnections();
});
