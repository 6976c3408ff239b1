const { Router } = require("@koa/router");
const { todas, reservar } = require("./reservas");

const router = new Router();
const limpio = (texto) => String(texto ?? "").replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const pagina = (titulo, cuerpo) => `<!doctype html><html lang="es"><title>${titulo}</title><h1>${titulo}</h1>${cuerpo}</html>`;

router.get("/", async (ctx) => {
  const filas = (await todas()).map((r) => `<li>${r.asiento}: ${limpio(r.nombre)} (${limpio(r.equipaje)})</li>`);
  ctx.body = pagina("Autobús", `<ol>${filas.join("")}</ol><p><a href="/nombre">Reservar un asiento</a></p>`);
});

router.get("/nombre", (ctx) => {
  ctx.body = pagina("¿Quién viaja?", `<form method="post"><input name="nombre" value="${limpio(ctx.session.nombre)}" required><button>Seguir</button></form>`);
});

router.post("/nombre", (ctx) => {
  ctx.session.nombre = String(ctx.request.body.nombre ?? "").slice(0, 50);
  ctx.status = 303;
  ctx.redirect("/equipaje");
});

router.get("/equipaje", (ctx) => {
  if (!ctx.session.nombre) return ctx.redirect("/nombre");
  ctx.body = pagina(`Equipaje de ${limpio(ctx.session.nombre)}`, '<form method="post"><input name="equipaje" placeholder="maletas"><button>Reservar</button></form>');
});

router.post("/equipaje", async (ctx) => {
  if (!ctx.session.nombre) return ctx.redirect("/nombre");
  await reservar(ctx.session.nombre, String(ctx.request.body.equipaje ?? "").slice(0, 50));
  ctx.session = null;
  ctx.redirect("/");
});

exports.router = router;
