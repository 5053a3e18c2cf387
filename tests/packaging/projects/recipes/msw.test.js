import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaceVerifyClient } from "cloudauth-edge";

const server = setupServer(
  http.post("https://cloudauth.aliyuncs.com/", () => HttpResponse.json({ Code: "424", RequestId: "R" })),
);
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterAll(() => server.close());

test("msw answers the client", async () => {
  const client = new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret" });
  const query = { sceneId: 1000000006, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" };
  expect((await client.describeFaceVerify(query)).status).toBe("pending");
});
