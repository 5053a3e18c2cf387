const { FaceVerifyError } = require("cloudauth-edge");
const { createFaceVerifyError } = require("cloudauth-edge/testing");

test("a double of the client", async () => {
  const error = createFaceVerifyError({ kind: "throttled", code: "Throttling.User", retryable: true });
  const client = { describeFaceVerify: jest.fn().mockRejectedValue(error) };
  await expect(client.describeFaceVerify({})).rejects.toThrow(FaceVerifyError);
});
