// The simulated phone's page, which the sandbox itself serves.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";
import { assertAccessible, assertFits, looks, tabTo, withConsole } from "./console.mjs";

const SCENE = 1000000006;
const KEY = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const phone = {
  zh: {
    title: "模拟手机",
    empty: "还没有等待中的认证。用任意",
    back: "返回 ReturnUrl",
    page: "实人认证（模拟）",
    ready: "App 已收到 CertifyId",
    open: "打开认证",
    blink: "请正对屏幕并眨眼",
    giveUp: "放弃",
    gaveUp: /已放弃.*424/,
    more: "其他产品的结果",
    codes: "查询时报错",
    passed: "已提交：通过",
    rejected: "已提交：未通过",
    failed: "已提交：查询将报错",
    expired: "已过期",
    recent: "最近结束的认证",
  },
  en: {
    title: "Simulated phone",
    empty: "No verification is waiting.Call",
    back: "Back to ReturnUrl",
    page: "Face verification (simulated)",
    ready: "The app has its CertifyId",
    open: "Open verification",
    blink: "Look at the screen and blink",
    giveUp: "Give up",
    gaveUp: /Given up.*424/,
    more: "Outcomes of other products",
    codes: "Errors of the query",
    passed: "Submitted: passed",
    rejected: "Submitted: not passed",
    failed: "Submitted: the query will fail",
    expired: "Expired",
    recent: "Recently ended",
  },
};

const screen = (page) => page.locator(".phone-screen");

/**
 * Asserts that the English page contains no Chinese, and that the Chinese page shows Alibaba
 * Cloud's messages.
 */
async function assertOneLanguage(place, language) {
  const text = (await place.allTextContents()).join(" ");
  if (language === "en") assert.doesNotMatch(text, /\p{Script=Han}/u);
  else assert.match(text, /活体检测存在风险/);
}

/**
 * Starts a sandbox with its phone page; `use` receives the page, the sandbox, a client and the
 * texts.
 */
async function withPhone(look, options, use) {
  const sandbox = createSandbox(options);
  try {
    const { url, port } = await sandbox.listen();
    const client = new FaceVerifyClient({ ...KEY, endpoint: url, maxAttempts: 1 });
    const start = async (outerOrderNo = newOuterOrderNo()) => {
      const order = { sceneId: SCENE, outerOrderNo, metaInfo: '{"zimVer":"3.0.0"}' };
      return (await client.initFaceVerify(order)).certifyId;
    };
    const startInBrowser = (returnUrl, userId) =>
      client.initFaceVerify({
        sceneId: SCENE,
        userId,
        outerOrderNo: newOuterOrderNo(),
        metaInfo: '{"bioMetaInfo":"4.1.0:2916352,0","deviceType":"h5","ua":"Mozilla/5.0"}',
        certifyUrlType: "H5",
        returnUrl,
      });
    const ask = (certifyId) => client.describeFaceVerify({ sceneId: SCENE, certifyId });
    const words = phone[look.language ?? "en"];
    await withConsole({ ...look, origin: url, hash: "_sandbox/phone" }, (page, _, context) =>
      use({ page, words, sandbox, start, startInBrowser, ask, port, context }),
    );
  } finally {
    await sandbox.close();
  }
}

async function assertSound(page) {
  await assertFits(page);
  await assertAccessible(page);
}

