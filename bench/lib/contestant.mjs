// Starts contestants and verifies their signatures.

import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createSandbox } from "cloudauth-edge/sandbox";
import { ACS3, contestants } from "./contestants.mjs";
import { keys, openAccount } from "./input.mjs";

const require = createRequire(import.meta.url);
const program = new URL("contestant-process.mjs", import.meta.url);

/** A contestant in its own process; `ask` sends one command at a time. */
export async function startContestant(name, { endpoint, stubbed = false }) {
  const child = fork(program, [name], { execArgv: ["--expose-gc"] });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with code ${code}`);
  });
  ended.catch(() => {}); // handled by the callers that await it
  const ask = async (order, details) => {
    const over = new AbortController();
    const replied = once(child, "message", { signal: over.signal });
    replied.catch(() => {});
    child.send({ order, ...details });
    try {
      const [{ error, result }] = await Promise.race([replied, ended]);
      if (error) throw new Error(error);
      return result;
    } finally {
      over.abort();
    }
  };
  await ask("prepare", { endpoint, stubbed });
  return { ask, close: () => child.disconnect() };
}

/** Starts all contestants, passes them to `work` by name, and stops them. */
export async function withContestants(names, options, work) {
  const started = {};
  try {
    for (const name of names) started[name] = await startContestant(name, options);
    return await work(started);
  } finally {
    for (const { close } of Object.values(started)) close();
  }
}

/**
 * Throws unless the sandbox accepts every contestant's requests; for this package, the official signers must also
 * produce the same signature.
 */
export async function judge(names) {
  const sandbox = createSandbox({ accounts: [openAccount] });
  const { url } = await sandbox.listen();
  const sample = async (name, stubbed) => {
    const contestant = await startContestant(name, { endpoint: url, stubbed });
    try {
      return await contestant.ask("sample");
    } finally {
      contestant.close();
    }
  };
  try {
    for (const name of names) {
      const { scheme } = contestants[name];
      // Without a scheme, there is no Alibaba Cloud signature to verify.
      if (!scheme) continue;
      const { certifyId } = await sample(name, false);
      await sandbox.verification(certifyId);
      if (!name.startsWith("cloudauth-edge")) continue;
      const { finished } = await sample(name, true);
      compareWithVendor(name, scheme, finished);
    }
  } finally {
    await sandbox.close();
  }
}

function compareWithVendor(name, scheme, { url, headers, body = "" }) {
  const { OpenApiUtil } = require("@alicloud/openapi-core");
  let ours, vendors;
  if (scheme === ACS3) {
    const { host, searchParams } = new URL(url);
    const { authorization, ...signed } = headers;
    // This header is not signed.
    delete signed.accept;
    const request = {
      method: "POST",
      pathname: "/",
      query: Object.fromEntries(searchParams),
      headers: { ...signed, host },
    };
    const payload = createHash("sha256").update(body).digest("hex");
    const { accessKeyId, accessKeySecret } = keys;
    ours = authorization;
    vendors = OpenApiUtil.getAuthorization(
      request,
      "ACS3-HMAC-SHA256",
      payload,
      accessKeyId,
      accessKeySecret,
    );
  } else {
    const { Signature, ...form } = Object.fromEntries(new URLSearchParams(body));
    ours = Signature;
    vendors = OpenApiUtil.getRPCSignature(form, "POST", keys.accessKeySecret);
  }
  if (ours !== vendors) throw new Error(`${name} signs otherwise than Alibaba Cloud's own signer`);
}
