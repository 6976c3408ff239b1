"use strict";
const express = require("express");
const { Pool } = require("pg");
const description = require("./openapi.json");

class Fleet {
  constructor(url) {
    this.pool = new Pool({ connectionString: url, max: 3 });
    this.pool.on("error", () => {});
    this.hirers = {};
  }

  async all() {
    const { rows } = await this.pool.query("SELECT id, name, hirer FROM bicycle ORDER BY id");
    return rows;
  }

  async one(id) {
    return (await this.all()).find((bicycle) => bicycle.id === id);
  }

  async add(name) {
    const { rows } = await this.pool.query("INSERT INTO bicycle (name) VALUES ($1) RETURNING id, name, hirer", [name]);
    return rows[0];
  }

  async hire(id, hirer) {
    await this.pool.query("UPDATE bicycle SET hirer = $2 WHERE id = $1", [id, hirer]);
  }
}

const fleet = new Fleet(process.env.DATABASE_URL);
const api = express.Router();
api.use(express.json());
api.get("/bicycles", async (req, res) => res.json(await fleet.all()));
api.post("/bicycles", async (req, res) => {
  if (typeof req.body?.name !== "string") return res.status(400).json({ error: "name is missing" });
  res.status(201).json(await fleet.add(req.body.name));
});
api.param("id", async (req, res, next, id) => {
  req.bicycle = await fleet.one(Number(id));
  if (!req.bicycle) return res.status(404).json({ error: "no such bicycle" });
  next();
});
api.get("/bicycles/:id", (req, res) => res.json(req.bicycle));
api.put("/bicycles/:id/hire", async (req, res) => {
  await fleet.hire(req.bicycle.id, String(req.body?.hirer ?? ""));
  res.json(await fleet.one(req.bicycle.id));
});

const app = express();
app.get("/", (req, res) => res.redirect("/openapi.json"));
app.get("/openapi.json", (req, res) => res.json(description));
app.use("/api", api);
const server = app.listen(process.env.PORT);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
