const Koa = require("koa");
const session = require("koa-session").default ?? require("koa-session");
const bodyParser = require("koa-bodyparser");
const { router } = require("./rutas");
const { preparar } = require("./reservas");

const memoria = new Map();
const almacen = {
  get: async (clave) => memoria.get(clave),
  set: async (clave, valor) => void memoria.set(clave, valor),
  destroy: async (clave) => void memoria.delete(clave),
};

const app = new Koa({ keys: [process.env.APP_KEY] });
app.use(session({ key: "bus", maxAge: 3600_000 }, app));
app.use(bodyParser());
app.use(async (ctx, next) => {
  if (ctx.path === "/memoria") return void (ctx.body = { sesiones: memoria.size, claves: typeof almacen });
  await next();
});
app.use(router.routes());

preparar().then(() => {
  const servidor = app.listen(process.env.PORT ?? 3000);
  process.once("SIGTERM", () => servidor.close(() => process.exit(0)));
});
