import { test } from "node:test";
import { killRun } from "./kill.mjs";

test("SIGKILL at any moment loses nothing, changes nothing, and starts nothing twice unasked", async (t) => {
  t.diagnostic(JSON.stringify(await killRun({ kills: 20, seed: 20190307 })));
});
