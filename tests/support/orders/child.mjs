// A process that starts the orders that its parent sends, one after the other, each twice at the same time, and returns
// their CertifyIds: child.mjs ENDPOINT STORE PLACE

import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { SECRET, clientOf, orderOf } from "./cases.mjs";
import { postgresOrders } from "./postgres.mjs";
import { sqliteOrders } from "./sqlite.mjs";

const [endpoint, kind, place] = process.argv.slice(2);

function sqlite() {
  const database = new DatabaseSync(place);
  database.exec("PRAGMA busy_timeout = 60000");
  return sqliteOrders(database, SECRET);
}

const store = kind === "sqlite" ? sqlite() : postgresOrders(new pg.Pool({ connectionString: place }), SECRET);
const client = clientOf(endpoint, store, { totalTimeoutMs: 120_000 });

process.once("message", async (numbers) => {
  const found = [];
  for (const number of numbers) {
    const order = orderOf(number);
    found.push(await Promise.all([client.initFaceVerify(order), client.initFaceVerify(order)]));
  }
  process.send(found.map((results) => results.map(({ certifyId }) => certifyId)));
  process.exit();
});
process.send("ready");
