// The signature laboratory.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAccessible, assertFits, looks, stack, withConsole } from "./console.mjs";

const laboratory = (look, use) => withConsole({ ...look, hash: "#/signature" }, use);
const examples = {
  zh: { right: "阿里云文档的示例", mismatch: "服务端响应不一致" },
  en: { right: "Alibaba Cloud's published example", mismatch: "The server disagrees" },
};

for (const look of looks) {
  test(`a request step by step, and the first difference: ${Object.values(look).join(", ")}`, () =>
    laboratory(look, async (page) => {
      await page.getByRole("button", { name: examples[look.language].right }).click();
      await page.locator(".notice.good").waitFor();
      assert.equal(await page.locator(".signature").textContent(), "9NaGiOspFP5UPcwX8Iwt2YJXXuk=");
      await page.getByRole("button", { name: examples[look.language].mismatch }).click();
      await page.locator(".compared mark").first().waitFor();
      const marked = await page.locator(".compared mark").allTextContents();
      assert.deepEqual(marked, ["%2520", "∅"]);
      await assertFits(page);
      await assertAccessible(page);
    }));
}

for (const width of [360, 1440]) {
  test(`what was pasted and the verdict are in sight together, before the steps: ${width}`, () =>
    laboratory({ width }, async (page) => {
      await page.setViewportSize({ width, height: 900 });
      await page.getByRole("button", { name: "A space encoded as +" }).click();
      const request = page.getByLabel("Request", { exact: true });
      if (width === 360) await request.evaluate((field) => field.scrollIntoView({ block: "start" }));
      const box = (selector) =>
        page.locator(selector).evaluate((part) => part.getBoundingClientRect().toJSON());
      const verdict = await box(".outcome-column .notice");
      const pasted = await request.evaluate((part) => part.getBoundingClientRect().toJSON());
      assert.ok(pasted.bottom <= 900 && pasted.top >= 0, JSON.stringify(pasted));
      assert.ok(verdict.bottom <= 900 && verdict.top >= 0, JSON.stringify(verdict));
      assert.ok(verdict.top < (await box("#stages-title")).top);
      if (width === 1440) {
        await page.locator(".signature").scrollIntoViewIfNeeded();
        const later = await request.evaluate((part) => part.getBoundingClientRect().toJSON());
        assert.ok(later.top >= 0 && later.bottom <= 900, "it stays while the steps are read");
      }
    }));
}

test("an example has its address and the time of today; what is typed has none", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "The server disagrees" }).click();
    await page.waitForURL(/#\/signature\/mismatch$/);
    const today = new Date().toISOString().slice(0, 10);
    const request = page.getByLabel("Request", { exact: true });
    assert.ok((await request.inputValue()).includes(`Timestamp=${today}`));
    await page.reload();
    await page.locator(".compared mark").first().waitFor();
    assert.ok((await request.inputValue()).includes("OuterOrderNo"));
    await request.fill("AccessKeyId=secret-of-mine");
    await page.waitForURL(/#\/signature$/);
    await page.getByRole("button", { name: "InitFaceVerify (curl)" }).click();
    await page.locator(".notice.good").waitFor();
    await page.getByText("The signature is correct").waitFor();
  }));

