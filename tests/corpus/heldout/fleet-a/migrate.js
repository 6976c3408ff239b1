const { Client } = require("pg");

(async () => {
  const db = new Client({ connectionString: process.env.DATABASE_URL });
  await db.connect();
  await db.query("CREATE TABLE IF NOT EXISTS bicycle (id SERIAL PRIMARY KEY, name TEXT NOT NULL, hirer TEXT)");
  await db.end();
})();
