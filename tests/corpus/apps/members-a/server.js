// The members' area of a choir: register, log in, say which part you sing.
const crypto = require("node:crypto");
const os = require("node:os");
const express = require("express");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const { createClient } = require("redis");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("error", (error) => console.error("postgres:", error.message));
const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));

const app = express();
app.set("trust proxy", 1);
app.use(express.urlencoded({ extended: false }));
app.use(session({
  store: new RedisStore({ client: redis, prefix: "choir:", ttl: 3600 }),
  secret: process.env.SESSION_KEY,
  resave: false,
  saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax" },
}));

const hash = (password, salt) => crypto.scryptSync(password, salt, 32, { N: 1024 }).toString("hex");
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}<footer>${os.hostname()}</footer>`;
const credentials = '<label>Name <input name="name" required></label><label>Password <input type="password" name="password" required></label>';

function membersOnly(request, response, next) {
  if (request.session.member) return next();
  response.redirect(303, "/login");
}

app.get("/", membersOnly, async (request, response) => {
  const { rows } = await pool.query("SELECT name, part FROM member ORDER BY name");
  const me = request.session.member;
  response.send(page("Our choir", `<p>You are ${escape(me)}.</p>
    <form method="post" action="/part"><label>I sing <input name="part"></label><button>Save</button></form>
    <ul>${rows.map((row) => `<li>${escape(row.name)}: ${escape(row.part || "?")}</li>`).join("")}</ul>
    <form method="post" action="/logout"><button>Log out</button></form>
    <form method="post" action="/leave"><button>Leave the choir</button></form>`));
});

app.get("/register", (request, response) => {
  response.send(page("Join", `<form method="post" action="/register">${credentials}<button>Join</button></form>`));
});

app.post("/register", async (request, response) => {
  const { name, password } = request.body;
  const salt = crypto.randomBytes(8).toString("hex");
  const { rowCount } = await pool.query(
    "INSERT INTO member (name, salt, hash) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [name, salt, hash(password, salt)]);
  if (!rowCount) return response.status(409).send(page("Taken", '<p>There is such a member. <a href="/register">Again</a></p>'));
  response.redirect(303, "/login");
});

app.get("/login", (request, response) => {
  response.send(page("Log in", `<form method="post" action="/login">${credentials}<button>Log in</button></form>
    <p><a href="/register">Join the choir</a></p>`));
});

app.post("/login", async (request, response) => {
  const { rows } = await pool.query("SELECT salt, hash FROM member WHERE name = $1", [request.body.name]);
  if (!rows.length || hash(request.body.password, rows[0].salt) !== rows[0].hash) {
    return response.status(403).send(page("No", '<p>Name or password is wrong. <a href="/login">Again</a></p>'));
  }
  request.session.member = request.body.name;
  request.session.save(() => response.redirect(303, "/"));
});

app.post("/part", membersOnly, async (request, response) => {
  await pool.query("UPDATE member SET part = $1 WHERE name = $2", [request.body.part, request.session.member]);
  response.redirect(303, "/");
});

app.post("/logout", (request, response) => request.session.destroy(() => response.redirect(303, "/login")));

app.post("/leave", membersOnly, async (request, response) => {
  await pool.query("DELETE FROM member WHERE name = $1", [request.session.member]);
  request.session.destroy(() => response.redirect(303, "/login"));
});

async function main() {
  await redis.connect();
  const db = await pool.connect();
  await db.query("SELECT pg_advisory_lock(12)");
  await db.query("CREATE TABLE IF NOT EXISTS member (name TEXT PRIMARY KEY, salt TEXT, hash TEXT, part TEXT)");
  await db.query("SELECT pg_advisory_unlock(12)");
  db.release();
  const server = app.listen(process.env.PORT || 3000, () => console.log("listening"));
  process.on("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 5000).unref();
  });
}

main();
