// Where the carts are kept: in the visitor's own cookie, signed with a config var that every dyno has.
import { createHmac, timingSafeEqual } from "node:crypto";
import { emptyCart } from "./cart.js";

const COOKIE = "clean_cart";
const LONGEST_COOKIE = 3500; // browsers keep 4,096 bytes with name and attributes
const secret = process.env.SECRET_KEY;
if (!secret) {
  console.error("SECRET_KEY is not set: app.json asks the platform for it; by hand: SECRET_KEY=anything-long");
  process.exit(1);
}

export function cartOf(request) {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  const [packed = "", signature = ""] = pairs.find(([name]) => name === COOKIE)?.[1]?.split(".") ?? [];
  return isOurs(packed, signature) ? JSON.parse(Buffer.from(packed, "base64url")) : emptyCart;
}

// False if it is more than a browser will keep.
export function keepCart(request, response, cart) {
  const packed = Buffer.from(JSON.stringify(cart)).toString("base64url");
  const value = `${packed}.${sign(packed)}`;
  if (value.length > LONGEST_COOKIE) return false;
  response.cookie(COOKIE, value, { httpOnly: true, sameSite: "lax", maxAge: 7 * 24 * 3600 * 1000 });
  return true;
}

const sign = (packed) => createHmac("sha256", secret).update(packed).digest("base64url");

function isOurs(packed, signature) {
  const [given, right] = [signature, sign(packed)].map((text) => Buffer.from(text));
  return given.length === right.length && timingSafeEqual(given, right);
}
