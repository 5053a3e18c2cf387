// node tests/browser/screenshots.mjs: updates the pictures of the console in docs/images/.

import { mkdirSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { startBoth } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import { build } from "../../scripts/build.mjs";
import { Failure } from "../../scripts/lib/process.mjs";
import { command, line } from "../../scripts/lib/progress.mjs";
import { at, browser } from "../../scripts/lib/project.mjs";
import { kilobytes } from "../../scripts/lib/sizes.mjs";

const looks = [
  { name: "light", colorScheme: "light", locale: "en-GB", viewport: { width: 1280, height: 1360 } },
  { name: "light-zh", colorScheme: "light", locale: "zh-CN", viewport: { width: 1280, height: 1360 } },
  { name: "dark-narrow", colorScheme: "dark", locale: "zh-CN", viewport: { width: 390, height: 900 } },
];

/** Each page, prepared for its picture, and the part shown on a phone. */
const views = {
  async walkthrough(page) {
    await page.locator(".step-order button[type=submit]:enabled").click();
    await page.locator(".phone button.primary").click();
    await page.locator(".phone .pass").first().click();
    await page.locator(".photo img").waitFor();
    await page.mouse.move(0, 0);
    return ".step-result";
  },
  async signature(page) {
    await page.locator(".examples button").nth(3).click();
    await page.locator(".compared").waitFor();
    return ".outcome-column";
  },
  async identity(page) {
    await page.locator(".examples button").last().click();
    await page.locator(".parts").waitFor();
    return ".one";
  },
  async ledger(page) {
    await page.locator(".chart .piece").first().waitFor();
    return "h1";
  },
};

/** The orders in the picture: one of each kind; the last one is pending. */
const OUTCOMES = ["passed", "205", "passed", "206", "passed", undefined];

async function makeOrders({ gateway, endpoint }) {
  for (const outcome of OUTCOMES) {
    const body = sample();
    const { json } = await gateway.call("POST", "/v1/face-verifications", { body });
    if (!outcome) continue;
    await submit(endpoint, json.certifyId, outcome);
    await gateway.call("GET", `/v1/face-verifications/${body.outerOrderNo}?material=false`);
  }
}

/** Throws if no Chinese font is installed: all Chinese characters would look the same. */
async function mustHaveChinese(chrome) {
  const page = await chrome.newPage();
  const same = await page.evaluate(() => {
    const drawn = (character) => {
      const canvas = document.createElement("canvas");
      const drawing = canvas.getContext("2d");
      drawing.font = "40px sans-serif";
      drawing.fillText(character, 10, 60);
      return canvas.toDataURL();
    };
    return drawn("张") === drawn("三");
  });
  await page.close();
  if (same) {
    throw new Failure("This machine has no font with Chinese characters", {
      advice: "Install one (Debian: apt-get install fonts-noto-cjk).",
    });
  }
}

await command(import.meta, async () => {
  await build();
  console.log("screenshots");
  mkdirSync(at("docs", "images"), { recursive: true });
  const both = await startBoth();
  const chrome = await chromium.launch({
    executablePath: browser().chrome,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    await mustHaveChinese(chrome);
    await makeOrders(both);
    for (const { name, ...look } of looks) {
      const page = await (await chrome.newContext({ ...look, timezoneId: "Asia/Shanghai" })).newPage();
      const session = await page.context().newCDPSession(page);
      for (const [view, prepare] of Object.entries(views)) {
        await line(`${view}, ${name}`, async () => {
          await page.goto(`${both.gateway.url}/#/${view}`);
          const shown = await prepare(page);
          await page.evaluate(
            (place) => {
              document.activeElement.blur();
              if (place) document.querySelector(place).scrollIntoView();
              else scrollTo(0, 0);
            },
            look.viewport.width < 500 && shown,
          );
          // WebP files are smaller than the formats that Playwright can write.
          const { width, height } = look.viewport;
          const used = await page.evaluate(() => document.getElementById("console").offsetHeight);
          const clip = {
            x: 0,
            y: await page.evaluate(() => scrollY),
            width,
            height: Math.min(height, used),
            scale: 1,
          };
          const { data } = await session.send("Page.captureScreenshot", {
            format: "webp",
            quality: 80,
            clip,
          });
          const image = Buffer.from(data, "base64");
          writeFileSync(at("docs", "images", `console-${view}-${name}.webp`), image);
          return kilobytes(image.length);
        });
      }
      await page.context().close();
    }
  } finally {
    await chrome.close();
    await both.close();
  }
});
