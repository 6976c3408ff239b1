const { Hono } = require('hono');
const { serve } = require('@hono/node-server');
const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
const app = new Hono();
const all = async () => (await redis.lRange('shelf', 0, -1)).map(JSON.parse);
const push = async t => { await redis.rPush('shelf', JSON.stringify(t)); };
app.get('/', c => c.json({ name: 'bookshelf', books: '/books' }));
app.get('/books', async c => c.json(await all()));
app.post('/books', async c => {
  const { title, author } = await c.req.json();
  if (!title) return c.json({ error: 'title is missing' }, 400);
  const n = (await all()).length + 1;
  await push({ n, title, author });
  return c.json({ n }, 201);
});
redis.connect().then(() => {
  const s = serve({ fetch: app.fetch, port: Number(process.env.PORT) });
  process.on('SIGTERM', () => s.close(() => process.exit(0)));
});
