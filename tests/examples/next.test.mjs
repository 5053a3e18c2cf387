// Runs the Next.js example with the packed package and the packages of tests/packaging, which have the same
// versions.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";
import { at } from "../../scripts/lib/project.mjs";
import { consumer } from "../packaging/lib/consumer.mjs";
import { verifies } from "./backend.mjs";
import { address } from "../support/programs.mjs";

const dependencies = (...path) => JSON.parse(readFileSync(at(...path, "package.json"), "utf8")).dependencies;

test("Next.js", async () => {
  const { "cloudauth-edge": _, ...own } = dependencies("examples", "nextjs");
  assert.deepEqual(own, dependencies("tests", "packaging", "projects", "next"));
  const sandbox = createSandbox();
  after(() => sandbox.close());
  const { url: endpoint } = await sandbox.listen();

  const project = await consumer(at("examples", "nextjs"), { packagesOf: "next" });
  const quiet = { NEXT_TELEMETRY_DISABLED: "1" };
  await project.must("npm", ["run", "build"], quiet);
  const server = project.start("npm", ["start", "--", "--hostname=127.0.0.1", "--port=0"], {
    ...quiet,
    CLOUDAUTH_ENDPOINT: endpoint,
    CLOUDAUTH_SCENE_ID: "1000000006",
    OPERATOR_TOKEN: "sandbox-operator",
    ALIBABA_CLOUD_ACCESS_KEY_ID: "sandbox-key-id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "sandbox-key-secret",
  });
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (output += text));
  const url = await address(server, /Local:\s+(http:\S+)/);
  const path = "/api/verifications";
  await verifies({ found: url, output: () => output }, sandbox, {
    path,
    reading: (outerOrderNo) => `${path}?outerOrderNo=${outerOrderNo}`,
    keepsOrders: true,
  });
});
