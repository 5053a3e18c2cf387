import { expect, test, vi } from "vitest";
import { newOuterOrderNo, parseCallback } from "cloudauth-edge";
import { createTestClient } from "cloudauth-edge/testing";

test("the callback reports its order", async () => {
  const route = vi.fn(async (url) => new Response(parseCallback(url, "token")?.tokenValid ? "ok" : "no"));
  await using kit = await createTestClient({ fetch: route });
  const { certifyId } = await kit.client.initFaceVerify({
    sceneId: kit.sceneId,
    outerOrderNo: newOuterOrderNo(),
    metaInfo: "{}",
    callbackUrl: "https://backend.example/callback",
    callbackToken: "token",
  });
  await kit.sandbox.submit(certifyId, "passed");
  await vi.waitFor(() => expect(route).toHaveBeenCalled());
  const [url] = route.mock.calls[0];
  expect(parseCallback(url, "token")).toMatchObject({ certifyId, tokenValid: true });
});
