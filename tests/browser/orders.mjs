// Orders, as a support team looks them up.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import { until } from "../support/until.mjs";
import { assertAccessible, assertFits, looks, stack, withConsole } from "./console.mjs";

const ledger = (look, use) => withConsole({ ...look, hash: "#/ledger" }, use);
const labels = {
  zh: { status: "状态", search: "查找订单", find: "查找" },
  en: { status: "Status", search: "Find an order", find: "Find" },
};

/** Starts an order that ends with this outcome, or that nobody finishes. */
async function order(outcome, gateway = stack.both.gateway, outerOrderNo = crypto.randomUUID()) {
  const body = sample({ outerOrderNo: outerOrderNo.replaceAll("-", "") });
  const { json } = await gateway.call("POST", "/v1/face-verifications", { body });
  if (outcome) {
    await submit(stack.sandbox, json.certifyId, outcome);
    await gateway.call("GET", `/v1/face-verifications/${body.outerOrderNo}?material=false`);
  }
  return { no: body.outerOrderNo, certifyId: json.certifyId };
}

for (const look of [...looks, ...[320, 768].map((width) => ({ language: "en", width, theme: "light" }))]) {
  test(`orders by status, and one of them: ${Object.values(look).join(", ")}`, async () => {
    const passed = await order("passed");
    const rejected = await order("206");
    const pending = await order(null);
    const words = labels[look.language];
    await ledger(look, async (page, { verdict }) => {
      const link = ({ no }) => page.getByRole("link", { name: no });
      await link(pending).waitFor();
      await page.locator(".bars .piece.passed").waitFor();
      // The table fits a phone: no part of it needs scrolling.
      const { inner, outer } = await page
        .locator(".scroll")
        .evaluate((box) => ({ inner: box.scrollWidth, outer: box.clientWidth }));
      assert.ok(inner <= outer || look.width < 360, `the table is ${inner} wide in ${outer}`);
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

test("an order that is started after the list was shown is in it", async () => {
  const { no: earlier } = await order(null);
  await ledger({}, async (page, words) => {
    await page.getByRole("link", { name: earlier }).waitFor();
    await page.getByRole("link", { name: words.walkthrough }).click();
    await page.locator(".http").waitFor();
    const no = await page.getByLabel(/^Order number/).inputValue();
    await page.getByRole("button", { name: words.start }).click();
    await page.getByRole("button", { name: words.open }).waitFor();
    await page.getByRole("link", { name: "Orders", exact: true }).click();
    await page.getByRole("link", { name: no }).waitFor();
  });
});

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
    await page.getByText("There is no such order under this token.").waitFor();
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
    await page.getByText("There is no such order under this token.").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    const field = page.getByLabel("Access token (bearer)");
    await field.fill("nobody");
    await page.getByRole("button", { name: "Show orders" }).click();
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

test("the focus and the tab's title follow an order that is opened and closed", async () => {
  const { no } = await order("passed");
  await ledger({}, async (page) => {
    const focused = (heading) =>
      page.waitForFunction((text) => document.querySelector("h1:focus")?.textContent === text, heading);
    await page.getByRole("link", { name: no }).press("Enter");
    await page.locator(".verdict.passed").waitFor();
    await focused("Order");
    assert.equal(await page.title(), `${no} · Order · cloudauth-edge`);
    await page.getByRole("link", { name: "Back to the list" }).press("Enter");
    await page.getByRole("link", { name: no }).waitFor();
    await focused("Orders");
    assert.equal(await page.title(), "Orders · cloudauth-edge");
  });
});

test("another token shows nothing of the earlier one's orders", async () => {
  await severalParts();
  await ledger({}, async (page) => {
    const rows = page.locator(".orders tbody tr");
    const field = page.getByLabel("Access token (bearer)");
    await rows.nth(29).waitFor();
    const held = Promise.withResolvers();
    await page.route("**/v1/face-verifications?*", async (route) => {
      await held.promise;
      await route.continue();
    });
    const asked = page.waitForRequest(/[?&]cursor=/);
    await rows.last().scrollIntoViewIfNeeded();
    const answered = (await asked).response();
    await field.fill("of-another-caller");
    held.resolve();
    await answered;
    await page.getByRole("button", { name: "Show orders" }).waitFor();
    assert.equal(await page.locator(".orders, .chart, .notice").count(), 0);
    await page.getByRole("button", { name: "Show orders" }).click();
    await page.getByText("This token is not valid.").waitFor();
    assert.equal(await rows.count(), 0);
  });
});

test("a token that no header can hold is reported at its field", () =>
  ledger({}, async (page) => {
    const field = page.getByLabel("Access token (bearer)");
    const open = page.getByRole("button", { name: "Show orders" });
    for (const token of ["dev-token\u200B", "\uFEFFdev-token", "ｄｅｖ-token", "dev token"]) {
      await field.fill(token);
      await page.getByText("The token contains a space").waitFor();
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      assert.ok(await open.isDisabled());
    }
    await assertAccessible(page);
    await field.fill("dev-token");
    await open.click();
    await page.locator(".ledger .card").nth(1).waitFor();
  }));

/** More orders than a part of the list holds. */
async function severalParts() {
  const numbers = [];
  while (numbers.length < 40)
    numbers.push(...(await Promise.all(Array.from({ length: 8 }, () => order(null)))));
  return numbers;
}

test("the list is where it was left, and shows what an order's page has learned", async () => {
  await severalParts();
  await ledger({}, async (page) => {
    const rows = page.locator(".orders tbody tr");
    await rows.nth(29).scrollIntoViewIfNeeded();
    await rows.nth(35).waitFor();
    const row = page.locator(".orders tbody tr", { hasText: "Waiting for the user" }).nth(25);
    const no = await row.getByRole("link").innerText();
    const again = page.locator(".orders tbody tr", { hasText: no });
    await again.scrollIntoViewIfNeeded();
    const left = await page.evaluate(() => scrollY);
    assert.ok(left > 0);
    const isThere = () => page.waitForFunction((y) => scrollY === y, left);

    await again.getByRole("link").click();
    await page.locator(".verdict.pending").waitFor();
    // The page's own query must not see the outcome.
    await page.getByText("Last query", { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0);
    const certifyId = await page.locator(".order-facts code").first().innerText();
    await submit(stack.sandbox, certifyId, "passed");
    await page.getByRole("button", { name: "Update now" }).click();
    await page.locator(".verdict.passed").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    await again.getByText("Passed", { exact: true }).waitFor();
    await isThere();

    await again.getByRole("link").click();
    await page.locator(".verdict.passed").waitFor();
    await page.goBack();
    await again.waitFor();
    await isThere();
  });
});

test("what failed is reported where it is seen, and repeated by its own button", async () => {
  const [, { no, certifyId }] = await severalParts();
  await ledger({}, async (page) => {
    const rows = page.locator(".orders tbody tr");
    const retry = page.getByRole("button", { name: "Try again" });
    const everything = "**/v1/face-verification*";
    const searches = "**/v1/face-verifications?search=*";
    await rows.nth(29).waitFor();
    const shown = await rows.count();

    await page.route(everything, (route) => route.abort());
    await rows.last().scrollIntoViewIfNeeded();
    await retry.waitFor();
    await retry.scrollIntoViewIfNeeded();
    assert.equal(await rows.count(), shown);
    assert.ok(
      await retry.evaluate(
        (button, last) => button.offsetTop > last.offsetTop,
        await rows.last().elementHandle(),
      ),
    );
    await assertAccessible(page);
    await page.unroute(everything);
    await retry.click();
    await rows.nth(shown).waitFor();
    assert.equal(await retry.count(), 0);

    // A token that is no longer valid.
    await page.getByLabel("Access token (bearer)").fill("nobody");
    await page.getByLabel("Find an order").fill(certifyId);
    await page.keyboard.press("Enter");
    await page.getByText("This token is not valid.").waitFor();
    await page.getByLabel("Access token (bearer)").fill("dev-token");

    await page.getByRole("button", { name: "Show orders" }).click();
    await rows.first().waitFor();
    await page.route(everything, (route) => route.abort());
    await page.getByRole("button", { name: "Export CSV" }).click();
    await retry.waitFor();
    await page.unroute(everything);
    await Promise.all([page.waitForEvent("download"), retry.click()]);

    await page.route(searches, (route) => route.abort());
    await page.getByRole("button", { name: "Find", exact: true }).click();
    await retry.waitFor();
    await page.unroute(searches);
    await retry.click();
    await page.getByRole("heading", { name: no }).waitFor();
  });
});

for (const width of [320, 360, 1440]) {
  test(`the chart's dates neither overhang nor overlap: ${width}`, async () => {
    await order(null);
    // The days of the filter are those of UTC.
    await ledger({ width, timezoneId: "UTC" }, async (page) => {
      const today = Date.now() - (Date.now() % 86_400_000);
      for (const count of [13, 14, 31, 61, 366]) {
        const from = new Date(today - (count - 1) * 86_400_000).toISOString().slice(0, 10);
        await page.getByLabel("From").fill(from);
        await page.getByLabel("To", { exact: true }).fill(new Date(today).toISOString().slice(0, 10));
        await page.waitForFunction(
          (count) => document.querySelectorAll(".bars .bar").length === count,
          count,
        );
        const { bars, dates } = await page.evaluate(() => {
          const sides = (part) => [part.left, part.right];
          const dates = [...document.querySelectorAll(".bars .date span")].map((date) => {
            const range = document.createRange();
            range.selectNodeContents(date);
            return range.getBoundingClientRect();
          });
          return {
            bars: sides(document.querySelector(".bars").getBoundingClientRect()),
            dates: dates.filter((date) => date.width > 0).map(sides),
          };
        });
        const edges = [bars[0], ...dates.flat(), bars[1]];
        const inOrder = edges.slice(1).every((edge, at) => edge >= edges[at]);
        assert.ok(inOrder, `${count} days: ${edges.map((edge) => edge.toFixed(1)).join(" ")}`);
      }
    });
  });
}

test("a date may be typed, through every year on the way, and any date is answered", async () => {
  await order(null);
  await ledger({}, async (page) => {
    const from = page.getByLabel("From");
    const to = page.getByLabel("To", { exact: true });
    const bars = page.locator(".bars .bar");
    await bars.first().waitFor();
    await from.focus();
    await page.keyboard.type("01012026");
    assert.equal(await from.inputValue(), "2026-01-01");
    await bars.first().waitFor();
    await to.focus();
    await page.keyboard.type("12129999");
    assert.equal(await to.inputValue(), "9999-12-12");
    await bars.first().waitFor();
    assert.ok((await bars.count()) <= 366);
    for (const year of ["0001", "0099", "9999"]) {
      await from.fill(`${year}-01-01`);
      await to.fill(`${year}-12-31`);
      await page.getByText("No orders match this filter.").waitFor();
      assert.equal(await page.locator(".notice").count(), 0);
    }
    await from.fill("0001-01-01");
    await bars.first().waitFor();
  });
});

for (const timezoneId of ["America/New_York", "Pacific/Kiritimati", "Asia/Kolkata"]) {
  test(`a day of the filter is a day of the chart, whatever summer time does: ${timezoneId}`, async () => {
    const { no } = await order(null);
    await withConsole({ timezoneId }, async (page) => {
      // The present offset of New York differs from that of its orders for half of the year.
      for (const month of ["2030-01-15", "2030-07-15"]) {
        await page.clock.setFixedTime(new Date(`${month}T12:00:00Z`));
        await page.goto(`${stack.url}/?${month}#/ledger`);
        const row = page.locator(".orders tbody tr", { hasText: no });
        await row.waitFor();
        const offset = await page.evaluate(() => -new Date().getTimezoneOffset());
        const { items } = (await stack.both.gateway.call("GET", `/v1/face-verifications?search=${no}`)).json;
        const day = new Date(Date.parse(items[0].createdAt) + offset * 60_000).toISOString().slice(0, 10);
        await page.getByLabel("From").fill(day);
        await page.getByLabel("To", { exact: true }).fill(day);
        await row.waitFor();
        await page.locator(".chart tbody tr").first().waitFor({ state: "attached" });
        assert.deepEqual(await page.locator(".chart tbody th").allInnerTexts(), [day]);
        const zoneOf = (text) => text.match(/GMT[^)]*/)?.[0];
        const head = zoneOf(await page.locator(".orders thead").innerText());
        const createdIn = await page.evaluate(
          (at) =>
            new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" })
              .formatToParts(new Date(at))
              .find(({ type }) => type === "timeZoneName").value,
          items[0].createdAt,
        );
        assert.equal(zoneOf(await row.innerText()) ?? head, createdIn);
      }
    });
  });
}

test("no orders match", () =>
  ledger({}, async (page) => {
    await page.getByLabel("Status").selectOption("expired");
    await page.getByText("No orders match this filter.").waitFor();
    await page.getByLabel("Status").selectOption("");
    await page.getByLabel("To", { exact: true }).fill("2020-01-01");
    await page.getByText("No orders match this filter.").waitFor();
  }));

test("a spreadsheet keeps an order number of digits", async () => {
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte % 10).join("");
  await order(null, undefined, digits);
  await ledger({}, async (page) => {
    await page.getByRole("link", { name: digits }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Export CSV" }).click(),
    ]);
    const file = readFileSync(await download.path(), "utf8");
    assert.ok(file.includes(`\r\n"=""${digits}""","`));
  });
});

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
        // A spreadsheet would take 4175e062 for a number, so such a text is written as a formula.
        lines
          .slice(1)
          .map((line) => /^"(?:="")?(\w+)"/.exec(line)?.[1])
          .sort(),
        numbers.sort(),
      );
    });
  } finally {
    await gateway.close();
  }
});

