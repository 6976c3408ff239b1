// A recipe box. Reads well on paper, too.
"use strict";
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const read = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, "data", name), "utf8"));
const write = (name, data) => fs.writeFileSync(path.join(__dirname, "data", name), JSON.stringify(data));
const kinds = read("kinds.json");

async function load() {
  return read("recipes.json");
}

async function save(box) {
  write("recipes.json", box);
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`;

const routes = {
  "GET /": async () => {
    const box = await load();
    const list = box.recipes.map((r) => `<li><a href="/recipe?id=${r.id}">${escape(r.name)}</a> (${kinds[r.kind] || "other"})</li>`);
    return page("Recipe box", `<ul>${list.join("")}</ul><p><a href="/new">Write a recipe</a></p>`);
  },
  "GET /new": async () => page("New recipe", `<form method="post" action="/new">
    <p><input name="name" placeholder="name" required></p>
    <p><select name="kind">${Object.entries(kinds).map(([code, kind]) => `<option value="${code}">${kind}</option>`).join("")}</select></p>
    <p><textarea name="text"></textarea></p><button>Keep</button></form>`),
  "POST /new": async (url, form) => {
    const box = await load();
    box.recipes.push({ id: box.next, name: form.get("name") || "nameless", kind: form.get("kind"), text: form.get("text") || "" });
    box.next += 1;
    await save(box);
    return { to: "/" };
  },
  "GET /recipe": async (url) => {
    const recipe = (await load()).recipes.find((r) => r.id === Number(url.searchParams.get("id")));
    if (!recipe) return null;
    return page(escape(recipe.name), `<pre>${escape(recipe.text)}</pre>
      <form method="post" action="/tear"><input type="hidden" name="id" value="${recipe.id}"><button>Tear out</button></form><a href="/">Back</a>`);
  },
  "POST /tear": async (url, form) => {
    const box = await load();
    box.recipes = box.recipes.filter((r) => r.id !== Number(form.get("id")));
    await save(box);
    return { to: "/" };
  },
};

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

const server = http.createServer(async (request, response) => {
  fs.appendFile(path.join(__dirname, "access.log"), `${new Date().toISOString()} ${request.method} ${request.url}\n`, () => {});
  const url = new URL(request.url, "http://recipes");
  const route = routes[`${request.method} ${url.pathname}`];
  try {
    const answer = route && await route(url, request.method === "POST" ? await body(request) : null);
    if (!answer) response.writeHead(404).end("no such page");
    else if (answer.to) response.writeHead(303, { Location: answer.to }).end();
    else response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(answer);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end("sorry");
  }
});

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

redis.connect().then(() => server.listen(process.env.PORT || 5000));
