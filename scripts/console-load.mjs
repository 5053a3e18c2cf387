// The console's first load in Chromium, from the gateway in workerd: what is sent, and when one can begin.

import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { startBoth } from "../tests/worker/gateway.mjs";
import { browser } from "./lib/project.mjs";

/** How many times; the first also compiles, for the browser and for workerd. */
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
      const page = await chrome.newPage(); // with a cache of its own
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
