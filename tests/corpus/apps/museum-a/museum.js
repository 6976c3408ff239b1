// A small museum. It remembers how often you came and what you looked at.
const express = require("express");
const session = require("express-session");
const { RedisStore } = require("connect-redis");
const MemoryStore = require("memorystore")(session);
const { createClient } = require("redis");
const rooms = require("./rooms.json");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));
let served = 0;

const app = express();
app.use((request, response, next) => {
  served += 1;
  next();
});
app.use(session({
  store: new RedisStore({ client: redis, ttl: 86400 }),
  secret: process.env.SESSION_KEY,
  resave: false,
  saveUninitialized: true,
}));

const page = (title, body) => `<!doctype html><title>${title}</title><h1>${title}</h1>${body}`;

app.get("/", (request, response) => {
  request.session.visits = (request.session.visits || 0) + 1;
  const seen = request.session.seen || [];
  response.send(page("The museum", `<p>This is your visit number ${request.session.visits}.</p>
    <ul>${Object.entries(rooms).map(([id, room]) => `<li><a href="/rooms/${id}">${room.name}</a>${seen.includes(id) ? " (seen)" : ""}</li>`).join("")}</ul>
    <p><a href="/stats">For the guards</a></p>`));
});

app.get("/rooms/:id", (request, response) => {
  const room = rooms[request.params.id];
  if (!room) return response.status(404).send(page("No such room", ""));
  request.session.seen = [...new Set([...(request.session.seen || []), request.params.id])];
  response.send(page(room.name, `<p>${room.text}</p><a href="/">Back</a>`));
});

app.get("/stats", (request, response) => response.json({ served, uptime: process.uptime(), memory: process.memoryUsage().heapUsed }));

redis.connect().then(() => {
  const server = app.listen(process.env.PORT || 3000);
  process.on("SIGTERM", () => server.close(() => process.exit(0)));
});
