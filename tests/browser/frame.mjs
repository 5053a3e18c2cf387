// What all tools share: language, theme, URLs, and messages if a server does not respond.

import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../support/gateway.mjs";
import { assertAccessible, assertFits, looks, stack, withConsole } from "./console.mjs";

const tools = ["walkthrough", "signature", "identity", "identity/list", "ledger"];

// 320 pixels are left of 1280 at a zoom of 400 %.
for (const look of [...looks, { language: "en", width: 320, theme: "light" }]) {
  test(`every tool by its own address: ${Object.values(look).join(", ")}`, () =>
    withConsole(look, async (page) => {
      for (const tool of tools) {
        await page.goto(`${stack.url}/#/${tool}`);
        await page.locator(".page .card").first().waitFor();
        await assertFits(page);
        await assertAccessible(page);
      }
    }));
}

for (const width of [768, 1440]) {
  test(`the header is one line in English: ${width}`, () =>
    withConsole({ language: "en", width }, async (page) => {
      await page.locator(".badge").waitFor();
      const tops = await page
        .locator(".top-inner > *")
        .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect()).map(({ top }) => top));
      const height = await page.locator(".top").evaluate((header) => header.offsetHeight);
      assert.ok(Math.max(...tops) < height / 2 && height < 60, `the header is ${height} high`);
    }));
}

