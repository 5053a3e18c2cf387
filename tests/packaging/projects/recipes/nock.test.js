import nock from "nock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FaceVerifyClient } from "cloudauth-edge";

beforeAll(() => nock.disableNetConnect());
afterAll(() => nock.restore());

test("nock answers the client", async () => {
  nock("https://cloudauth.aliyuncs.com").post("/").reply(200, { Code: "424", RequestId: "R" });
  const client = new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret" });
  const query = { sceneId: 1000000006, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" };
  expect((await client.describeFaceVerify(query)).status).toBe("pending");
});
