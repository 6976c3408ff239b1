// Washes basket after basket.
"use strict";
const { setTimeout: pause } = require("node:timers/promises");
const redis = require("./store");

async function wash(basket) {
  console.log(`washing ${basket}`);
  await pause(3000);
  await redis.rPush("washed", basket);
}

async function main() {
  await redis.connect();
  while (await redis.lMove("in the machine", "waiting", "RIGHT", "LEFT"));
  for (;;) {
    const basket = (await redis.blPop("waiting", 5))?.element;
    if (!basket) continue;
    await wash(basket);
    await redis.lRem("in the machine", 0, basket);
  }
}

process.on("SIGTERM", () => process.exit(0));
main();
