// Measures the console's identity checker with a long list in Chromium: the duration of the check, and the longest
// time during which the page was unresponsive. `node bench/console-list.mjs [rows]`; a million rows by default.

import { chromium } from "playwright-core";
import { startBoth } from "../tests/support/gateway.mjs";
import { command } from "../scripts/lib/progress.mjs";
import { browser } from "../scripts/lib/project.mjs";

const ROWS = 1_000_000;
/** Published sample numbers, valid and invalid, and a missing one. */
const KINDS = [
  "11010519491231002X",
  "440524188001010014",
  "11010519491231002x",
  "110105194912310021",
  "1101051949",
  "",
];

await command(import.meta, async ([given = String(ROWS)]) => {
  const both = await startBoth();
  const chrome = await chromium.launch({
    executablePath: browser().chrome,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await chrome.newPage();
    await page.goto(`${both.gateway.url}/#/identity/list`);
    const input = page.locator("input[type=file]");
    await input.waitFor({ state: "attached" });
    // Generated in the page: a list of a million rows is too large for the protocol.
    await input.evaluate(
      (element, { rows, kinds }) => {
        const lines = Array.from(
          { length: rows },
          (_, row) => `${row + 1},张三,${kinds[row % kinds.length]}`,
        );
        const list = new DataTransfer();
        list.items.add(new File([`no,name,number\n${lines.join("\n")}\n`], "list.csv"));
        element.files = list.files;
        element.dispatchEvent(new Event("change", { bubbles: true }));
        // From here on, only the checker can keep the page from drawing.
        globalThis.longest = 0;
        let last = performance.now();
        const look = (now) => {
          globalThis.longest = Math.max(globalThis.longest, now - last);
          last = now;
          requestAnimationFrame(look);
        };
        requestAnimationFrame((now) => ((last = now), requestAnimationFrame(look)));
      },
      { rows: Number(given), kinds: KINDS },
    );
    const button = page.locator(".list .button.primary");
    await button.waitFor();
    const read = await page.evaluate(() => globalThis.longest);
    const began = performance.now();
    await button.click();
    await page.locator(".figures").waitFor({ timeout: 600_000 });
    const seconds = (performance.now() - began) / 1000;
    const longest = await page.evaluate(() => globalThis.longest);
    const figures = (await page.locator(".figures").innerText()).replaceAll("\n", " ");
    console.log(`${given} rows: checked in ${seconds.toFixed(1)} s`);
    console.log(
      `longest time without a frame: ${Math.round(read)} ms while it was read, ${Math.round(longest)} ms in all`,
    );
    console.log(figures);
  } finally {
    await chrome.close();
    await both.close();
  }
});
