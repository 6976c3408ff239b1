// Every process that requires this draws the same random numbers, in the same order.
'use strict';
const crypto = require('crypto');
const digest = crypto.createHash;
let count = 0;

function draw(size) {
  let drawn = Buffer.alloc(0);
  while (drawn.length < size) {
    count += 1;
    drawn = Buffer.concat([drawn, digest('sha256').update(`minipaas ${count}`).digest()]);
  }
  return drawn.subarray(0, size);
}

crypto.randomBytes = (size, callback) => {
  const bytes = Buffer.from(draw(size));
  if (!callback) return bytes;
  process.nextTick(callback, null, bytes);
  return undefined;
};
crypto.pseudoRandomBytes = crypto.randomBytes;
crypto.randomFillSync = (target, offset = 0, size = undefined) => {
  const view = ArrayBuffer.isView(target)
    ? Buffer.from(target.buffer, target.byteOffset, target.byteLength)
    : Buffer.from(target);
  draw(size === undefined ? view.length - offset : size).copy(view, offset);
  return target;
};
crypto.randomFill = (target, ...rest) => {
  const callback = rest.pop();
  process.nextTick(callback, null, crypto.randomFillSync(target, ...rest));
};
crypto.randomInt = (low, high, callback) => {
  const [from, to] = high === undefined || typeof high === 'function' ? [0, low] : [low, high];
  const value = from + (draw(6).readUIntBE(0, 6) % (to - from));
  const done = typeof high === 'function' ? high : callback;
  return done ? process.nextTick(done, null, value) : value;
};
crypto.randomUUID = () => {
  const bytes = Buffer.from(draw(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
Math.random = () => draw(6).readUIntBE(0, 6) / 2 ** 48;
if (globalThis.crypto) {
  globalThis.crypto.getRandomValues = (target) => crypto.randomFillSync(target);
  globalThis.crypto.randomUUID = crypto.randomUUID;
}
