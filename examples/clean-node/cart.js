// A cart is a list of lines: { code, count, note }. Nothing here knows where a cart is kept.
import { find } from "./goods.js";

const MOST_OF_ONE = 20;
const LONGEST_NOTE = 80;

export const emptyCart = Object.freeze({ lines: [], order: null });

export function withAdded(cart, { code, count, note }) {
  const wanted = Math.min(Math.max(Number.parseInt(count, 10) || 1, 1), MOST_OF_ONE);
  const line = { code, count: wanted, note: String(note ?? "").trim().slice(0, LONGEST_NOTE) };
  return { ...cart, lines: [...cart.lines, line] };
}

export function without(cart, number) {
  return { ...cart, lines: cart.lines.filter((_, at) => String(at + 1) !== String(number)) };
}

export function ordered(cart, name) {
  const total = totalOf(cart);
  return { lines: [], order: { name: String(name).trim().slice(0, 60), packets: packetsOf(cart), total } };
}

export const totalOf = (cart) => cart.lines.reduce((sum, line) => sum + find(line.code).price * line.count, 0);

export const packetsOf = (cart) => cart.lines.reduce((sum, line) => sum + line.count, 0);
