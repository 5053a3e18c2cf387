import { test } from "node:test";
import { join } from "node:path";
import { olderLedger } from "../support/older-ledger.mjs";
import { operator } from "../support/gateway.mjs";

test("a restored backup has the effects that the documentation lists", () => {
  const command =
    (name, ...args) =>
    async ({ state }) => {
      const settings = { GATEWAY_DATABASE: join(state, "gateway.db") };
      const output = await operator([name, join(state, "copy.db"), ...args], settings);
      if (!/^(Copied|Restored)/.test(output)) throw new Error(output);
    };
  return olderLedger({ save: command("backup"), restore: command("restore", "--replace") });
});
