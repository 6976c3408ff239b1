// Tickets of a repair shop: what is broken, and for whom.
const express = require("express");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const app = express();
app.use(express.urlencoded({ extended: false }));

let last = 0;

async function nextNumber() {
  last += 1;
  return last;
}

async function all() {
  const tickets = [];
  for await (const keys of redis.scanIterator({ MATCH: "ticket:*" })) {
    for (const key of [keys].flat()) tickets.push(JSON.parse(await redis.get(key)));
  }
  return tickets.sort((a, b) => a.number - b.number);
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}<p><a href="/">Tickets</a> <a href="/new">New ticket</a></p>`;

app.get("/", async (request, response) => {
  const rows = (await all()).map((t) => `<tr><td><a href="/tickets/${t.number}">${t.number}</a></td><td>${escape(t.thing)}</td><td>${escape(t.owner)}</td></tr>`);
  response.send(page("Tickets", `<table>${rows.join("")}</table>`));
});

app.get("/new", (request, response) => {
  response.send(page("New ticket", `<form method="post" action="/tickets"><input name="thing" placeholder="what is broken" required>
    <input name="owner" placeholder="whose it is"> <input type="date" name="until"> <button>Take in</button></form>`));
});

app.post("/tickets", async (request, response) => {
  const number = await nextNumber();
  const { thing = "", owner = "", until = "" } = request.body;
  await redis.set(`ticket:${number}`, JSON.stringify({ number, thing, owner, until }));
  response.redirect(303, `/tickets/${number}`);
});

app.get("/tickets/:number", async (request, response) => {
  const text = await redis.get(`ticket:${request.params.number}`);
  if (!text) return response.status(404).send(page("No such ticket", ""));
  const ticket = JSON.parse(text);
  response.send(page(`Ticket ${ticket.number}`, `<p>${escape(ticket.thing)}, ${escape(ticket.owner)} ${escape(ticket.until)}</p>
    <form method="post" action="/tickets/${ticket.number}/done"><button>Repaired</button></form>`));
});

app.post("/tickets/:number/done", async (request, response) => {
  await redis.del(`ticket:${request.params.number}`);
  response.redirect(303, "/");
});

redis.connect().then(() => app.listen(process.env.PORT || 3000, () => console.log("open")));
