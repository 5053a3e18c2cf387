import assert from "node:assert/strict";

/**
 * Holds what `projects/shared/verify.mjs` gave against what it must give, and against what the sandbox saw.
 *
 * @param {(certifyId: string) => object | Promise<object>} seenBySandbox
 */
export async function assertVerified({ certifyId, ...result }, seenBySandbox) {
  assert.deepEqual(result, {
    status: "passed",
    score: result.score,
    failures: {
      unknown: { name: "FaceVerifyError", kind: "vendor", code: "406", fields: [] },
      invalid: {
        name: "FaceVerifyError",
        kind: "validation",
        code: "InvalidRequest",
        fields: ["ip", "outerOrderNo"],
      },
      unsigned: { name: "FaceVerifyError", kind: "signature", code: "SignatureDoesNotMatch", fields: [] },
    },
    birthDate: "1949-12-31",
    wrongDigit: "check-digit",
  });
  assert.ok(result.score > 0 && result.score <= 100, `a score of ${result.score}`);
  const seen = await seenBySandbox(certifyId);
  assert.deepEqual(
    [seen.certifyId, seen.stage, seen.passed, seen.sceneId],
    [certifyId, "ended", true, "1000000006"],
  );
}

/** The lines of JSON that a project prints; anything else, such as a warning of its runtime, is a failure. */
export function printed(output, lines = 1) {
  const found = output.split("\n").filter(Boolean);
  assert.equal(found.length, lines, output);
  return found.map((line) => JSON.parse(line));
}