for (const look of looks) {
  test(`the simulated phone, step by step: ${Object.values(look).join(", ")}`, () =>
    withPhone(look, {}, async ({ page, words, sandbox, start, ask }) => {
      await page.getByRole("heading", { name: words.title }).waitFor();
      await page.locator("#list").getByText(words.empty.slice(0, 8)).waitFor();
      assert.ok((await page.locator("#list").innerText()).replaceAll("\n", "").startsWith(words.empty));
      await assertSound(page);

      const certifyId = await start();
      const other = await start();
      await sandbox.submit(other, "passed");
      await page.locator("#list").getByRole("button").first().click();
      await screen(page).getByText(words.ready).waitFor();
      assert.equal(await page.locator("#list > ul > li").count(), 1, "what has ended waits no more");
      await assertSound(page);

      await page.getByRole("button", { name: words.open }).click();
      await screen(page).getByText(words.blink).waitFor();
      assert.equal((await sandbox.verification(certifyId)).stage, "opened");
      for (const folded of [words.more, words.codes]) await page.getByText(folded).click();
      await assertSound(page);

      await page.getByRole("button", { name: words.giveUp }).click();
      await page.getByText(words.gaveUp).waitFor();
      assert.equal((await ask(certifyId)).code, "424");
      await assertSound(page);

      await page.getByRole("button", { name: words.open }).click();
      await assertOneLanguage(screen(page), look.language);
      await page.getByRole("button", { name: /^205/ }).click();
      await screen(page).getByText(words.rejected).waitFor();
      assert.equal((await ask(certifyId)).subCode, "205");
      await page.getByText(words.recent).click();
      await assertSound(page);
    }));
}

test("every outcome has one button, and the query returns it", () =>
  withPhone({}, {}, async ({ page, words, sandbox, start }) => {
    const { subCodes, codes } = await (await sandbox.fetch("http://sandbox/_sandbox/outcomes")).json();
    assert.equal(subCodes.length, 13);
    for (const { outcome, passed } of [...subCodes, ...codes]) {
      const certifyId = await start();
      await page.goto(`${new URL(page.url()).origin}/_sandbox/phone#${certifyId}`);
      await page.getByRole("button", { name: words.open }).click();
      await screen(page).getByText(words.blink).waitFor();
      for (const details of await screen(page).locator("details").all()) {
        if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
      }
      await screen(page).locator(`[data-key="${outcome}"]`).click();
      const title = passed === undefined ? words.failed : passed ? words.passed : words.rejected;
      await screen(page).getByText(title).waitFor();
      const ended = await sandbox.verification(certifyId);
      assert.deepEqual(
        [ended.stage, ended.subCode ?? ended.code, ended.passed ?? undefined],
        ["ended", outcome, passed],
      );
    }
  }));

test("by keyboard alone", () =>
  withPhone({}, {}, async ({ page, words, start, ask }) => {
    const outerOrderNo = newOuterOrderNo();
    const certifyId = await start(outerOrderNo);
    await page.getByText(outerOrderNo).waitFor();
    const listed = await page.locator("#list button").textContent();
    await tabTo(page, listed);
    await page.keyboard.press("Enter");
    // The focus is on the screen, so Tab reaches the next element after it.
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), words.open);
    await page.keyboard.press("Enter");
    await screen(page).getByText(words.blink).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await screen(page).getByText(words.passed).waitFor();
    assert.equal((await ask(certifyId)).status, "passed");
  }));

test("a refused tap; a verification that has expired, is gone, or ends by itself", () =>
  withPhone({}, {}, async ({ page, words, sandbox, start }) => {
    const origin = new URL(page.url()).origin;
    const certifyId = await start();
    await page.goto(`${origin}/_sandbox/phone#${certifyId}`);
    await page.getByRole("button", { name: words.open }).click();
    await screen(page).getByText(words.blink).waitFor();
    // Freezes the list, as if between two polls.
    const lists = /\/verifications\?/;
    await page.route(lists, (route) => route.abort());
    await page.getByRole("alert").getByText("does not respond").waitFor();
    await sandbox.submit(certifyId, "passed");
    await page.getByRole("button", { name: /^206/ }).click();
    await page.unroute(lists);
    await screen(page).getByText(words.passed).waitFor();
    assert.match(await page.locator(".phone [role=alert]").innerText(), /accepts one submission/);
    await assertSound(page);

    const late = await start();
    await page.goto(`${origin}/_sandbox/phone#${late}`);
    await screen(page).getByText(words.ready).waitFor();
    await sandbox.advanceClock(31 * 60_000);
    await screen(page).locator("strong").getByText(words.expired).waitFor();
    await sandbox.reset();
    await page.getByText("This verification no longer exists").waitFor();
    const scripted = await start("sandboxsub205after600s0000000000");
    await page.goto(`${origin}/_sandbox/phone#${scripted}`);
    await page.getByText("Ends automatically").waitFor();
    await assertSound(page);
  }));

