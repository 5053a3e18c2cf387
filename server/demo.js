/** The gateway and the console with a sandbox as upstream, on this machine, until it is stopped. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSandbox } from "../pkg/dist/bundle/sandbox.js";
import { startGateway } from "./gateway.js";
import { settingsFrom } from "./settings.js";

/**
 * Starts both. Settings in the environment are ignored, so that neither a real key nor a real database is
 * used.
 *
 * @param {{ port: number, sandboxPort: number }} ports 0 for any free one
 * @returns {Promise<{ gateway: string, sandbox: string, stop: () => Promise<boolean> }>} their URLs
 */
export async function startDemo({ port, sandboxPort }) {
  const folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-demo-"));
  const sandbox = createSandbox();
  const end = async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { url } = await sandbox.listen({ port: sandboxPort });
    const mode = "development";
    const settings = settingsFrom({
      GATEWAY_MODE: mode,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      GATEWAY_METRICS_LISTEN: "off",
      GATEWAY_DATABASE: join(folder, "demo.db"),
      CLOUDAUTH_ENDPOINTS: url,
    });
    const gateway = await startGateway({ ...settings, mode });
    const stop = async () => {
      const inTime = await gateway.stop();
      await end();
      return inTime;
    };
    return { gateway: gateway.url, sandbox: url, stop };
  } catch (error) {
    await end();
    throw error;
  }
}
