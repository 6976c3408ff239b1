// Ask for a rate; see the questions of all.
const express = require("express");
const { ask, redis } = require("./questions");

const app = express();
app.use(express.urlencoded({ extended: false }));
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

app.get("/", async (request, response) => {
  const last = Number(await redis.get("questions")) || 0;
  const rows = [];
  for (let id = last; id > Math.max(0, last - 20); id -= 1) rows.push({ id, ...(await redis.hGetAll(`question:${id}`)) });
  response.send(`<!doctype html><title>Rates</title><h1>Rates</h1>
    <form method="post" action="/ask"><input name="currency" value="SEK" maxlength="20"> <input name="name" placeholder="your name"> <button>Ask</button></form>
    <ul>${rows.map((row) => `<li><a href="/questions/${row.id}">${escape(row.currency)} for ${escape(row.name)}</a></li>`).join("")}</ul>`);
});

app.post("/ask", async (request, response) => {
  const id = await ask(String(request.body.currency || "EUR"), String(request.body.name || ""));
  response.redirect(303, `/questions/${id}`);
});

app.get("/questions/:id", async (request, response) => {
  const question = await redis.hGetAll(`question:${request.params.id}`);
  if (question.currency === undefined) return response.status(404).send("no such question");
  response.send(`<!doctype html><title>Rate</title><h1>${escape(question.currency)}</h1><p>${question.rate || "asked, not answered yet"}</p><a href="/">Back</a>`);
});

redis.connect().then(() => {
  const server = app.listen(process.env.PORT || 3000);
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
});