test("the link to a request holds its shape, no secret and nothing of a person", () =>
  laboratory({}, async (page) => {
    const request = page.getByLabel("Request", { exact: true });
    await page.getByRole("button", { name: "The server disagrees" }).click();
    await page.locator(".compared mark").first().waitFor();
    const pasted = await request.inputValue();
    await page.locator(".request-link summary").click();
    await page.getByText("follows the # in the link").waitFor();
    await page.getByRole("button", { name: /^Copy Link/ }).click();
    await page.getByText("Copied").waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(new URL(page.url()).hash, "#/signature/mismatch", "the address does not change");
    const { origin, pathname, search, hash } = new URL(link);
    assert.deepEqual([origin, pathname, search], [stack.url, "/", ""]);
    const held = decodeURIComponent(decodeURIComponent(hash));
    const [, signature] = /Signature=(\S+)/.exec(pasted);
    for (const value of [
      "张三",
      "330103",
      "testid",
      "testsecret",
      "123456789",
      "e0c34a77",
      "zimVer",
      signature,
    ])
      assert.ok(!held.includes(value), value);
    for (const value of ["CertName=某某", "Action=InitFaceVerify", "Timestamp=20", "MetaInfo="])
      assert.ok(held.includes(value), value);

    await page.goto("about:blank");
    await page.goto(link);
    await page.getByText("came with a link").waitFor();
    assert.match(await request.inputValue(), /^POST \/ HTTP\/1\.1\nHost: cloudauth\.aliyuncs\.com\n/);
    await page.getByText("17 parameters are signed").waitFor();
    await assertFits(page);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Clear" }).click();
    assert.equal(await page.getByText("came with a link").count(), 0);
    await page.waitForURL(/#\/signature$/);
  }));

test("a link with a long request is not opened", () =>
  laboratory({}, async (page) => {
    await page.goto("about:blank");
    const request = `https://cloudauth.aliyuncs.com/?Action=X&A=${"a".repeat(20_000)}`;
    await page.goto(`${stack.url}/#/signature/${encodeURIComponent(`request:${request}`)}`);
    await page.getByText("This request is too long for a link").waitFor();
    const field = page.getByLabel("Request", { exact: true });
    assert.equal(await field.inputValue(), "");
    await field.fill(`INFO url=${request}`);
    await page.getByText("Only a part of the pasted text was read").waitFor();
    assert.equal(await page.getByText("This request is too long for a link").count(), 0);
  }));

test("a parameter's encoding fits into its place", () =>
  withConsole({ language: "en", width: 1280, hash: "#/signature" }, async (page) => {
    await page.locator(".examples button").nth(3).click();
    const place = page.locator(".encoding");
    await place.locator("table").waitFor();
    assert.ok(await place.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
  }));

test("the place for a parameter's encoding is never empty", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "InitFaceVerify (curl)" }).click();
    await page.locator(".encoding").getByText("CertName").waitFor();
  }));

test("the mistake behind a wrong signature is named", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "A space encoded as +" }).click();
    await page.getByText("A space was encoded as + instead of %20").waitFor();
    await page.getByText("differs", { exact: true }).waitFor();
  }));

test("a parameter's encoding shows on focus and on hover, in every step", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "InitFaceVerify (curl)" }).click();
    await page.locator(".parameter", { hasText: "CertName" }).focus();
    await page.getByRole("row", { name: "张 %E5%BC%A0 %25E5%25BC%25A0" }).waitFor();
    assert.equal(await page.locator(".segment.picked").count(), 2);
    await page.locator(".segment", { hasText: "MetaInfo" }).first().hover();
    await page.getByRole("row", { name: "space %20 %2520" }).waitFor();
  }));

test("ACS3 shows the canonical request and the header", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "ACS3-HMAC-SHA256" }).click();
    await page.locator(".notice.good").waitFor();
    assert.equal(
      await page.locator(".signature").textContent(),
      "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
    await page.getByText("host;x-acs-action;").first().waitFor();
  }));