test("JSON of a proxy is not the gateway's response, and its Retry-After as a date causes no flood of requests", async () => {
  await withConsole({}, async (page, words) => {
    let asked = 0;
    await page.route(/\/v1\/face-verifications\/\w+$/, (route) => {
      asked += 1;
      return route.fulfill({
        status: 503,
        headers: { "retry-after": new Date(Date.now() + 60_000).toUTCString() },
        json: { message: "no healthy upstream" },
      });
    });
    await page.clock.install();
    await page.getByRole("button", { name: words.start }).click();
    await page.locator(".step-result").getByText("returned HTTP 503").waitFor();
    await page.clock.runFor(4_000);
    assert.equal(asked, 1);
    await page.clock.runFor(2_000);
    await until(() => asked === 2);
  });
});

test("HTML of a proxy is reported with its status", () =>
  ledger({}, async (page) => {
    const lists = "**/v1/face-verifications?limit=*";
    for (const status of [413, 502, 200]) {
      await page.route(lists, (route) =>
        route.fulfill({ status, contentType: "text/html", body: "<html>a proxy</html>" }),
      );
      await page.getByRole("button", { name: /^(Refresh|Show orders)$/ }).click();
      await page.getByText(`Something in front of the gateway returned HTTP ${status}`).waitFor();
      await page.unroute(lists);
    }
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".notice").waitFor({ state: "detached" });
  }));

