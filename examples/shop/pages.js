// The pages, as HTML. Everything a visitor typed is escaped.
import { readFileSync } from "node:fs";
import { find, goods, money } from "./goods.js";
import { packetsOf, totalOf } from "./cart.js";

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath d='M2 4h10v6a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4z' fill='%238a5a00'/%3E%3C/svg%3E";

const dyno = process.env.DYNO ?? "this computer";
const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (sign) => escapes[sign]);

export function shopPage(cart) {
  return page("Tea shop", `
<header><h1>Tea shop</h1>${cartLink(cart)}</header>
<p class="lead">Four teas, packed in 100 g.</p>
<div class="goods">${goods.map(card).join("")}</div>`);
}

export function cartPage(cart, problem) {
  return page("Your cart", `
<header><h1>Your cart</h1><a href="/">All teas</a></header>
${problem ? `<p class="notice" role="alert">${escape(problem)}</p>` : ""}
${cart.lines.length ? fullCart(cart) : '<p class="empty">There is nothing in it yet.</p>'}`);
}

export function orderPage(cart) {
  const { order } = cart;
  return page("Your order", `
<header><h1>Your order</h1><a href="/">All teas</a></header>
${order
    ? `<p class="notice" role="status">Thank you, <strong>${escape(order.name)}</strong>:
${order.packets} packets for ${money(order.total)} are on their way.</p>`
    : '<p class="empty">You have not ordered anything yet.</p>'}`);
}

export function problemPage(title, text) {
  return page(title, `<h1>${escape(title)}</h1><p class="lead">${escape(text)} <a href="/">To the shop</a></p>`);
}

function card(tea) {
  return `
<form class="card" method="post" action="/cart">
  <h2>${tea.name} <span class="price">${money(tea.price)}</span></h2>
  <p>${tea.about}</p>
  <input type="hidden" name="code" value="${tea.code}">
  <div class="row">
    <label>Packets <input type="number" name="count" min="1" max="20" value="1" required></label>
    <label>Gift note <input name="note" maxlength="80" placeholder="if it is a present" autocomplete="off"></label>
  </div>
  <button aria-label="Into the cart: ${tea.name}">Into the cart</button>
</form>`;
}

function fullCart(cart) {
  return `
<ul class="list">${cart.lines.map(row).join("")}</ul>
<p class="total">${packetsOf(cart)} packets, <strong>${money(totalOf(cart))}</strong></p>
<h2>Order</h2>
<form class="card" method="post" action="/order">
  <label>Name on the parcel <input name="name" required maxlength="60" autocomplete="name"></label>
  <button>Order</button>
</form>`;
}

function row(line, at) {
  const tea = find(line.code);
  return `
<li><span>${line.count} × ${tea.name}${line.note ? ` <em>“${escape(line.note)}”</em>` : ""}</span>
<span class="actions">${money(tea.price * line.count)}
<form method="post" action="/cart/remove"><input type="hidden" name="number" value="${at + 1}">
<button class="quiet" aria-label="Remove line ${at + 1}">remove</button></form></span></li>`;
}

function cartLink(cart) {
  const packets = packetsOf(cart);
  const link = `<a href="/cart">Your cart: ${packets} ${packets === 1 ? "packet" : "packets"}</a>`;
  return `<nav>${cart.order ? '<a href="/order">Your order</a> · ' : ""}${link}</nav>`;
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>${body}
<footer>made by ${escape(dyno)}</footer></main>
</body>
</html>
`;
}
