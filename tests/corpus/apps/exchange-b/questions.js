// Questions and their answers, in Redis.
const { createClient } = require("redis");
const partner = require("./partner");

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error("redis:", error.message));

exports.redis = redis;

exports.answer = async (id) => {
  const question = await redis.hGetAll(`question:${id}`);
  if (!question.rate) await redis.hSet(`question:${id}`, "rate", await partner.rate(question.currency || ""));
};

exports.ask = async (currency, name) => {
  const id = String(await redis.incr("questions"));
  await redis.hSet(`question:${id}`, { currency, name, rate: "" });
  await exports.answer(id);
  return id;
};
