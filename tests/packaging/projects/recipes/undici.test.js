import { fetch, MockAgent } from "undici";
import { expect, test } from "vitest";
import { FaceVerifyClient } from "cloudauth-edge";

test("undici's MockAgent answers the client", async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher
    .get("https://cloudauth.aliyuncs.com")
    .intercept({ method: "POST", path: "/" })
    .reply(200, { Code: "424", RequestId: "R" });
  const client = new FaceVerifyClient({
    accessKeyId: "testid",
    accessKeySecret: "testsecret",
    fetch: (url, init) => fetch(url, { ...init, dispatcher }),
  });
  const query = { sceneId: 1000000006, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" };
  expect((await client.describeFaceVerify(query)).status).toBe("pending");
});
