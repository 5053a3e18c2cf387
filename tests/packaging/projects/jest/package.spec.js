const edge = require("cloudauth-edge");
const identity = require("cloudauth-edge/identity");
const { createSandbox } = require("cloudauth-edge/sandbox");
const { verify } = require("./verify.js");

const { writeFileSync } = require("node:fs");

test("over HTTP, and in the test's own process", async () => {
  const sandbox = createSandbox();
  const { url } = await sandbox.listen();
  const results = [];
  for (const options of [{ endpoint: url }, { endpoint: "http://127.0.0.1:1", fetch: sandbox.fetch }]) {
    // jsdom has no fetch, Request or Response.
    if (options.fetch && typeof Response === "undefined") continue;
    const result = await verify(edge, identity, options);
    results.push([result, await sandbox.verification(result.certifyId)]);
  }
  await sandbox.close();
  writeFileSync("results.json", JSON.stringify(results));
});
