// Starts one order: node child.mjs ENDPOINT ORDER STORE PLACE

import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { SECRET, clientOf, orderOf } from "./cases.mjs";
import { postgresOrders } from "./postgres.mjs";
import { sqliteOrders } from "./sqlite.mjs";

const [endpoint, outerOrderNo, kind, place] = process.argv.slice(2);
const store =
  kind === "sqlite"
    ? sqliteOrders(new DatabaseSync(place), SECRET)
    : postgresOrders(new pg.Pool({ connectionString: place }), SECRET);
await clientOf(endpoint, store).initFaceVerify(orderOf(outerOrderNo));
