const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
pool.on("error", (error) => console.error(error.message));

exports.preparar = async () => {
  const cliente = await pool.connect();
  await cliente.query("SELECT pg_advisory_lock(55)");
  await cliente.query("CREATE TABLE IF NOT EXISTS reserva (asiento INTEGER PRIMARY KEY, nombre TEXT, equipaje TEXT)");
  await cliente.query("SELECT pg_advisory_unlock(55)");
  cliente.release();
};

exports.todas = async () => (await pool.query("SELECT asiento, nombre, equipaje FROM reserva ORDER BY asiento")).rows;

exports.reservar = async (nombre, equipaje) =>
  pool.query("INSERT INTO reserva SELECT coalesce(max(asiento), 0) + 1, $1, $2 FROM reserva", [nombre, equipaje]);
