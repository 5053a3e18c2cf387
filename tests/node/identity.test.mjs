import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { checkCertName, checkCertNo, checkMobile } from "cloudauth-edge/identity";

test("identity rules for forms", () => {
  const number = checkCertNo("11010519491231002x");
  assert.equal(number.ok, true);
  assert.deepEqual(
    [number.normalized, number.document, number.provinceEn, number.birthDate, number.male],
    ["11010519491231002X", "resident-identity-card", "Beijing", "1949-12-31", false],
  );
  assert.equal(number.notices[0].rule, "upper-case-x");
  assert.equal(checkCertNo("810000199408230021").ok, false);
  assert.equal(
    checkCertNo("810000199408230021", { allowResidencePermits: true }).document,
    "residence-permit",
  );
  assert.equal(checkCertNo("110105194912310021").rule, "check-digit");
  assert.match(checkCertNo("330103xxxxxxxxxxxx").messages.zh, /脱敏/);
  assert.equal(checkCertName("阿卜杜拉•买买提").normalized, "阿卜杜拉·买买提");
  assert.equal(checkCertName("A").rule, "latin-letter");
  assert.equal(checkCertName("JOHN SMITH", { allowResidencePermits: true }).normalized, "JOHN SMITH");
  assert.equal(checkMobile("+8613000000000").normalized, "13000000000");
});

test("every input gets an answer, and none traps", () => {
  for (const input of [undefined, null, 1, {}, "", "\uD800", "😀".repeat(100_000), "1".repeat(10_000_000)]) {
    for (const check of [checkCertNo, checkCertName, checkMobile]) assert.equal(check(input).ok, false);
  }
  assert.equal(checkCertNo("11010519491231002X").ok, true);
});

test("require() gives the same", () => {
  const require = createRequire(import.meta.url);
  assert.equal(require("cloudauth-edge/identity").checkMobile("13000000000").ok, true);
  const { FaceVerifyClient } = require("cloudauth-edge");
  assert.ok(new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret" }));
});
