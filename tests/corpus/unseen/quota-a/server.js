const express = require('express');
const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
const app = express();
app.use(express.json());
const seen = new Map();
const hit = async ip => { const n = (seen.get(ip) || 0) + 1; seen.set(ip, n); return n; };
app.get('/', (req, res) => res.type('html').send(`<!doctype html><title>Haiku by mail</title><h1>Send a haiku</h1>
<form id="f"><input name="line" required><button>Send</button></form><ul id="out"></ul>
<script>
  const f = document.getElementById('f');
  f.addEventListener('submit', async e => {
    e.preventDefault();
    const r = await fetch('/api/haiku', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(Object.fromEntries(new FormData(f))) });
    if (r.status === 429) alert('Enough for this hour');
    show();
  });
  async function show() { const l = await (await fetch('/api/haiku')).json(); document.getElementById('out').innerHTML = l.map(x => '<li>' + x + '</li>').join(''); }
  show();
</script>`));
app.get('/api/haiku', async (req, res) => res.json(await redis.lRange('haiku', 0, 50)));
app.post('/api/haiku', async (req, res) => {
  if (!req.body.line) return res.status(422).json({ error: 'line' });
  if (await hit(req.get('x-forwarded-for') || req.ip) > 7) return res.status(429).json({ error: 'enough for this hour' });
  await redis.rPush('haiku', String(req.body.line).slice(0, 99));
  res.status(201).json({ ok: true });
});
const server = redis.connect().then(() => app.listen(process.env.PORT));
process.on('SIGTERM', async () => (await server).close(() => process.exit(0)));
