import { writeFileSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** Hands what the test gave to those who started it. */
const reporter = {
  onTestCaseResult(test) {
    const { result } = test.meta();
    if (result) writeFileSync("result.json", JSON.stringify(result));
  },
};

export default defineConfig({
  plugins: [cloudflareTest({ wrangler: { configPath: "wrangler.toml" } })],
  test: { reporters: ["default", reporter] },
});
