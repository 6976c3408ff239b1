const Koa = require("koa");
const bodyParser = require("koa-bodyparser");
const { createClient } = require("redis");

const EFFORT = 6500;
const LIMIT = 40;

function pack(things) {
  const end = performance.now() + EFFORT;
  let best = { weight: 0, things: [] };
  while (performance.now() < end) {
    const chosen = things.filter(() => Math.random() < 0.5);
    const weight = chosen.reduce((sum, thing) => sum + thing.weight, 0);
    if (weight <= LIMIT && weight > best.weight) best = { weight, things: chosen };
  }
  return best;
}

const safe = (text) => String(text ?? "").replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
const db = createClient({ url: process.env.REDIS_URL });
db.on("error", (error) => console.error(error.message));

const app = new Koa();
app.use(bodyParser());
app.use(async (ctx) => {
  const things = (await db.lRange("things", 0, -1)).map((text) => JSON.parse(text));
  if (ctx.method === "POST" && ctx.path === "/things") {
    const { name, weight } = ctx.request.body;
    await db.rPush("things", JSON.stringify({ name, weight: Number(weight) || 1 }));
    return ctx.redirect("/");
  }
  if (ctx.path === "/packed") {
    const best = pack(things);
    ctx.body = `<!doctype html><title>Packed</title><h1>${best.weight} kg</h1><ul>${best.things.map((t) => `<li>${safe(t.name)}</li>`).join("")}</ul><a href="/">Back</a>`;
  } else if (ctx.path === "/") {
    ctx.body = `<!doctype html><title>Rucksack</title><h1>To pack</h1><ul>${things.map((t) => `<li>${safe(t.name)} ${t.weight} kg</li>`).join("")}</ul>
      <form method="post" action="/things"><input name="name" required><input name="weight" type="number" min="1" value="3"><button>Add</button></form><a href="/packed">Pack</a>`;
  }
});

db.connect().then(() => {
  const server = app.listen(process.env.PORT);
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
});
