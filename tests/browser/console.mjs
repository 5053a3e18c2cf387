// Runs the console in Chromium, served by the gateway in workerd with the sandbox as its upstream. All tests in this
// folder share one stack.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { browser as installed } from "../../scripts/lib/project.mjs";
import { startBoth } from "../support/gateway.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The texts that the tests read and click, in both languages. */
export const words = {
  zh: {
    locale: "zh-CN",
    start: "发起认证",
    open: "打开认证",
    passed: "200 认证通过",
    again: "重新开始",
    verdict: { passed: "通过", rejected: "未通过", pending: "等待用户完成" },
    billed: /是否计费\s*是/,
    meaning: "不核实姓名与证件号码是否真实",
    minutes: /链接还有 1[45] 分钟有效/,
    askNow: "立即查询",
    code: "代码",
    certNo: /^证件号码/,
    certName: /^姓名/,
    walkthrough: "认证演示",
    other: "Switch to English",
  },
  en: {
    locale: "en-GB",
    start: "Start verification",
    open: "Open verification",
    passed: "200 The user passed",
    again: "Start over",
    verdict: { passed: "Passed", rejected: "Rejected", pending: "Waiting for the user" },
    billed: /Billed\s*Yes/,
    meaning: "It does not check that the name and the number are genuine",
    minutes: /valid for 1[45] more minutes/,
    askNow: "Update now",
    code: "Code",
    certNo: /^Identity number/,
    certName: /^Name/,
    walkthrough: "Walk-through",
    other: "切换到中文",
  },
};

/** Both languages in both widths; each language and each width occurs with each theme. */
export const looks = [
  { language: "zh", width: 1440, theme: "light" },
  { language: "en", width: 1440, theme: "dark" },
  { language: "zh", width: 360, theme: "dark" },
  { language: "en", width: 360, theme: "light" },
];

export const stack = {};

before(async () => {
  const both = await startBoth();
  Object.assign(stack, { both, url: both.gateway.url, sandbox: both.endpoint });
  const { chrome } = installed();
  stack.browser = await chromium.launch({ executablePath: chrome, args: FLAGS });
});

after(async () => {
  await stack.browser?.close();
  await stack.both?.close();
});

/**
 * Opens the console in a separate browser. `use` receives the page and the texts of its language. Afterwards, the
 * page must not have logged any error that was not `expected`, and must have sent requests only to the gateway and
 * the sandbox.
 */
export async function withConsole(
  {
    language = "en",
    width = 1440,
    theme = "light",
    hash = "",
    expected = /^$/,
    origin = stack.url,
    timezoneId = "Asia/Shanghai",
  },
  use,
) {
  const context = await stack.browser.newContext({
    locale: words[language].locale,
    timezoneId,
    colorScheme: theme,
    viewport: { width, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  try {
    const page = await context.newPage();
    const errors = [];
    const elsewhere = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      // The browser itself logs a refused request; the page shows it.
      const refused = message.text().startsWith("Failed to load resource");
      const text = message.text();
      if (message.type() === "error" && !refused && !expected.test(text)) errors.push(text);
    });
    page.on("request", (request) => {
      const to = new URL(request.url());
      if (to.protocol !== "blob:" && ![origin, stack.sandbox].includes(to.origin)) elsewhere.push(to.href);
    });
    await page.goto(`${origin}/${hash}`);
    await use(page, words[language], context);
    assert.deepEqual(errors, []);
    assert.deepEqual(elsewhere, []);
  } finally {
    await context.close();
  }
}

/** Asserts that axe finds no problems; reports them as readable lines. */
export async function assertAccessible(page) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
  });
  assert.deepEqual(violations, []);
}

/** Asserts that the page does not scroll sideways. */
export async function assertFits(page) {
  const { wide, width } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    width: document.documentElement.clientWidth,
  }));
  assert.ok(wide <= width, `the page is ${wide} wide in a window of ${width}`);
}

/** Presses Tab until the intended element has the focus. */
export async function tabTo(page, name) {
  const passed = [];
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
    if (focused === name) return;
    passed.push(focused);
  }
  assert.fail(`${name} is not reached by Tab; passed ${passed.join(" | ")}`);
}
