// What every official SDK of Alibaba Cloud must experience with the sandbox: its signatures are accepted, and it
// understands the responses.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { createSandbox } from "../../pkg/dist/sandbox.js";

const answers = JSON.parse(readFileSync(new URL("../vectors/answers.json", import.meta.url), "utf8"));
const SCENE = 1000000006;
const ORDER = "e0c34a77f5ac40a5aa5e6ed20c353888";
const KEY = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const TEMPORARY = {
  accessKeyId: "STS.sandbox-key-id",
  accessKeySecret: "sandbox-sts-key-secret",
  securityToken: "sandbox-security-token",
};
const START = {
  SceneId: SCENE,
  OuterOrderNo: ORDER,
  ProductCode: "LR_FR",
  Model: "LIVENESS",
  UserId: "123456789",
  CertType: "IDENTITY_CARD",
  CertName: "张三",
  CertNo: "11010519491231002X",
  MetaInfo: '{"zimVer":"3.0.0","appVersion": "1","a":"x*y~z+ /!\'()&=%"}',
};
const MINUTE = 60_000;

/**
 * Asserts that an SDK reports a wrong secret: in its own words if it draws that conclusion itself, otherwise as
 * SignatureDoesNotMatch in the server's words.
 */
export function assertWrongSecret({ explainsWrongSecret: own }, { threw }, wording) {
  assert.equal(threw?.code, own?.code ?? "SignatureDoesNotMatch", JSON.stringify(threw));
  assert.match(threw.message, own?.wording ?? wording);
  if (own?.recommend) assert.equal(threw.recommend, own.recommend);
  assert.equal(threw.status ?? 400, 400);
}