test("it asks for the control API's token and does not store it", () =>
  withPhone({}, { controlToken: "the-token-of-this-test" }, async ({ page, start }) => {
    const outerOrderNo = newOuterOrderNo();
    await start(outerOrderNo);
    const field = page.getByLabel("Token of the control API");
    await field.fill("another");
    await assertSound(page);
    await page.getByRole("button", { name: "Use" }).click();
    await page.getByRole("alert").getByText("The token is invalid").waitFor();
    await field.fill("the-token-of-this-test");
    await page.keyboard.press("Enter");
    await page.getByText(outerOrderNo).waitFor();
    await page.getByRole("button", { name: "中文" }).click();
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.match(kept, /"language\\":\\"zh/);
    assert.ok(!`${kept}${page.url()}`.includes("the-token-of-this-test"));
    await page.reload();
    await page.getByLabel("控制接口的访问令牌").waitFor();
  }));

test("a closed control API says who must act; an unreachable sandbox is reported, and the page recovers", async () => {
  await withPhone({}, { controlToken: "" }, async ({ page }) => {
    await page.getByRole("alert").getByText("the operator must set its token").waitFor();
    await assertSound(page);
  });
  await withPhone({}, {}, async ({ page, context, words }) => {
    await page.locator("#list").getByText(words.empty.slice(0, 8)).waitFor();
    await context.setOffline(true);
    await page.getByRole("alert").getByText("does not respond").waitFor();
    await assertSound(page);
    await context.setOffline(false);
    await page.getByRole("button", { name: "Retry now" }).click();
    await page.getByRole("alert").getByText("does not respond").waitFor({ state: "detached" });
  });
});

for (const look of looks) {
  test(`in a browser: CertifyUrl, one submission, ReturnUrl: ${Object.values(look).join(", ")}`, () =>
    withPhone(look, {}, async ({ page, words, sandbox, startInBrowser, ask }) => {
      // A page of the same origin, so that no other server is called.
      const returnUrl = `${new URL(page.url()).origin}/_sandbox/phone.css?order=1#/done`;
      const { certifyId, certifyUrl } = await startInBrowser(returnUrl);
      await page.goto(certifyUrl);
      await page.getByRole("heading", { name: words.page }).waitFor();
      await page.getByRole("button", { name: words.open }).waitFor();
      assert.equal(await page.locator("#list").isVisible(), false, "other verifications stay unseen");
      await assertSound(page);

      await page.getByRole("button", { name: words.open }).click();
      await page.getByRole("button", { name: words.giveUp }).click();
      await page.waitForURL(/phone\.css/);
      assert.deepEqual(wayBack(page), { order: "1", hash: "#/done", code: 1003, certifyId });

      await page.goto(certifyUrl);
      await page.getByRole("button", { name: words.open }).click();
      await page.getByRole("button", { name: /^200/ }).click();
      await page.waitForURL(/phone\.css/);
      assert.deepEqual(wayBack(page), { order: "1", hash: "#/done", code: 1000, certifyId });
      assert.equal((await ask(certifyId)).status, "passed");

      await page.goto(certifyUrl);
      await screen(page).getByText(words.passed).waitFor();
      assert.equal(await screen(page).getByRole("button").count(), 0, "a CertifyUrl is used once");
      const link = await page.getByRole("link", { name: words.back }).getAttribute("href");
      assert.equal(link, (await sandbox.verification(certifyId)).returnUrl);
      await assertSound(page);
    }));
}

/** The parameters in the URL to which the browser has returned. */
function wayBack(page) {
  const { searchParams, hash } = new URL(page.url());
  const { code, extInfo } = JSON.parse(searchParams.get("response"));
  return { order: searchParams.get("order"), hash, code, certifyId: extInfo.certifyId };
}

test("an end elsewhere takes the browser back, too", () =>
  withPhone({}, {}, async ({ page, sandbox, startInBrowser }) => {
    const { certifyId, certifyUrl } = await startInBrowser(
      `${new URL(page.url()).origin}/_sandbox/phone.css`,
    );
    await page.goto(certifyUrl);
    await page.getByRole("button", { name: phone.en.open }).waitFor();
    await sandbox.submit(certifyId, "206");
    await page.waitForURL(/phone\.css/);
    assert.equal(wayBack(page).code, 2006);
  }));

test("a verification that has ended before the page opens takes the browser back once", () =>
  withPhone({}, {}, async ({ page, words, sandbox, startInBrowser }) => {
    const returnUrl = `${new URL(page.url()).origin}/_sandbox/phone.css`;
    const scripted = await startInBrowser(returnUrl, "sandbox-sub-205");
    const submitted = await startInBrowser(returnUrl);
    await sandbox.submit(submitted.certifyId, "206");
    for (const { certifyId, certifyUrl } of [scripted, submitted]) {
      await page.goto(certifyUrl);
      await page.waitForURL(/phone\.css/);
      assert.deepEqual([wayBack(page).code, wayBack(page).certifyId], [2006, certifyId]);
      await page.goBack();
      await screen(page).getByText(words.rejected).waitFor();
      await page.reload();
      await page.getByRole("link", { name: words.back }).waitFor();
    }
  }));

test("the list says how each has ended, the last to end first", () =>
  withPhone({}, {}, async ({ page, words, sandbox, start }) => {
    const orders = [];
    for (const outcome of ["passed", "205", "500"]) {
      const outerOrderNo = newOuterOrderNo();
      orders.push({ outerOrderNo, outcome, certifyId: await start(outerOrderNo) });
      await sandbox.advanceClock(1_000);
    }
    // They end in a different order than they were started.
    for (const at of [1, 2, 0]) {
      await sandbox.submit(orders[at].certifyId, orders[at].outcome);
      await sandbox.advanceClock(1_000);
    }
    await page.getByText(words.recent).click();
    const rows = await page.locator("#list details li").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => orders.findIndex(({ outerOrderNo }) => row.includes(outerOrderNo))),
      [0, 2, 1],
    );
    assert.match(rows[0], /\npassed · 200 · /);
    assert.match(rows[1], /\nthe query fails · 500 · /);
    assert.match(rows[2], /\nnot passed · 205 · /);
  }));

test("the page's policy allows its own files alone", () =>
  withPhone({ expected: /Content Security Policy/ }, {}, async ({ page }) => {
    const blocked = await page.evaluate(async () => {
      const found = [];
      const both = new Promise((resolve) =>
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          found.push(effectiveDirective);
          if (found.length === 2) resolve();
        }),
      );
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.head.append(script);
      await fetch("http://127.0.0.1:9/").catch(() => {});
      await both;
      return { found: found.sort(), ran: globalThis.ran === true };
    });
    assert.deepEqual(blocked, { found: ["connect-src", "script-src-elem"], ran: false });
  }));

test("the console opens it at the verification just started", () =>
  withConsole({}, async (page, words, context) => {
    await page.getByRole("button", { name: words.start }).click();
    await page.getByRole("button", { name: words.open }).waitFor();
    const opened = context.waitForEvent("page");
    await page.getByRole("link", { name: "The sandbox's own simulated phone" }).click();
    const own = await opened;
    await own.getByRole("button", { name: phone.en.open }).click();
    await screen(own).getByText(phone.en.blink).waitFor();
  }));
