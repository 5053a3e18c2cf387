import assert from "node:assert/strict";

/** Holds what `projects/shared/verify.mjs` gave against what it must give, and against what the sandbox saw. */
export async function assertVerified({ certifyId, ...result }, sandbox) {
  assert.deepEqual(result, {
    status: "passed",
    score: result.score,
    failures: {
      unknown: { name: "FaceVerifyError", kind: "vendor", code: "406", fields: [] },
      invalid: {
        name: "FaceVerifyError",
        kind: "validation",
        code: "InvalidRequest",
        fields: ["outerOrderNo", "ip"],
      },
      unsigned: { name: "FaceVerifyError", kind: "signature", code: "SignatureDoesNotMatch", fields: [] },
    },
    birthDate: "1949-12-31",
    wrongDigit: "check-digit",
  });
  assert.ok(result.score > 0 && result.score <= 100, `a score of ${result.score}`);
  const seen = await sandbox.verification(certifyId);
  assert.deepEqual([seen.stage, seen.passed, seen.sceneId], ["ended", true, "1000000006"]);
}

/** The one line of JSON that a project prints; anything else, such as a warning of its runtime, is a failure. */
export function onlyLine(output) {
  const lines = output.split("\n").filter(Boolean);
  assert.equal(lines.length, 1, output);
  return JSON.parse(lines[0]);
}
