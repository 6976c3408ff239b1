import { randomUUID } from "node:crypto";
import Koa from "koa";
import bodyParser from "koa-bodyparser";
import { Router } from "@koa/router";
import { createClient } from "redis";

const db = createClient({ url: process.env.REDIS_URL });
const ear = db.duplicate();
for (const client of [db, ear]) client.on("error", (e) => console.error(e.message));
await Promise.all([db.connect(), ear.connect()]);

let cached = null;
const forget = () => {
  cached = null;
};
await ear.subscribe("programme", forget);

const programme = async () => (cached ??= Object.entries(await db.hGetAll("shows")).map(([id, json]) => ({ id, ...JSON.parse(json) })));

async function changed() {
  forget();
}

const safe = (text) => String(text ?? "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const router = new Router();

router.get("/", async (ctx) => {
  const shows = [...(await programme())].sort((a, b) => a.hour - b.hour);
  ctx.body = `<!doctype html><title>Radio</title><h1>On the air</h1><dl>${shows.map((s) => `<dt>${s.hour}:00</dt><dd>${safe(s.title)}
    <form method="post" action="/shows/${s.id}/cancel"><button>Cancel</button></form></dd>`).join("")}</dl>
    <form method="post" action="/shows"><input type="number" name="hour" min="0" max="23" value="8"><input name="title" required><button>Plan</button></form>`;
});

router.get("/shows", async (ctx) => {
  ctx.body = await programme();
});

router.post("/shows", async (ctx) => {
  const { hour, title } = ctx.request.body;
  await db.hSet("shows", randomUUID().slice(0, 8), JSON.stringify({ hour: Number(hour) || 0, title }));
  await changed();
  ctx.redirect("/");
});

router.post("/shows/:id/cancel", async (ctx) => {
  await db.hDel("shows", ctx.params.id);
  await changed();
  ctx.redirect("/");
});

const app = new Koa();
app.use(bodyParser()).use(router.routes());
const server = app.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
