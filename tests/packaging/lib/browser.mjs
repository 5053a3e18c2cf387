// Starts Chromium as the other browser suites do.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { at, browser } from "../../../scripts/lib/project.mjs";

const capabilities = JSON.parse(readFileSync(at("webdriver.json"), "utf8"));
const { args } = capabilities["goog:chromeOptions"];
const running = await chromium.launch({ executablePath: browser().chrome, args });
after(() => running.close());

/**
 * Opens a page and waits until its `<output>` has the result. Any error that the browser logs is a failure,
 * except for the refusals that the page provokes at `endpoint`.
 *
 * @returns {Promise<{ result: object, modules: string[] }>} `modules` are the WebAssembly files that it loaded
 */
export async function open(url, endpoint) {
  const context = await running.newContext();
  const page = await context.newPage();
  const complaints = [];
  const modules = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.location().url.startsWith(endpoint)) return;
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("response", (response) => {
    if (!response.url().includes(".wasm")) return;
    modules.push(response.url());
    if (!response.ok()) complaints.push(`${response.url()} answered ${response.status()}`);
  });
  try {
    await page.goto(url);
    const output = page.locator("output:not(:empty)");
    const text = await output.textContent().catch((error) => complaints.push(error.message));
    assert.deepEqual(complaints, [], text);
    return { result: JSON.parse(text), modules };
  } finally {
    await context.close();
  }
}
