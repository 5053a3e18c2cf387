import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { createSandbox } from "cloudauth-edge/sandbox";

const manifest = fileURLToPath(new URL("../../examples/rust/Cargo.toml", import.meta.url));
const target = fileURLToPath(new URL("../../target/example", import.meta.url));

test("the Rust example runs against the sandbox", async () => {
  const sandbox = createSandbox();
  const { url } = await sandbox.listen();
  try {
    const args = ["run", "--quiet", "--locked", "--manifest-path", manifest, "--target-dir", target];
    const env = { ...process.env, CLOUDAUTH_ENDPOINT: url };
    const { stdout } = await promisify(execFile)("cargo", args, { env });
    assert.match(stdout, /^CertifyId \S+\nstatus Pending, Code 424\n$/);
  } finally {
    await sandbox.close();
  }
});
