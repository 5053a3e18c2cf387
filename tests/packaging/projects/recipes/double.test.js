import { expect, test, vi } from "vitest";
import { FaceVerifyError } from "cloudauth-edge";
import { createFaceVerifyError } from "cloudauth-edge/testing";

/** The code under test: what it does with the client's error. */
async function start(client, order) {
  try {
    return await client.initFaceVerify(order);
  } catch (error) {
    if (error instanceof FaceVerifyError && error.execution === "unknown") return "ask the operator";
    throw error;
  }
}

test("an unknown outcome is not repeated", async () => {
  const error = createFaceVerifyError({ kind: "timeout", code: "Timeout", execution: "unknown" });
  const client = { initFaceVerify: vi.fn().mockRejectedValue(error) };
  expect(await start(client, {})).toBe("ask the operator");
  expect(client.initFaceVerify).toHaveBeenCalledOnce();
});
