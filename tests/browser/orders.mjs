// Orders, as a support team looks them up.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sample, startGateway, submit } from "../worker/gateway.mjs";
import { assertAccessible, assertFits, looks, stack, withConsole } from "./console.mjs";

const ledger = (look, use) => withConsole({ ...look, hash: "#/ledger" }, use);
const labels = {
  zh: { status: "状态", search: "查找订单", find: "查找" },
  en: { status: "Status", search: "Find an order", find: "Find" },
};

/** Starts an order that ends with this outcome, or that nobody finishes. */
async function order(outcome, gateway = stack.both.gateway) {
  const body = sample({ outerOrderNo: crypto.randomUUID().replaceAll("-", "") });
  const { json } = await gateway.call("POST", "/v1/face-verifications", { body });
  if (outcome) {
    await submit(stack.sandbox, json.certifyId, outcome);
    await gateway.call("GET", `/v1/face-verifications/${body.outerOrderNo}?material=false`);
  }
  return { no: body.outerOrderNo, certifyId: json.certifyId };
}

for (const look of [...looks, { language: "en", width: 768, theme: "light" }]) {
  test(`orders by status, and one of them: ${Object.values(look).join(", ")}`, async () => {
    const passed = await order("passed");
    const rejected = await order("206");
    const pending = await order(null);
    const words = labels[look.language];
    await ledger(look, async (page, { verdict }) => {
      const link = ({ no }) => page.getByRole("link", { name: no });
      await link(pending).waitFor();
      await page.locator(".bars .piece.passed").waitFor();
      // The table fits: no part of it needs scrolling.
      const { inner, outer } = await page
        .locator(".scroll")
        .evaluate((box) => ({ inner: box.scrollWidth, outer: box.clientWidth }));
      assert.ok(inner <= outer, `the table is ${inner} wide in ${outer}`);
      await assertFits(page);
      await assertAccessible(page);

      await page.getByLabel(words.status).selectOption("rejected");
      await link(rejected).waitFor();
      assert.equal(await link(passed).count(), 0);
      await page.locator(".bars .piece.passed").waitFor({ state: "detached" });

      await link(rejected).click();
      await page.locator(".verdict.rejected").waitFor();
      await page.getByText(verdict.rejected, { exact: true }).first().waitFor();
      assert.match(await page.locator(".order-facts").innerText(), /206/);
      await assertFits(page);
      await assertAccessible(page);
      await page.goBack();
      await link(rejected).waitFor();

      await page.getByLabel(words.search).fill(passed.certifyId);
      await page.getByRole("button", { name: words.find, exact: true }).click();
      await page.locator(".verdict.passed").waitFor();
      await page.getByRole("heading", { name: passed.no }).waitFor();
    });
  });
}

test("an order is found by its number; a part of one, and one that is not there, are distinguished", async () => {
  const { no } = await order(null);
  await ledger({}, async (page) => {
    const field = page.getByLabel("Find an order");
    const sent = [];
    page.on("request", (request) => sent.push(request.url()));
    await field.fill("11010519491231002X");
    await page.keyboard.press("Enter");
    await page.getByText("Enter the complete order number").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.ok(!sent.some((url) => url.includes("110105")), "a URL contains an identity number");
    await field.fill("f".repeat(32));
    await page.keyboard.press("Enter");
    await page.getByText("This token has no such order.").waitFor();
    await assertAccessible(page);
    const fullWidth = no.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    await field.fill(`\u3000${fullWidth} `);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: no }).waitFor();
    await page.getByText("Last query", { exact: true }).waitFor();
    const facts = await page.locator(".order-facts").innerText();
    assert.match(facts, /Created\s+.*GMT/);
    assert.match(facts, /Request ID of the start \(Alibaba Cloud\)\s+[0-9A-F-]{36}/);
    assert.match(facts, /Last query\s+.*GMT.* · Waiting for the user · Alibaba Cloud's request ID/);
    assert.match(facts, /Webhook\s+Sent when there is a verdict/);
  });
});

