const express = require('express');
const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
const app = express();
app.use(express.urlencoded({ extended: false }));
app.get('/', async (req, res) => {
  const subs = await redis.sMembers('subs');
  res.send(`<!doctype html><title>Digest</title><p>Digests sent: ${await redis.get('digests') || 0}</p><ul>${subs.sort().map(s => `<li>${encodeURIComponent(s)}</li>`).join('')}</ul><form method=post action=/subscribe><input type=text name=who><button>Subscribe</button></form>`);
});
app.post('/subscribe', async (req, res) => { if (req.body.who) await redis.sAdd('subs', req.body.who); res.redirect(303, '/'); });
redis.connect().then(() => { const s = app.listen(process.env.PORT); process.on('SIGTERM', () => s.close(() => process.exit(0))); });
