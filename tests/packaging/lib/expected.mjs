import assert from "node:assert/strict";

/**
 * Compares the results of `projects/shared/verify.mjs` with the expected ones and with the sandbox's state.
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

/** The JSON lines in a project's output; anything else, such as a runtime warning, is a failure. */
export function printed(output, lines = 1) {
  const found = output.split("\n").filter(Boolean);
  assert.equal(found.length, lines, output);
  return found.map((line) => JSON.parse(line));
}
