const fastify = require('fastify')();
const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
fastify.register(require('@fastify/formbody'));
const OPTIONS = ['Pizza', 'Ramen', 'Tacos'];
const tally = Object.fromEntries(OPTIONS.map(o => [o, 0]));
const counts = async () => ({ ...tally, ...await redis.hGetAll('tally') });
const vote = async o => { await redis.hIncrBy('tally', o, 1); };
fastify.get('/', async (req, reply) => {
  const now = await counts();
  reply.type('text/html');
  return `<!doctype html><title>Lunch</title><h1>What for lunch?</h1><table>${OPTIONS.map(o => `<tr><td>${o}</td><td>${now[o]}</td></tr>`).join('')}</table>
  <form method="post" action="/vote">${OPTIONS.map(o => `<label><input type="radio" name="dish" value="${o}">${o}</label>`).join('')}<button>Vote</button></form>`;
});
fastify.post('/vote', async (req, reply) => {
  if (!OPTIONS.includes(req.body.dish)) return reply.code(400).send('which?');
  await vote(req.body.dish);
  return reply.redirect('/', 303);
});
process.on('SIGTERM', () => fastify.close().then(() => process.exit(0)));
redis.connect().then(() => fastify.listen({ port: Number(process.env.PORT), host: '0.0.0.0' }));
