// Uses the sandbox in a program's tests: in the same process, without a network.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";

const sandbox = createSandbox();
const client = new FaceVerifyClient({
  accessKeyId: "sandbox-key-id",
  accessKeySecret: "sandbox-key-secret",
  endpoint: "http://127.0.0.1:8788", // never called: fetch is replaced below
  fetch: (...request) => sandbox.fetch(...request),
});
const sceneId = 1000000006;
const order = { sceneId, outerOrderNo: newOuterOrderNo(), metaInfo: '{"zimVer":"3.0.0"}' };

afterEach(() => sandbox.reset());

test("the person passes", async () => {
  const { certifyId } = await client.initFaceVerify(order);
  await sandbox.submit(certifyId, "passed");
  const { status, material } = await client.describeFaceVerify({ sceneId, certifyId });
  assert.equal(status, "passed");
  assert.ok(material.facialPictureFront.qualityScore > 80);
});

test("the liveness check sees a risk", async () => {
  const { certifyId } = await client.initFaceVerify({ ...order, userId: "sandbox-sub-205" });
  const { status, subCode } = await client.describeFaceVerify({ sceneId, certifyId });
  assert.deepEqual([status, subCode], ["rejected", "205"]);
});

test("the phone's SDK is too old", async () => {
  await assert.rejects(client.initFaceVerify({ ...order, userId: "sandbox-init-415" }), {
    name: "FaceVerifyError",
    code: "415",
  });
});

test("Alibaba Cloud throttles for a moment", async () => {
  await sandbox.injectFault({ kind: "error", code: "Throttling.User" });
  const { certifyId } = await client.initFaceVerify(order);
  assert.ok(certifyId); // its form is not documented
});

test("an answer is lost, and the verification is not started twice", async () => {
  await sandbox.injectFault({ kind: "reset", executed: true });
  await assert.rejects(client.initFaceVerify(order), { kind: "transport" });
  const started = await sandbox.verifications({ outerOrderNo: order.outerOrderNo });
  assert.equal(started.length, 1);
});

test("nobody comes within half an hour", async () => {
  const { certifyId } = await client.initFaceVerify(order);
  await sandbox.advanceClock(31 * 60_000);
  await assert.rejects(sandbox.submit(certifyId, "passed"));
});
