// Alibaba Cloud's official SDKs, unchanged, call the sandbox through the gateway: both actions, with a key pair that
// the gateway issued. Only the endpoint and the key pair differ from the real service.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBoth } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import {
  goOpenApi,
  goSdk,
  javaCallApi,
  javaOpenApi,
  javaSdk,
  openApi,
  popCore,
  pythonOpenApi,
  pythonSdkCore,
} from "./clients.mjs";
import { assertWrongSecret } from "./suite.mjs";

const DEMO_KEY = { accessKeyId: "dev-key-id", accessKeySecret: "dev-key-secret" };
const clients = [
  popCore("GET"),
  popCore("POST"),
  openApi(),
  openApi("v2"),
  pythonSdkCore("POST"),
  pythonSdkCore("GET"),
  pythonOpenApi(),
  pythonOpenApi("v2"),
  javaSdk(),
  javaOpenApi(),
  javaCallApi(),
  javaCallApi("v2"),
  goSdk(),
  goOpenApi(),
  goOpenApi("v2"),
];

let both, endpoint;
let nonces = 0;

before(async () => {
  both = await startBoth();
  endpoint = new URL(both.gateway.url).host;
});

after(() => both?.close());

/** The sample parameters under their wire names. */
function parameters(changes) {
  const order = {
    sceneId: "1000000006",
    productCode: "LR_FR",
    certType: "IDENTITY_CARD",
    ...sample(changes),
  };
  return Object.fromEntries(
    Object.entries(order).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), value]),
  );
}

for (const client of clients) {
  test(client.name, { skip: client.missing }, async (t) => {
    await client.open?.();
    t.after(() => client.close?.());
    const call = (action, parameters, changes = {}) =>
      client.call({ endpoint, ...DEMO_KEY, action, parameters, ...changes });
    const { SceneId, ...order } = parameters();

    const started = await call("InitFaceVerify", { SceneId, ...order });
    assert.equal(started.returned?.Code, "200", JSON.stringify(started));
    const { CertifyId } = started.returned.ResultObject;

    await t.test("the same order again gives the same CertifyId", async () => {
      const again = await call("InitFaceVerify", { SceneId, ...order });
      assert.equal(again.returned.ResultObject.CertifyId, CertifyId);
      const other = await call("InitFaceVerify", { SceneId, ...order, UserId: "another" });
      assert.equal(other.threw.code, "IdempotentParameterMismatch");
    });

    await t.test("the result", async () => {
      const code = ({ returned, threw }) => returned?.Code ?? threw.code;
      assert.match(String(code(await call("DescribeFaceVerify", { SceneId, CertifyId }))), /^424/);
      await submit(both.endpoint, CertifyId, "passed");
      const { returned } = await call("DescribeFaceVerify", { SceneId, CertifyId });
      assert.equal(returned.ResultObject.Passed, "T");
      assert.equal(returned.ResultObject.SubCode, "200");
      assert.ok(JSON.parse(returned.ResultObject.MaterialInfo).facialPictureFront.pictureUrl);
      const unknown = await call("DescribeFaceVerify", { SceneId, CertifyId: "0".repeat(32) });
      assert.match(String(code(unknown)), /^406/);
    });

    await t.test("refusals, as Alibaba Cloud's", async () => {
      const wrong = await call("InitFaceVerify", parameters({ certNo: "123" }));
      assert.match(String(wrong.returned?.Code ?? wrong.threw.code), /^401/);
      const stranger = await call(
        "DescribeFaceVerify",
        { SceneId, CertifyId },
        { accessKeyId: "no-such-key" },
      );
      assert.equal(stranger.threw.code, "InvalidAccessKeyId.NotFound");
      const cloudKey = await call(
        "DescribeFaceVerify",
        { SceneId, CertifyId },
        { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" },
      );
      assert.equal(cloudKey.threw.code, "InvalidAccessKeyId.NotFound");
    });

    await t.test("a wrong secret, without the request that Alibaba Cloud quotes there", async () => {
      const wrong = { accessKeySecret: "wrong" };
      const forgeries = [
        await call("InitFaceVerify", parameters(), wrong),
        await call("DescribeFaceVerify", { SceneId, CertifyId }, wrong),
      ];
      for (const forged of forgeries) {
        assertWrongSecret(
          client,
          forged,
          client.scheme === "1.0"
            ? /Specified signature is not matched with our calculation\. SHA-256 of the server's string to sign: [0-9a-f]{64}\. .*the AccessKeySecret is wrong\./
            : /server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\]/,
        );
        // SDKs would log the quotation.
        for (const quoted of [
          CertifyId,
          order.CertNo,
          order.CertName,
          encodeURIComponent(order.CertName),
          "zimVer",
        ]) {
          assert.ok(!JSON.stringify(forged).includes(quoted), quoted);
        }
      }
    });

    await t.test("a nonce counts once", async () => {
      nonces += 1;
      const nonce = `nonce-${nonces}`;
      const first = await call("DescribeFaceVerify", { SceneId, CertifyId }, { nonce });
      assert.ok(first.returned, JSON.stringify(first));
      const replayed = await call("DescribeFaceVerify", { SceneId, CertifyId }, { nonce });
      assert.equal(replayed.threw.code, "SignatureNonceUsed");
    });
  });
}
