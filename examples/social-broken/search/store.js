// The index, in memory: documents by number, for each word the numbers of those that have it.
const SHOWN = 20;
const documents = new Map();
const index = new Map();

export async function keep(id, document) {
  documents.set(id, document);
  for (const word of wordsOf(document.text)) index.set(word, (index.get(word) ?? new Set()).add(id));
}

export async function find(text) {
  const words = wordsOf(text);
  const ids = [...documents.keys()].filter((id) => words.every((word) => index.get(word)?.has(id)));
  return ids.sort((a, b) => b - a).slice(0, SHOWN).map((id) => documents.get(id));
}

function wordsOf(text) {
  return [...new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];
}
