// A small tea shop: look, put into the cart, order.
import express from "express";
import { ordered, withAdded, without } from "./cart.js";
import { cartOf, keepCart } from "./carts.js";
import { find } from "./goods.js";
import { cartPage, orderPage, problemPage, shopPage } from "./pages.js";

const app = express();
app.disable("x-powered-by");
app.use(express.urlencoded({ extended: false, limit: "16kb" }));
app.use(log);

app.get("/", (request, response) => response.send(shopPage(cartOf(request))));

app.get("/cart", (request, response) => response.send(cartPage(cartOf(request))));

app.post("/cart", (request, response) => {
  const wish = request.body ?? {};
  if (!find(wish.code)) return response.status(422).send(problemPage("No such tea", "We do not sell that."));
  const cart = cartOf(request);
  if (!keepCart(request, response, withAdded(cart, wish))) {
    return response.status(409).send(cartPage(cart, "The cart is full: order first, or remove something."));
  }
  response.redirect(303, "/cart");
});

app.post("/cart/remove", (request, response) => {
  keepCart(request, response, without(cartOf(request), request.body?.number));
  response.redirect(303, "/cart");
});

app.post("/order", (request, response) => {
  const cart = cartOf(request);
  const name = String(request.body?.name ?? "").trim();
  if (!cart.lines.length) return response.status(409).send(cartPage(cart, "There is nothing to order."));
  if (!name) return response.status(422).send(cartPage(cart, "Please give the name for the parcel."));
  keepCart(request, response, ordered(cart, name));
  response.redirect(303, "/order");
});

app.get("/order", (request, response) => response.send(orderPage(cartOf(request))));

app.use((request, response) => response.status(404).send(problemPage("Not found", "There is no such page.")));

app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  const status = error.status ?? 500;
  if (status >= 500) console.error(error);
  response.status(status).send(problemPage("Sorry", "That did not work."));
});

const server = app.listen(process.env.PORT ?? 8000, "0.0.0.0", (error) => {
  if (error) throw error;
  console.log(`listening on port ${server.address().port}`);
});
server.keepAliveTimeout = 90_000; // longer than the router keeps a connection it does not use

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, leave);

let leaving = false; // SIGTERM may come more than once

function leave() {
  if (leaving) return;
  leaving = true;
  console.log("asked to stop: finishing what has been asked");
  setTimeout(() => {
    server.close(() => process.exit(0));
    setInterval(() => server.closeIdleConnections(), 50);
  }, 200); // meanwhile what is under way to us arrives
}

function log(request, response, next) {
  if (leaving) response.set("Connection", "close");
  const began = Date.now();
  response.on("finish", () => {
    const id = request.get("x-request-id") ?? "none";
    const took = Date.now() - began;
    console.log(`method=${request.method} path=${request.originalUrl} status=${response.statusCode} took=${took}ms request_id=${id}`);
  });
  next();
}