/** Answers a search for the order with these states, or a failure, the last one for good. */
async function withStates(page, no, states) {
  await page.route("**/v1/face-verifications?search=*", (route) => {
    const status = states.length > 1 ? states.shift() : states[0];
    if (status === "HTTP 502") return route.fulfill({ status: 502, body: "" });
    const createdAt = "2026-01-01T00:00:00Z";
    return route.fulfill({ json: { items: [{ outerOrderNo: no, status, createdAt }] } });
  });
}

test("an order that is being started is read again until it is started", () =>
  withConsole({}, async (page) => {
    const no = "a".repeat(32);
    await withStates(page, no, ["starting", "starting", "HTTP 502", "unknown"]);
    await page.clock.install();
    // From the page of another order.
    await page.goto(`${stack.url}/#/ledger/garbage`);
    await page.getByText("There is no such order under this token.").waitFor();
    await page.goto(`${stack.url}/#/ledger/${no}`);
    await page.locator(".verdict.starting").waitFor();
    await page.getByRole("button", { name: "Update now" }).waitFor();
    await page.clock.runFor(2_500);
    await page.clock.runFor(2_500);
    await page.getByText("returned HTTP 502").waitFor();
    await page.clock.runFor(5_500);
    await page.locator(".verdict.unknown").getByText("restartUnknown=true").waitFor();
    await assertAccessible(page);
    // The caller has started it again.
    await page.unroute("**/v1/face-verifications?search=*");
    await withStates(page, no, ["expired"]);
    await page.getByRole("button", { name: "Update now" }).click();
    await page.locator(".verdict.expired").waitFor();
  }));

