import { writeFileSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** Passes the test's results to its parent process. */
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