/** Runs the whole suite with one client; see clients.mjs. */
export function conforms(client) {
  describe(client.name, { skip: client.missing }, () => {
    const sandbox = createSandbox();
    let endpoint;

    before(async () => {
      endpoint = new URL((await sandbox.listen()).url).host;
      client.open?.();
    });
    after(async () => {
      client.close?.();
      await sandbox.close();
    });

    const call = (action, parameters, more) => client.call({ endpoint, ...KEY, action, parameters, ...more });
    const start = ({ without, ...parameters } = {}, more) => {
      const { [without]: _, ...rest } = { ...START, ...parameters };
      return call("InitFaceVerify", rest, more);
    };
    const ask = (CertifyId, more) => call("DescribeFaceVerify", { SceneId: SCENE, CertifyId }, more);

    /** Asserts that the response is a Code of the service, which has HTTP status 200. */
    function assertServiceCode(outcome, code, message) {
      const { Code, Message } = client.throwsOnServiceCodes
        ? { Code: outcome.threw?.code, Message: outcome.threw?.message.split(", URL:")[0] }
        : (outcome.returned ?? assert.fail(JSON.stringify(outcome)));
      assert.deepEqual({ Code: String(Code), Message }, { Code: code, Message: message });
    }

    /** Asserts that the response is an error of the API gateway, which every SDK throws. */
    function assertRefused(outcome, code, wording) {
      assert.equal(outcome.threw?.code, code, JSON.stringify(outcome));
      assert.match(outcome.threw.message, wording);
    }

    async function started(parameters, more) {
      const { returned, threw } = await start(parameters, more);
      assert.equal(returned?.Code, "200", JSON.stringify(threw));
      assert.match(returned.RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
      assert.match(returned.ResultObject.CertifyId, /^[0-9a-f]{32}$/);
      return returned.ResultObject.CertifyId;
    }

    test("a verification from start to picture", async () => {
      const certifyId = await started();
      assertServiceCode(await ask(certifyId), "424", "身份认证记录不存在");
      await sandbox.open(certifyId);
      assertServiceCode(await ask(certifyId), "403", "认证未完成");
      await sandbox.submit(certifyId, "passed");

      const { returned } = await ask(certifyId);
      assert.equal(returned.Code, "200");
      const { Passed, SubCode, IdentityInfo, DeviceToken, MaterialInfo } = returned.ResultObject;
      assert.deepEqual(
        { Passed, SubCode, IdentityInfo },
        { Passed: "T", SubCode: "200", IdentityInfo: "null" },
      );
      assert.ok(DeviceToken.length > 20);
      const material = JSON.parse(MaterialInfo);
      assert.equal(material.faceAttack, "F");
      assert.equal(material.faceOcclusion, "F");

      const picture = await fetch(material.facialPictureFront.pictureUrl);
      assert.equal(picture.status, 200);
      assert.equal(picture.headers.get("content-type"), "image/jpeg");
      const bytes = new Uint8Array(await picture.arrayBuffer());
      assert.deepEqual([...bytes.subarray(0, 3), ...bytes.subarray(-2)], [0xff, 0xd8, 0xff, 0xff, 0xd9]);
    });

    test("a rejection", async () => {
      const certifyId = await started();
      await sandbox.submit(certifyId, "205");
      const { returned } = await ask(certifyId);
      assert.equal(returned.ResultObject.Passed, "F");
      assert.equal(returned.ResultObject.SubCode, "205");
      assert.equal(JSON.parse(returned.ResultObject.MaterialInfo).faceOcclusion, undefined);
    });

    test("temporary credentials", async () => {
      const certifyId = await started({}, TEMPORARY);
      assertServiceCode(await ask(certifyId, TEMPORARY), "424", "身份认证记录不存在");
      assertRefused(
        await start({}, { ...TEMPORARY, securityToken: "sandbox-security-token-expired" }),
        "InvalidSecurityToken.Expired",
        /Specified SecurityToken is expired/,
      );
      assertRefused(
        await start({}, { ...TEMPORARY, securityToken: "no token of this key" }),
        "InvalidSecurityToken.Malformed",
        /Specified SecurityToken is malformed/,
      );
    });

    test("Codes of the service", async () => {
      assertServiceCode(await start({ without: "MetaInfo" }), "400", "参数不能为空");
      assertServiceCode(await start({ CertName: "Zhang San" }), "401", "参数非法");
      assertServiceCode(await start({ SceneId: 1000000007 }), "404", "认证场景配置不存在");
      assertServiceCode(await ask("91707dc296d469ad38e4c5efa6a0f24b"), "406", "无效的certifyId");
      assertServiceCode(await start({ UserId: "sandbox-init-415" }), "415", "SDK版本不支持");
      assertServiceCode(
        await start({}, { accessKeyId: "sandbox-ram-key-id", accessKeySecret: "sandbox-ram-key-secret" }),
        "411",
        "RAM无权限",
      );
    });

    test("a wrong secret, with the string to sign that the server calculated", async () => {
      const outcome = await start({}, { accessKeySecret: "not-the-secret" });
      assertWrongSecret(
        client,
        outcome,
        client.scheme === "1.0"
          ? /Specified signature is not matched with our calculation\. server string to sign is:(GET|POST)&%2F&AccessKeyId%3Dsandbox-key-id%26Action%3DInitFaceVerify%26/
          : /server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\] server CanonicalRequest is \[POST\n\/\n/,
      );
    });

    test("every error of Alibaba Cloud's API gateway on demand", async () => {
      for (const [code] of answers.apiGateway) {
        await sandbox.injectFault({ kind: "error", code });
        const { threw } = await start();
        // Errors about signatures quote the request; SDKs that compare the quotation with their own text conclude that
        // the secret is wrong.
        const own = /Signature(DoesNotMatch)?$/.test(code) ? client.explainsWrongSecret?.code : undefined;
        assert.ok([code, own].includes(threw?.code), `${code}: ${JSON.stringify(threw)}`);
      }
    });

    test("a reused nonce", async () => {
      const nonce = "3156853299f313e23d1673dc12e1703d";
      assert.equal((await start({}, { nonce })).returned?.Code, "200");
      assertRefused(
        await start({}, { nonce }),
        "SignatureNonceUsed",
        /Specified signature nonce was used already/,
      );
    });

    test("a timestamp outside the window", async () => {
      for (const minutes of [16, -32]) {
        await sandbox.advanceClock(minutes * MINUTE);
        assertRefused(
          await start(),
          "InvalidTimeStamp.Expired",
          /Specified time stamp or date value is expired/,
        );
      }
      await sandbox.advanceClock(16 * MINUTE);
      await started();
    });

    test("keys without permission", async () => {
      assertRefused(
        await start({}, { accessKeyId: "nobodys-key-id" }),
        "InvalidAccessKeyId.NotFound",
        /Specified access key is not found/,
      );
      assertRefused(
        await start(
          {},
          { accessKeyId: "sandbox-disabled-key-id", accessKeySecret: "sandbox-disabled-key-secret" },
        ),
        "InvalidAccessKeyId.Inactive",
        /Specified access key is disabled/,
      );
      assertRefused(
        await start(
          {},
          { accessKeyId: "sandbox-forbidden-key-id", accessKeySecret: "sandbox-forbidden-key-secret" },
        ),
        "Forbidden.RAM",
        /User not authorized to operate on the specified resource/,
      );
    });

    test("throttling and failures of Alibaba Cloud", async () => {
      for (const [code, wording] of [
        ["Throttling.User", /Request was denied due to user flow control/],
        ["ServiceUnavailable", /temporary failure of the server/],
        ["InternalError", /unknown error/],
      ]) {
        await sandbox.injectFault({ kind: "error", code });
        assertRefused(await start(), code, wording);
      }
      await sandbox.injectFault({ kind: "error", code: "500", action: "InitFaceVerify" });
      assertServiceCode(await start(), "500", "系统错误");
      await started();
    });
  });
}
