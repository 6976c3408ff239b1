// An index from words to proverbs, built before the first visitor may come in.
import { setTimeout as pause } from "node:timers/promises";
import { proverbs } from "./proverbs.js";

const words = (text) => text.toLowerCase().match(/\p{L}+/gu) ?? [];

// Takes `seconds` in all, with a line for the log now and then.
export async function buildIndex(seconds) {
  const index = new Map();
  for (const [at, proverb] of proverbs.entries()) {
    if (at % 6 === 0) console.log(`indexing: ${at} of ${proverbs.length} proverbs`);
    for (const word of words(proverb)) index.set(word, [...(index.get(word) ?? []), proverb]);
    await pause((seconds * 1000) / proverbs.length);
  }
  console.log(`indexing: done, ${index.size} words`);
  return index;
}

// The proverbs that have every word of the question; all of them if nothing is asked.
export function find(index, question) {
  const found = words(question).map((word) => new Set(index.get(word) ?? []));
  return proverbs.filter((proverb) => found.every((one) => one.has(proverb)));
}
