// Runs the examples in other languages, which call the gateway.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { javaSdk } from "../conformance/clients.mjs";
import { startBoth } from "../worker/gateway.mjs";
import { serve, verifies } from "./backend.mjs";

let both;

before(async () => {
  both = await startBoth();
});
after(() => both?.close());

const settings = () => ({ GATEWAY_URL: both.gateway.url, PORT: "0", NO_PROXY: "127.0.0.1" });

test("Node, in TypeScript", async () => {
  const program = await serve("node", ["npm", "run", "gateway"], settings(), /CertifyId for the app: (\S+)/);
  await both.sandbox.submit(program.found, "passed");
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /^passed$/m);
});

test("Python", async () => {
  await verifies(await serve("python", ["python3", "service.py"], settings()), both.sandbox);
});

test("Java, with Alibaba Cloud's SDK", async (t) => {
  const { missing } = javaSdk();
  if (missing) return t.skip(missing);
  const command = ["mvn", "--quiet", "--batch-mode", "compile", "exec:java"];
  await verifies(await serve("java", command, settings()), both.sandbox);
});
