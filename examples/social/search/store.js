// The index, in Redis: documents by number, for each word the numbers of those that have it.
import { createClient } from "redis";

const SHOWN = 20;

const redis = createClient({ url: process.env.REDIS_URL, socket: { connectTimeout: 5000 } });
redis.on("error", (error) => console.log(`redis: ${error.message}`)); // it connects again by itself
await redis.connect();

export async function keep(id, document) {
  const all = redis.multi().hSet("documents", id, JSON.stringify(document)).zAdd("new", { score: Number(id), value: id });
  for (const word of wordsOf(document.text)) all.sAdd(`word:${word}`, id);
  await all.exec();
}

export async function find(text) {
  const words = wordsOf(text);
  const ids = words.length
    ? (await redis.sInter(words.map((word) => `word:${word}`))).sort((a, b) => b - a).slice(0, SHOWN)
    : await redis.zRange("new", 0, SHOWN - 1, { REV: true });
  return ids.length ? (await redis.hmGet("documents", ids)).map((found) => JSON.parse(found)) : [];
}

function wordsOf(text) {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];
}
