// Who comes to lunch, and what they bring.
const express = require("express");
const { createClient } = require("redis");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
const app = express();
app.use(express.urlencoded({ extended: false }));
const port = 3000;

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

app.get("/", async (request, response) => {
  const guests = await redis.hGetAll("lunch");
  response.send(`<!doctype html><title>Lunch</title><h1>Lunch</h1>
    <ul>${Object.entries(guests).map(([who, what]) => `<li>${escape(who)} brings ${escape(what || "a good mood")}</li>`).join("")}</ul>
    <form method="post" action="/come"><input name="who" required> <input name="what"> <button>I come</button></form>
    <form method="post" action="/not"><input name="who" required> <button>I do not</button></form>`);
});

app.post("/come", async (request, response) => {
  await redis.hSet("lunch", request.body.who || "somebody", request.body.what || "");
  response.redirect(303, "/");
});

app.post("/not", async (request, response) => {
  await redis.hDel("lunch", request.body.who || "");
  response.redirect(303, "/");
});

redis.connect().then(() => {
  const server = app.listen(port, "0.0.0.0", () => console.log("listening"));
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
});
