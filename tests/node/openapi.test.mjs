// Compares the gateway's description with the core's validation: the description rejects no value that the core
// accepts. Null for an omitted parameter, and Alibaba Cloud's names, are left out of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Ajv2020 from "ajv/dist/2020.js";
import { FaceVerifyClient, isFaceVerifyError } from "cloudauth-edge";

const document = JSON.parse(readFileSync(new URL("../../worker/openapi.json", import.meta.url)));
const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false });
ajv.addSchema({ ...document, $id: "openapi" });
const START = "openapi#/components/schemas/NewFaceVerification";
const fields = Object.keys(document.components.schemas.NewFaceVerification.properties);

const VALID = {
  sceneId: "1000000006",
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: "{}",
  userId: "123456789",
};

/** The errors that the core finds. Accepted requests go to a server that always fails. */
function checking(options) {
  const client = new FaceVerifyClient({
    accessKeyId: "sandbox-key-id",
    accessKeySecret: "sandbox-key-secret",
    endpoint: "http://127.0.0.1:9",
    maxAttempts: 1,
    fetch: async () => new Response("", { status: 500 }),
    ...options,
  });
  return async (given) => {
    const error = await client.initFaceVerify(given).catch((error) => error);
    assert.ok(isFaceVerifyError(error));
    return error.fields ?? [];
  };
}

/**
 * Rules that a pattern cannot express: 64 bits, valid dates and addresses, JSON, check digits, LR_FR only.
 */
const SAID_IN_WORDS = new Set([
  "sceneId",
  "productCode",
  "certType",
  "certName",
  "certNo",
  "metaInfo",
  "ip",
  "voluntaryCustomizedContent",
  "birthday",
  "validityDate",
]);

const TEXTS = [
  ..."0 1 007 0000000000000000000001 9223372036854775807 9223372036854775808 -1 1.5".split(" "),
  ..."LR_FR ID_PRO LIVENESS liveness IDENTITY_CARD L S T F Y N WEB H5 SM2 true false keep url video 2 3".split(
    " ",
  ),
  "e0c34a77f5ac40a5aa5e6ed20c353888",
  "e0c34a77-f5ac-40a5-aa5e-6ed20c353888",
  ..."13000000000 +8613000000000 0086-13000000000 +86 130****0000 12000000000".split(" "),
  "+86 - 13000000000",
  ..."192.0.2.1 192.0.2.256 192.0.2.1:80 ::1 2001:db8::1 [::1] ::ffff:192.0.2.1".split(" "),
  ..."http://a https://a https:// https:/// https://?a http://a?b=c#d HTTPS://a ftp://a https://张三".split(
    " ",
  ),
  "https://a b",
  ..."2000-02-29 2001-02-29 2001-1-1 20010101 0000-01-01".split(" "),
  ..."QQ== QR== QUE= QUF= QUFB QUF QUFB= ==== =".split(" "),
  '{"zimVer":"3.0.0"}',
  ' \n{"a":{}}\t',
  "{} {}",
  "{",
  "null",
  "[]",
  '["a"]',
  ' [ "a" , "b" ] ',
  "[1]",
  '["a",1,"b"]',
  "张三",
  "阿卜杜拉·买买提",
  "11010519491231002X",
  "11010519491231002x",
  "110105194912310021",
  "",
  " ",
  "a b",
  "a\u0000b",
  "a\nb",
  "a\u007fb",
  "a\u0085b",
  "a\ufffdb",
  "😀",
  "𠮷",
  "\u200b",
  ...[16, 17, 64, 65, 100, 101, 255, 256, 257, 1_023, 1_024, 1_025].map((length) => "a".repeat(length)),
  "A".repeat(64),
  "A".repeat(65),
  "张".repeat(100),
  "张".repeat(101),
  "𠮷".repeat(100),
  `https://${"a".repeat(2_040)}`,
  `https://${"a".repeat(2_041)}`,
];

test("the schema of a start is there", () => {
  assert.ok(ajv.getSchema(START));
  assert.ok(fields.length >= 40);
});

for (const field of fields) {
  test(`${field} is described as validated`, async () => {
    const validate = ajv.compile({ $ref: `${START}/properties/${field}` });
    const check = checking({ allowOtherProducts: field === "productCode" });
    let agreed = 0;
    for (const text of TEXTS) {
      const given = { ...VALID, ...(field === "ossObjectName" && { ossBucketName: "a" }), [field]: text };
      const accepted = !(await check(given)).some((problem) => problem.field === field);
      const described = validate(text);
      if (accepted) assert.ok(described, `${JSON.stringify(text)} is accepted and not described`);
      else if (!SAID_IN_WORDS.has(field))
        assert.ok(!described, `${JSON.stringify(text)} is described and not accepted`);
      agreed += accepted === described ? 1 : 0;
    }
    assert.ok(agreed > 0);
  });
}

test("photos are described with exactly one source, as validated", async () => {
  const validate = ajv.getSchema(START);
  const check = checking();
  const photos = {
    faceContrastPicture: "QUFB",
    faceContrastPictureUrl: "https://a",
    ossBucketName: "a",
    ossObjectName: "a",
    certifyId: "a",
  };
  const names = Object.keys(photos);
  for (let some = 0; some < 2 ** names.length; some += 1) {
    const chosen = names.filter((_, at) => some & (1 << at));
    const given = { ...VALID, ...Object.fromEntries(chosen.map((name) => [name, photos[name]])) };
    assert.equal((await check(given)).length === 0, validate(given), chosen.join(" "));
  }
});