test("real server answers are explained", () =>
  laboratory({}, async (page) => {
    const body = new URLSearchParams({
      AccessKeyId: "sandbox-key-id",
      Action: "DescribeFaceVerify",
      Format: "JSON",
      Version: "2019-03-07",
      SignatureMethod: "HMAC-SHA1",
      SignatureVersion: "1.0",
      SignatureNonce: crypto.randomUUID(),
      Timestamp: new Date().toISOString().replace(/\.\d+/, ""),
      SceneId: "1000000006",
      CertifyId: "91707dc296d469ad38e4c5efa6a0f24b",
      Signature: "d3JvbmcsIGFuZCAyMCBieXRlcy4=",
    });
    const answer = await fetch(stack.sandbox, { method: "POST", body });
    assert.equal(answer.status, 400);
    await page.getByLabel("Request", { exact: true }).fill(`curl -X POST ${stack.sandbox}/ -d '${body}'`);
    const text = await answer.text();
    await page.getByLabel(/^Server's response/).fill(text);
    // That the request arrived unchanged does not show what the program signed.
    await page.getByText("the string that the program signed is unknown").waitFor();
    await page.getByText("the program may have signed a different string").waitFor();
    assert.equal(await page.locator(".notice.bad").count(), 0);
    await page.getByLabel(/^Server's response/).fill(text.slice(0, text.indexOf("SceneId")));
    await page.getByText("The server's response is truncated").waitFor();
    await page.getByLabel(/^Server's response/).fill(text.replace("91707dc296d469ad38e4c5efa6a0f24b", "***"));
    await page.getByText("A log masked parts of the server's response").waitFor();
    assert.equal(await page.locator(".notice.bad").count(), 0);
    await page.getByLabel(/^Server's response/).fill(text);
    // Something in between changed the scene.
    await page
      .getByLabel("Request", { exact: true })
      .fill(`curl -X POST ${stack.sandbox}/ -d '${body}'`.replace("SceneId=1000000006", "SceneId=7"));
    await page.getByText("Parameter SceneId differs from the value that the server received").waitFor();
  }));

test("a signature over GBK is named, by the browser's own table", () =>
  laboratory({ expected: /favicon\.svg/ }, async (page) => {
    // Python: base64(hmac(b"testsecret&", string_to_sign, sha1)), with CertName encoded by quote("张三".encode("gbk")).
    const request = [
      "POST / HTTP/1.1",
      "Host: cloudauth.aliyuncs.com",
      "",
      "AccessKeyId=testid&Action=InitFaceVerify&CertName=%E5%BC%A0%E4%B8%89&Format=JSON&SignatureMethod=HMAC-SHA1&SignatureNonce=1&SignatureVersion=1.0&Timestamp=2023-10-26T10%3A22%3A32Z&Version=2019-03-07&Signature=p%2FEONysx1ZciChGtUkMamR6l96A%3D",
    ];
    await page.getByLabel("Request", { exact: true }).fill(request.join("\n"));
    await page.getByLabel(/^AccessKeySecret/).fill("testsecret");
    await page.getByText("Chinese characters were signed as GBK instead of UTF-8").waitFor();
    await page.getByText("Evidence: a calculation with the entered secret").waitFor();
  }));

test("typing a secret for a request with a picture waits for a pause", () =>
  laboratory({}, async (page) => {
    const request = page.getByLabel("Request", { exact: true });
    await page.getByRole("button", { name: "Alibaba Cloud's published example" }).click();
    const pasted = await request.inputValue();
    await request.fill(`${pasted}&Picture=${"A".repeat(300_000)}`);
    // No timer may be pending when the clock is replaced.
    await page.locator(".parameter-name", { hasText: "Picture" }).waitFor();
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    const secret = page.getByLabel(/^AccessKeySecret/);
    const verdict = page.getByText("A URL does not show whether");
    for (const typed of ["w", "wr", "wro"]) {
      await secret.fill(typed);
      await page.clock.runFor(100);
      assert.equal(await verdict.count(), 0);
    }
    await page.clock.runFor(1000);
    await verdict.waitFor();
  }));

test("unreadable input is reported", () =>
  laboratory({}, async (page) => {
    const request = page.getByLabel("Request", { exact: true });
    await request.fill("curl 'https://cloudauth.aliyuncs.com/");
    await page.getByText("A quote in the curl command is not closed").waitFor();
    await request.fill("");
    await page.getByText("Paste a request, or choose an example.").waitFor();
  }));

test("a secret is not sent, not stored, and gone when the tool is left", () =>
  // Chromium requests the icon again, and even that is refused.
  laboratory({ expected: /favicon\.svg/ }, async (page) => {
    await page.getByRole("button", { name: "InitFaceVerify (curl)" }).click();
    await page.locator(".signature").waitFor();
    const requests = [];
    page.on("request", (request) => requests.push(request.url()));
    await page.getByLabel(/^AccessKeySecret/).fill("a-secret-that-is-not-kept");
    await page.getByText("The cause is unknown").waitFor();
    assert.deepEqual(requests, []);
    const kept = () =>
      page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!(await kept()).includes("a-secret"));
    // Leaving loses what was pasted, so it asks.
    const request = page.getByLabel("Request", { exact: true });
    const leave = async (answer) => {
      const asked = page.waitForEvent("dialog");
      const clicked = page.getByRole("link", { name: "Orders" }).click();
      await (await asked)[answer]();
      await clicked;
    };
    // The laboratory's own link leaves nothing.
    await page.getByRole("link", { name: "Signature" }).click();
    assert.ok((await request.inputValue()).includes("InitFaceVerify"));
    await leave("dismiss");
    assert.ok((await request.inputValue()).includes("InitFaceVerify"));
    assert.match(page.url(), /#\/signature/);
    await leave("accept");
    await page.getByRole("heading", { name: "Orders", exact: true }).waitFor();
    await page.getByRole("link", { name: "Signature" }).click();
    assert.equal(await page.getByLabel(/^AccessKeySecret/).inputValue(), "");
    assert.ok(!(await kept()).includes("a-secret"));
  }));

test("no script of the page can send a secret that was typed", () =>
  laboratory({ expected: /Content Security Policy/ }, async (page) => {
    /** Tests which requests succeed: to destinations that the console may call, and to others. */
    const sent = () =>
      page.evaluate(async (sandbox) => {
        const image = (source) =>
          new Promise((resolve, reject) => {
            Object.assign(new Image(), { onload: resolve, onerror: reject, src: source });
          });
        const ways = {
          gateway: fetch("/livez?secret"),
          "image of the gateway": image("/favicon.svg?secret"),
          sandbox: fetch(`${sandbox}/_sandbox/state?secret`),
          elsewhere: fetch("https://example.com/?secret"),
        };
        const settled = await Promise.allSettled(Object.values(ways));
        return Object.keys(ways).filter((_, index) => settled[index].status === "fulfilled");
      }, stack.sandbox);
    await page.getByRole("button", { name: "InitFaceVerify (curl)" }).click();
    assert.deepEqual(await sent(), ["gateway", "image of the gateway", "sandbox"]);
    await page.getByLabel(/^AccessKeySecret/).fill("a-secret");
    assert.deepEqual(await sent(), []);
    // The laboratory itself keeps working.
    await page.getByText("The cause is unknown").waitFor();
    await page.getByRole("button", { name: "切换到中文" }).click();
    await page.getByRole("heading", { name: "签名实验室" }).waitFor();
  }));

test("a response alone is shown step by step, from either field", () =>
  laboratory({}, async (page) => {
    await page.getByRole("button", { name: "The server disagrees" }).click();
    await page.locator(".compared mark").first().waitFor();
    const response = await page.getByLabel(/^Server's response/).inputValue();
    const request = page.getByLabel("Request", { exact: true });
    await request.fill("");
    await page.getByText("Read from the server's response").waitFor();
    await page.getByText("This is the server's response alone").waitFor();
    await page.locator(".parameter-name", { hasText: "MetaInfo" }).waitFor();
    await assertAccessible(page);
    await page.getByLabel(/^Server's response/).fill("");
    await page.getByText("Paste a request, or choose an example.").waitFor();
    await request.fill(response);
    await page.getByText("This is the server's response alone").waitFor();
    await page.getByText("paste only the request here").waitFor();
  }));

test("a request alone, and one without a signature, say what is missing", () =>
  laboratory({ expected: /favicon\.svg/ }, async (page) => {
    await page.getByRole("button", { name: "Alibaba Cloud's published example" }).click();
    await page.locator(".notice.good").waitFor();
    await page.getByLabel(/^AccessKeySecret/).fill("");
    await page.getByText("Nothing wrong is visible in the request alone").waitFor();
    await page.getByLabel(/^Server.s response/).fill("502 Bad Gateway");
    await page.getByText("neither a string to sign nor a known code").waitFor();
    await page.getByLabel("Request", { exact: true }).fill("Action=X\nFormat=JSON");
    await page.getByLabel(/^AccessKeySecret/).fill("testsecret");
    await page.locator(".signature").waitFor();
  }));

test("a long value is shown in part and copied in full", () =>
  laboratory({}, async (page) => {
    const value = "证".repeat(60_000);
    await page.getByLabel("Request", { exact: true }).fill(`Action=X\nPicture=${value}\nFormat=JSON`);
    await page.getByText("60,000 characters; copying takes all of them").waitFor();
    assert.ok((await page.locator(".escaped").count()) < 10_000);
    await page.getByRole("button", { name: "Copy Canonicalized query" }).click();
    await page.getByText("Copied").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.length > 9 * 60_000);
  }));
