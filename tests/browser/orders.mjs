// The operator's view of the ledger.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sample, submit } from "../worker/gateway.mjs";
import { assertAccessible, assertFits, looks, stack, withConsole } from "./console.mjs";

const ledger = (look, use) => withConsole({ ...look, hash: "#/ledger" }, use);

/** An order that ended so, or that nobody finished. */
async function order(outcome) {
  const { gateway } = stack.both;
  const body = sample({ outerOrderNo: crypto.randomUUID().replaceAll("-", "") });
  const { json } = await gateway.call("POST", "/v1/face-verifications", { body });
  if (outcome) {
    await submit(stack.sandbox, json.certifyId, outcome);
    await gateway.call("GET", `/v1/face-verifications/${body.outerOrderNo}?material=false`);
  }
  return body.outerOrderNo;
}

for (const look of looks) {
  test(`orders, by status, and the history of one: ${Object.values(look).join(", ")}`, async () => {
    const passed = await order("passed");
    const rejected = await order("206");
    const pending = await order(null);
    await ledger(look, async (page, words) => {
      const link = (no) => page.getByRole("link", { name: no });
      await link(pending).waitFor();
      await page.locator(".chart rect.passed").waitFor();
      await assertFits(page);
      await assertAccessible(page);

      await page.getByRole("combobox").selectOption("rejected");
      await link(rejected).waitFor();
      assert.equal(await link(passed).count(), 0);

      await link(rejected).click();
      await page.locator(".verdict.rejected").waitFor();
      await page.getByText("SubCode 206").waitFor();
      await page.getByText(words.verdict.rejected, { exact: true }).first().waitFor();
      await assertFits(page);
      await assertAccessible(page);
      await page.goBack();
      await link(rejected).waitFor();
    });
  });
}

test("an order by its own address", async () => {
  const no = await order("passed");
  await withConsole({ hash: `#/ledger/${no}` }, async (page) => {
    await page.locator(".verdict.passed").waitFor();
    await page.getByText("Verdict known").waitFor();
  });
});

test("an order that is not there, and a token that nobody has", () =>
  withConsole({ hash: `#/ledger/${"f".repeat(32)}` }, async (page) => {
    await page.locator(".notice.bad").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    await page.getByLabel("Access token (bearer)").fill("nobody");
    await page.getByRole("button", { name: /^(Refresh|Show orders)$/ }).click();
    await page.locator(".notice.bad").waitFor();
    assert.equal(await page.locator(".orders").count(), 0);
    await assertAccessible(page);
  }));

test("no orders of a status", () =>
  ledger({}, async (page) => {
    await page.getByRole("combobox").selectOption("expired");
    await page.getByText("No orders with this status.").waitFor();
  }));
