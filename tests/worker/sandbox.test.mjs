// The sandbox that a team shares, in workerd.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";
import { at } from "../../scripts/lib/project.mjs";
import { end } from "../support/programs.mjs";
import { until } from "../support/until.mjs";
import { configured, startWorker, workerAddress } from "../support/wrangler.mjs";

const KEY = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const TOKEN = "a-token-of-this-test";
const SCENE = 1000000006;

describe("sandbox Worker", () => {
  const state = mkdtempSync(join(tmpdir(), "cloudauth-edge-"));
  const config = configured(state, undefined, "wrangler.sandbox.toml");
  let url, child;

  async function run(vars = { SANDBOX_CONTROL_TOKEN: TOKEN }) {
    if (child) await end(child);
    // A Worker that is started again has the same address.
    child = startWorker(config, state, { port: url && new URL(url).port, vars });
    url = await workerAddress(child);
  }

  before(() => run());
  after(async () => {
    if (child) await end(child);
    rmSync(state, { recursive: true, force: true });
  });

  const client = () => new FaceVerifyClient({ ...KEY, endpoint: url, maxAttempts: 1, timeoutMs: 60_000 });
  const begin = () =>
    client().initFaceVerify({
      sceneId: SCENE,
      outerOrderNo: newOuterOrderNo(),
      userId: "123456789",
      metaInfo: '{"zimVer":"3.0.0"}',
    });
  const control = (method, path, body, token = TOKEN) =>
    fetch(`${url}/_sandbox/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      body: body && JSON.stringify(body),
    });

  test("a verification, kept over a restart", async () => {
    const { certifyId } = await begin();
    const submitted = await control("POST", `verifications/${certifyId}/submit`, { outcome: "passed" });
    assert.equal((await submitted.json()).stage, "ended");
    await run();
    const result = await client().describeFaceVerify({ sceneId: SCENE, certifyId });
    assert.equal(result.status, "passed");
    const picture = await fetch(result.material.facialPictureFront.pictureUrl);
    assert.equal(picture.headers.get("content-type"), "image/jpeg");
    assert.ok((await picture.arrayBuffer()).byteLength > 1_000);
    const { total } = await (await control("GET", "verifications")).json();
    assert.equal(total, 1);
  });

  test("faults, the clock and a reset", async () => {
    const fault = { kind: "error", code: "Throttling.User", action: "InitFaceVerify" };
    assert.equal((await control("POST", "faults", fault)).status, 201);
    await assert.rejects(begin(), { kind: "throttled" });
    await control("POST", "clock", { advanceMs: 3_600_000 });
    await assert.rejects(begin(), { code: "InvalidTimeStamp.Expired" });
    assert.equal((await control("POST", "reset")).status, 200);
    assert.ok((await begin()).certifyId);
  });

  test("callbacks are sent", async () => {
    const { certifyId } = await client().initFaceVerify({
      sceneId: SCENE,
      outerOrderNo: newOuterOrderNo(),
      userId: "123456789",
      metaInfo: '{"zimVer":"3.0.0"}',
      // A port without a listener.
      callbackUrl: "https://127.0.0.1:1/callback",
      callbackToken: "1000004826",
    });
    await control("POST", `verifications/${certifyId}/submit`, { outcome: "passed" });
    await until(async () => {
      const found = await (await control("GET", `verifications/${certifyId}`)).json();
      return found.callback.attempts > 0;
    });
  });

  test("the simulated phone's page, without authentication", async () => {
    for (const [address, file] of [
      ["phone", "phone.html"],
      ["h5", "phone.html"],
      ["phone.css", "phone.css"],
      ["phone-screen.css", "phone-screen.css"],
      ["phone.js", "phone.js"],
      ["phone-screen.js", "phone-screen.js"],
      ["phone-words.js", "phone-words.js"],
    ]) {
      const response = await fetch(`${url}/_sandbox/${address}`);
      assert.equal(response.headers.get("x-cloudauth-sandbox"), "1");
      assert.match(response.headers.get("content-security-policy"), /^default-src 'none';/);
      assert.equal(await response.text(), readFileSync(at("pkg", "phone", file), "utf8"));
    }
  });

  test("its control API is open to holders of the token alone", async () => {
    assert.equal((await control("GET", "state", undefined, "another")).status, 401);
    await run({});
    assert.equal((await control("GET", "state")).status, 403, "closed until a token is set");
    assert.ok((await begin()).certifyId);
  });
});
