import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";

const manifest = fileURLToPath(new URL("../../examples/rust/Cargo.toml", import.meta.url));
const target = fileURLToPath(new URL("../../target/example", import.meta.url));

const features = { server: [], "own-transport": ["--no-default-features"] };

async function run(binary, variables) {
  const args = [
    "run",
    "--quiet",
    "--locked",
    "--manifest-path",
    manifest,
    "--target-dir",
    target,
    ...features[binary],
  ];
  const env = {
    ...process.env,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "sandbox-key-id",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "sandbox-key-secret",
    ...variables,
  };
  const { stdout } = await promisify(execFile)("cargo", [...args, "--bin", binary], { env });
  return stdout;
}

test("the Rust example prints the number of an order that may have been started", async () => {
  const sandbox = createSandbox();
  const { url } = await sandbox.listen();
  try {
    await sandbox.injectFault({ kind: "reset", executed: true });
    const { stderr } = await run("server", { CLOUDAUTH_ENDPOINT: url }).catch((error) => error);
    const [{ outerOrderNo }] = await sandbox.verifications();
    assert.match(stderr, new RegExp(`The order ${outerOrderNo} may have been started`));
  } finally {
    await sandbox.close();
  }
});

for (const binary of Object.keys(features)) {
  test(`the Rust example ${binary} runs against the sandbox`, async () => {
    const sandbox = createSandbox();
    const { url } = await sandbox.listen();
    try {
      const printed = await run(binary, { CLOUDAUTH_ENDPOINT: url, WAIT_SECONDS: "0" });
      assert.match(printed, /^CertifyId for the app: \S+\nPending\n$/);
    } finally {
      await sandbox.close();
    }
  });
}