test("a search entered before the page knows its gateway is answered", async () => {
  const { no } = await order(null);
  await ledger({}, async (page) => {
    const held = Promise.withResolvers();
    await page.route("**/console.json", async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.reload();
    const field = page.getByLabel("Find an order");
    await field.fill("a part of it");
    await page.keyboard.press("Enter");
    await page.getByText("Enter the complete order number").waitFor();
    await field.fill(no);
    await page.keyboard.press("Enter");
    held.resolve();
    await page.getByRole("heading", { name: no }).waitFor();
  });
});

test("an order shows its billing, and a failed query leaves it readable", async () => {
  const billed = await order("passed");
  await withConsole({ hash: `#/ledger/${billed.no}` }, async (page) => {
    await page.locator(".verdict.passed").waitFor();
    const facts = await page.locator(".order-facts").innerText();
    assert.match(facts, /Billed\s+Yes/);
    assert.match(facts, /Request ID of the verdict \(Alibaba Cloud\)\s+[0-9A-F-]{36}/);
    assert.match(facts, /the upstream is not queried again/);
  });
  const failing = await order(null);
  await submit(stack.sandbox, failing.certifyId, "411");
  await withConsole({ hash: `#/ledger/${failing.no}` }, async (page) => {
    await page.getByText("AliyunAntCloudAuthFullAccess").waitFor();
    assert.match(await page.locator(".order-facts").innerText(), new RegExp(failing.certifyId));
    await assertAccessible(page);
  });
});

test("an unknown token is reported at its field, in the list and at an order", async () => {
  const { no } = await order("passed");
  await withConsole({ hash: `#/ledger/${"f".repeat(32)}` }, async (page) => {
    await page.getByText("This token has no such order.").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    const field = page.getByLabel("Access token (bearer)");
    await field.fill("nobody");
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByText("This token is not valid.").waitFor();
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator(".orders, .notice").count(), 0);
    await assertAccessible(page);
    await page.goto(`${stack.url}/#/ledger/${no}`);
    await page.locator("#order-title").getByText(no).waitFor();
    await page.getByText("This token is not valid.").waitFor();
    await page.getByLabel("Access token (bearer)").fill("dev-token");
    await page.keyboard.press("Enter");
    await page.locator(".verdict.passed").waitFor();
  });
});

test("no orders match", () =>
  ledger({}, async (page) => {
    await page.getByLabel("Status").selectOption("expired");
    await page.getByText("No orders match this filter.").waitFor();
    await page.getByLabel("Status").selectOption("");
    await page.getByLabel("To", { exact: true }).fill("2020-01-01");
    await page.getByText("No orders match this filter.").waitFor();
  }));

test("orders load as one scrolls, the chart counts them all, and the file has every one", async () => {
  const gateway = await startGateway({ GATEWAY_MODE: "development", CLOUDAUTH_ENDPOINTS: stack.sandbox });
  const COUNT = 230;
  try {
    const numbers = [];
    while (numbers.length < COUNT) {
      const some = Array.from({ length: 10 }, () => order(null, gateway));
      numbers.push(...(await Promise.all(some)).map(({ no }) => no));
    }
    await withConsole({ origin: gateway.url, hash: "#/ledger" }, async (page) => {
      await page.getByText(`${COUNT} orders, by date of creation`).waitFor();
      const rows = page.locator(".orders tbody tr");
      assert.ok((await rows.count()) < COUNT);
      for (let seen = 0; seen < COUNT;) {
        seen = await rows.count();
        await rows.last().scrollIntoViewIfNeeded();
        if (seen < COUNT) await rows.nth(seen).waitFor();
      }
      assert.equal(await page.getByRole("button", { name: "Load earlier orders" }).count(), 0);
      // The count comes from the server, so it is complete before all orders are loaded.
      await page.getByRole("button", { name: "Refresh" }).click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Export CSV" }).click(),
      ]);
      const lines = readFileSync(await download.path(), "utf8").split("\r\n");
      assert.equal(lines.pop(), "");
      assert.match(lines[0], /^\uFEFF"outerOrderNo","certifyId","status"/);
      assert.deepEqual(
        lines
          .slice(1)
          .map((line) => line.split(",")[0])
          .sort(),
        numbers.map((no) => `"${no}"`).sort(),
      );
    });
  } finally {
    await gateway.close();
  }
});
