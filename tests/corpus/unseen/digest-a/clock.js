const { createClient } = require('redis');
const redis = createClient({ url: process.env.REDIS_URL });
redis.connect().then(() => setInterval(() => redis.incr('digests'), 1000));
process.on('SIGTERM', () => process.exit(0));
