// The partner bank: correct, and slow.
const { setTimeout: pause } = require("node:timers/promises");

exports.rate = async (currency) => {
  await pause(6000);
  return (currency.length * 0.37 + 0.5).toFixed(4);
};