test("an address that names no order says so without asking", () =>
  withConsole({}, async (page) => {
    const sent = [];
    page.on("request", (request) => sent.push(request.url()));
    await page.goto(`${stack.url}/#/ledger/garbage`);
    await page.getByText("There is no such order under this token.").waitFor();
    assert.ok(!sent.some((url) => url.includes("search=")));
  }));

test("a token that has become invalid can be replaced on an order's page", async () => {
  const { no } = await order(null);
  await withConsole({}, async (page) => {
    await page.goto(`${stack.url}/#/ledger/${no}`);
    await page.getByText("Last query", { exact: true }).waitFor();
    const reads = `**/v1/face-verifications/${no}?material=false`;
    await page.route(reads, (route) =>
      route.continue({ headers: { ...route.request().headers(), authorization: "Bearer rotated" } }),
    );
    await page.getByRole("button", { name: "Update now" }).click();
    await page.getByRole("alert").getByText("This token is not valid.").waitFor();
    await page.unroute(reads);
    const field = page.getByLabel("Access token (bearer)");
    await field.fill("dev-token-2");
    await field.fill("dev-token");
    await page.keyboard.press("Enter");
    await page.locator(".verdict.pending").waitFor();
  });
});

test("a filter that begins after its end says so", () =>
  ledger({}, async (page) => {
    await page.getByLabel("From").fill("2026-02-01");
    await page.getByLabel("To", { exact: true }).fill("2026-01-01");
    await page.getByText("This is after the date in To.").waitFor();
    await assertAccessible(page);
  }));
