// Where the carts are kept: in the memory of this process, by a number in the visitor's cookie.
import { randomUUID } from "node:crypto";
import { emptyCart } from "./cart.js";

const COOKIE = "shop_session";
const MOST_LINES = 40;
const carts = new Map();

export function cartOf(request) {
  return carts.get(sessionOf(request)) ?? emptyCart;
}

// False if it is more than a cart may hold.
export function keepCart(request, response, cart) {
  if (cart.lines.length > MOST_LINES) return false;
  const session = sessionOf(request) ?? randomUUID();
  carts.set(session, cart);
  response.cookie(COOKIE, session, { httpOnly: true, sameSite: "lax", maxAge: 7 * 24 * 3600 * 1000 });
  return true;
}

function sessionOf(request) {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([name]) => name === COOKIE)?.[1];
}
