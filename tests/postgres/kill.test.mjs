import { test } from "node:test";
import { killThree } from "./kill.mjs";

test("three instances: kills, lost leases, a crash and a fail-over of the database lose, change and repeat nothing", async (t) => {
  t.diagnostic(JSON.stringify(await killThree({ kills: 12, seed: 20190307 })));
});