test("the language is chosen and kept", () =>
  withConsole({ language: "zh" }, async (page, words) => {
    await page.getByRole("heading", { name: "认证演示" }).waitFor();
    await page.getByRole("button", { name: words.other }).click();
    await page.getByRole("heading", { name: "Walk-through" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.match(await page.title(), /^Walk-through/);
    await page.reload();
    await page.getByRole("heading", { name: "Walk-through" }).waitFor();
  }));

test("the first known language of the browser counts", () =>
  withConsole({}, async (page, words, context) => {
    for (const [languages, heading] of [
      [["en-US", "en", "zh-CN"], "Walk-through"],
      [["fr", "zh-Hans-CN", "en"], "认证演示"],
    ]) {
      const other = await context.newPage();
      await other.addInitScript((languages) => {
        Object.defineProperty(navigator, "languages", { value: languages });
      }, languages);
      await other.goto(stack.url);
      await other.getByRole("heading", { name: heading, exact: true }).waitFor();
      await other.close();
    }
  }));

test("without the browser's clipboard, a text is copied in the old way", () =>
  withConsole({}, async (page, words, context) => {
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.reload();
    await page.locator(".http").waitFor();
    await page.locator(".step-order .code-panel summary").click();
    const copy = page.locator(".step-order .code-panel").getByRole("button", { name: /^Copy/ });
    await copy.click();
    await page.locator(".step-order .code-panel").getByText("Copied").waitFor();
    assert.ok(await copy.evaluate((button) => button === document.activeElement));
    const other = await context.newPage();
    await other.goto(`${stack.url}/favicon.svg`);
    assert.match(await other.evaluate(() => navigator.clipboard.readText()), /GatewayClient/);
  }));

test("a tool that does not load asks for a reload", () =>
  withConsole({}, async (page) => {
    await page.locator(".http").waitFor();
    await page.route("**/assets/page-*.js", (route) => route.fulfill({ status: 404 }));
    await page.getByRole("link", { name: "Identity" }).click();
    await page.getByText("This part of the console did not load").waitFor();
    await assertAccessible(page);
    await page.unroute("**/assets/page-*.js");
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByRole("tab", { name: "One" }).waitFor();
  }));

test("the theme follows the system until one is chosen", () =>
  withConsole({ theme: "dark" }, async (page) => {
    const theme = () => page.locator("html").getAttribute("data-theme");
    assert.equal(await theme(), "dark");
    await page.emulateMedia({ colorScheme: "light" });
    await page.locator("html[data-theme=light]").waitFor();
    await page.getByRole("button", { name: "Switch to dark" }).click();
    assert.equal(await theme(), "dark");
    await page.reload();
    assert.equal(await theme(), "dark");
  }));

test("going to another tool moves the focus to its heading", () =>
  withConsole({}, async (page) => {
    await page.getByRole("link", { name: "Signature" }).click();
    await page.getByRole("heading", { name: "Signature laboratory" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
    await page.goBack();
    await page.getByRole("heading", { name: "Walk-through" }).waitFor();
  }));

test("without the gateway, it says so and can try again", () =>
  withConsole({}, async (page, words, context) => {
    await page.locator(".http").waitFor();
    await context.setOffline(true);
    await page.getByRole("button", { name: words.start }).click();
    await page.getByText("The gateway is unreachable").waitFor();
    await assertAccessible(page);
    await context.setOffline(false);
    await page.getByRole("button", { name: words.start }).click();
    await page.getByRole("button", { name: words.open }).waitFor();
  }));

test("without the WebAssembly module, it says so and can try again", () =>
  withConsole({ hash: "favicon.svg" }, async (page) => {
    await page.route("**/*.wasm", (route) => route.abort());
    await page.goto(stack.url);
    await page.getByText("The WebAssembly module did not load").waitFor();
    await page.unroute("**/*.wasm");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("button", { name: "Start verification" }).waitFor();
  }));

test("in staging the header says so in every width, and the preview names no address of Alibaba Cloud", async () => {
  const gateway = await startGateway({
    GATEWAY_MODE: "staging",
    GATEWAY_SECRET: "0123456789abcdef0123456789abcdef",
    GATEWAY_CALLERS: JSON.stringify([{ id: "shop", tokenSha256: ["0".repeat(64)] }]),
    CLOUDAUTH_ENDPOINTS: stack.sandbox,
    CLOUDAUTH_ACCESS_KEY_ID: "sandbox-key-id",
    CLOUDAUTH_ACCESS_KEY_SECRET: "sandbox-key-secret",
    CLOUDAUTH_SCENE_ID: "1000000006",
  });
  try {
    for (const [language, mode] of [
      ["zh", "预发环境"],
      ["en", "Staging"],
    ]) {
      for (const width of [360, 768, 1440]) {
        await withConsole({ origin: gateway.url, language, width }, async (page) => {
          await page.locator(".badge").getByText(mode, { exact: true }).waitFor();
          assert.ok(!(await page.locator(".http").innerText()).includes("aliyuncs.com"));
          await assertFits(page);
          await assertAccessible(page);
        });
      }
    }
  } finally {
    await gateway.close();
  }
});

test("in production the sandbox is not offered, and tools that need the gateway's key are left out", async () => {
  const gateway = await startGateway({
    GATEWAY_MODE: "production",
    GATEWAY_SECRET: "0123456789abcdef0123456789abcdef",
    GATEWAY_CALLERS: JSON.stringify([{ id: "shop", tokenSha256: ["0".repeat(64)] }]),
    CLOUDAUTH_ENDPOINTS: "cloudauth.aliyuncs.com",
    CLOUDAUTH_ACCESS_KEY_ID: "some-id",
    CLOUDAUTH_ACCESS_KEY_SECRET: "some-secret",
    CLOUDAUTH_SCENE_ID: "1000000007",
    CLOUDAUTH_SIGNATURE_VERSION: "ACS3-HMAC-SHA256",
  });
  try {
    await withConsole({ origin: gateway.url }, async (page, words) => {
      await page.getByText("Production", { exact: true }).waitFor();
      assert.equal(await page.getByLabel(/^Scene ID/).inputValue(), "");
      assert.equal(await page.getByLabel("Access token (bearer)").inputValue(), "");
      assert.ok(await page.getByRole("button", { name: words.start }).isDisabled());
      const request = await page.locator(".http").innerText();
      assert.match(request, /^POST https:\/\/cloudauth\.aliyuncs\.com\//);
      assert.match(request, /authorization\s+…/);
      assert.match(request, /SceneId\s+…/);
      for (const secret of ["some-id", "some-secret", "1000000007"]) assert.ok(!request.includes(secret));
      await page.getByLabel("Access token (bearer)").fill("not-a-token-of-the-shop");
      await page.getByRole("button", { name: words.start }).click();
      await page.locator(".notice.bad").waitFor();
      await assertAccessible(page);
    });
  } finally {
    await gateway.close();
  }
});
