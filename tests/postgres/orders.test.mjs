// The recipes for orders in PostgreSQL, in SQL and by Drizzle, on a separate server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { drizzle } from "drizzle-orm/node-postgres";
import { FaceVerifyClient } from "cloudauth-edge";
import pg from "pg";
import { SECRET, cases, killedDuringStart, processesRace } from "../support/orders/cases.mjs";
import { drizzleOrders } from "../support/orders/drizzle.mjs";
import { postgresOrders } from "../support/orders/postgres.mjs";
import { table } from "../support/orders/table.mjs";
import { startPostgres } from "./database.mjs";

let database, url;
const pools = [];

before(async () => {
  database = await startPostgres();
  url = database.create("orders");
  database.sql(table, "orders");
});
after(async () => {
  for (const pool of pools) await pool.end();
  await database?.close();
});

function connect() {
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  pools.push(pool);
  return pool;
}

const recipes = {
  "in SQL": async () => postgresOrders(connect(), SECRET),
  "by Drizzle": async () => drizzleOrders(drizzle(connect()), SECRET),
};
for (const [how, open] of Object.entries(recipes)) {
  for (const [name, run] of Object.entries(cases)) test(`${how}, ${name}`, () => run(open));
  test(`${how}, a process killed during a start leaves an order that is not started again`, () =>
    killedDuringStart(open, ["postgres", url]));
}

test("two processes that race for the same orders start each of them once", () =>
  processesRace(["postgres", url]));

test("the client reads keys and secret from the environment", (context) => {
  const environment = {
    ALIBABA_CLOUD_ACCESS_KEY_ID: "testid",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "testsecret",
    ORDERS_SECRET: SECRET,
  };
  const before = { ...process.env };
  context.after(() => (process.env = before));
  Object.assign(process.env, environment);
  const pool = connect();
  const orders = postgresOrders(pool, process.env.ORDERS_SECRET);
  const client = new FaceVerifyClient({ orders });
  assert.ok(client);
});
