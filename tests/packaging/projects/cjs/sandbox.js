// As in a consumer's tests: the sandbox in the same process, with and without HTTP.

const edge = require("cloudauth-edge");
const identity = require("cloudauth-edge/identity");
const { createSandbox } = require("cloudauth-edge/sandbox");

async function main() {
  const { verify } = await import("./verify.mjs");
  const sandbox = createSandbox();
  const { url } = await sandbox.listen();

  for (const options of [{ fetch: sandbox.fetch }, { endpoint: url }]) {
    const result = await verify(edge, identity, { endpoint: "http://127.0.0.1:1", ...options });
    console.log(JSON.stringify([result, await sandbox.verification(result.certifyId)]));
  }
  await sandbox.close();
}

main();
