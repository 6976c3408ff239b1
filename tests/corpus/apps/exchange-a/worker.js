// Answers open questions, one at a time; one under way goes back if this process dies.
const { answer, redis } = require("./questions");

async function main() {
  await redis.connect();
  while (await redis.lMove("busy", "open", "RIGHT", "LEFT"));
  for (;;) {
    const id = await redis.blMove("open", "busy", "RIGHT", "LEFT", 5);
    if (!id) continue;
    await answer(id);
    await redis.lRem("busy", 0, id);
  }
}

main();
