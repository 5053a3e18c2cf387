import { afterEach, expect, test, vi } from "vitest";
import { FaceVerifyClient } from "cloudauth-edge";
import { GatewayClient } from "cloudauth-edge/gateway-client";

afterEach(() => vi.restoreAllMocks());

test("the client calls a replaced fetch only if it is passed one", async () => {
  const answer = { Code: "200", ResultObject: { CertifyId: "91707dc296d469ad38e4c5efa6a0f24b" } };
  vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(answer));
  const client = new FaceVerifyClient({
    accessKeyId: "testid",
    accessKeySecret: "testsecret",
    fetch: (...request) => fetch(...request), // looked up at each call
  });
  const order = { sceneId: 1000000006, outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888", metaInfo: "{}" };
  expect((await client.initFaceVerify(order)).certifyId).toBe(answer.ResultObject.CertifyId);
  expect(fetch).toHaveBeenCalledOnce();
});

test("the gateway's client always calls the fetch of the moment", async () => {
  const order = { outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888", certifyId: "91707dc2" };
  vi.spyOn(globalThis, "fetch").mockResolvedValue(Response.json({ ...order, status: "rejected" }));
  const gateway = new GatewayClient({ url: "https://verify.example.com", token: "a-token" });
  expect((await gateway.read(order.outerOrderNo)).status).toBe("rejected");
});
