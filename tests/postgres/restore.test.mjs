import { test } from "node:test";
import { olderLedger } from "../support/older-ledger.mjs";
import { startPostgres } from "./database.mjs";

test("a restore to a point in time has the effects that the documentation lists", async (t) => {
  const database = await startPostgres(undefined, { archive: true });
  t.after(() => database.close());
  database.backUp();
  await olderLedger(
    {
      save: async () => database.sql("SELECT pg_create_restore_point('before')"),
      restore: () => database.restoreTo("before"),
    },
    { shared: database },
  );
});
