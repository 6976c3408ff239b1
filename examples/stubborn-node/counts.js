// What there is to count in a text.
export function counts(text) {
  const words = text.match(/[\p{L}\p{N}’'-]+/gu) ?? [];
  return {
    words: words.length,
    letters: (text.match(/\p{L}/gu) ?? []).length,
    sentences: (text.match(/[.!?…]+(\s|$)/gu) ?? []).length,
    "minutes to read": Math.ceil(words.length / 200),
  };
}
