// A stationery shop: put things into the cart, take them out, order.
"use strict";
const crypto = require("node:crypto");
const http = require("node:http");
const os = require("node:os");
const goods = require("./goods.json");

const carts = new Map();
let served = 0;

function sign(text) {
  return crypto.createHmac("sha256", process.env.CART_KEY).update(text).digest("base64url");
}

function cookie(request) {
  const found = /(?:^|;\s*)cart=([^;]*)/.exec(request.headers.cookie || "");
  const [text, mac] = found ? found[1].split(".") : [];
  if (!mac || mac !== sign(text)) return null;
  return Buffer.from(text, "base64url").toString();
}

function seal(plain) {
  const text = Buffer.from(plain).toString("base64url");
  return `cart=${text}.${sign(text)}; Path=/; HttpOnly; SameSite=Lax`;
}

function cartOf(request) {
  return carts.get(cookie(request)) || [];
}

function keep(request, response, cart) {
  const id = cookie(request) || crypto.randomUUID();
  carts.set(id, cart);
  response.setHeader("Set-Cookie", seal(id));
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function page(title, body) {
  return `<!doctype html><title>${title}</title><nav><a href="/">Shop</a> <a href="/cart">Cart</a> <a href="/status">Status</a></nav><h1>${title}</h1>${body}`;
}

function send(response, status, body) {
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" });
  response.end(body);
}

function shop() {
  const items = Object.entries(goods).map(([code, good]) => `<li>${good.name}, ${good.price} €
    <form method="post" action="/cart"><input type="hidden" name="code" value="${code}">
    <label>Engraving <input name="engraving" maxlength="30"></label><button>Add</button></form></li>`);
  return page("Shop", `<ul>${items.join("")}</ul>`);
}

function cartPage(cart) {
  const rows = cart.map((line, i) => `<li>${goods[line.code].name}: ${escape(line.engraving)}
    <form method="post" action="/cart/remove"><input type="hidden" name="line" value="${i}"><button>Remove</button></form></li>`);
  return page("Cart", rows.length ? `<ol>${rows.join("")}</ol>` : "<p>Empty so far.</p>");
}

function post(request, response, form) {
  const cart = [...cartOf(request)];
  if (request.url === "/cart" && goods[form.get("code")]) {
    cart.push({ code: form.get("code"), engraving: form.get("engraving") || "" });
  } else if (request.url === "/cart/remove") {
    cart.splice(Number(form.get("line")), 1);
  } else {
    return send(response, 422, page("Sorry", "<p>We do not sell that.</p>"));
  }
  keep(request, response, cart);
  response.writeHead(303, { Location: "/cart" });
  response.end();
}

const server = http.createServer((request, response) => {
  served += 1;
  if (request.method === "POST") {
    let text = "";
    request.on("data", (chunk) => (text += chunk));
    request.on("end", () => post(request, response, new URLSearchParams(text)));
  } else if (request.url === "/") send(response, 200, shop());
  else if (request.url === "/cart") send(response, 200, cartPage(cartOf(request)));
  else if (request.url === "/status") {
    send(response, 200, page("Status", `<p>${os.hostname()} has served ${served} requests in ${Math.round(process.uptime())} s, holds ${process.memoryUsage().rss >> 20} MB</p>`));
  } else send(response, 404, page("Not here", ""));
});

server.listen(process.env.PORT || 5000, () => console.log("listening on", server.address().port));
