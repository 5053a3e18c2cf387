// Measures the console's first load in Chromium from the gateway in workerd: bytes sent, and time until it is
// interactive.

import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { startBoth } from "../tests/support/gateway.mjs";
import { browser } from "../scripts/lib/project.mjs";

/** Number of loads; the first one also compiles, in the browser and in workerd. */
const LOADS = 5;

/** @returns {Promise<{ requests: number, gzip: number, interactiveMs: number }>} `interactiveMs` is the median */
export async function firstLoad() {
  const both = await startBoth();
  const chrome = await chromium.launch({
    executablePath: browser().chrome,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const times = [];
    let sent = [];
    for (let load = 0; load < LOADS; load += 1) {
      const page = await chrome.newPage(); // with its own cache
      const responses = [];
      page.on("response", (response) => responses.push(response));
      await page.goto(both.gateway.url);
      times.push(
        await page.evaluate(
          () =>
            new Promise((resolve) => {
              const look = () =>
                document.querySelector("button[type=submit]:enabled")
                  ? resolve(performance.now())
                  : requestAnimationFrame(look);
              look();
            }),
        ),
      );
      sent = await Promise.all(responses.map((response) => response.body()));
      await page.close();
    }
    times.sort((a, b) => a - b);
    return {
      requests: sent.length,
      gzip: sent.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0),
      interactiveMs: times[Math.floor(LOADS / 2)],
    };
  } finally {
    await chrome.close();
    await both.close();
  }
}
