// Measures the console's first load in Chromium from the gateway in workerd: bytes sent, and the median time until it is
// interactive. `node bench/console-load.mjs`.

import { chromium } from "playwright-core";
import { startBoth } from "../tests/support/gateway.mjs";
import { command } from "../scripts/lib/progress.mjs";
import { browser } from "../scripts/lib/project.mjs";
import { gzipped, kilobytes } from "../scripts/lib/sizes.mjs";

/** Number of loads; the first one also compiles, in the browser and in workerd. */
const LOADS = 5;

await command(import.meta, async () => {
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
    const gzip = sent.reduce((sum, body) => sum + gzipped(body), 0);
    const interactive = `${Math.round(times[Math.floor(LOADS / 2)])} ms`;
    console.log(`${sent.length} requests, ${kilobytes(gzip)} gzip, interactive after ${interactive}`);
  } finally {
    await chrome.close();
    await both.close();
  }
});
