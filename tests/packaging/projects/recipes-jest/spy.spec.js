const { FaceVerifyClient } = require("cloudauth-edge");

afterEach(() => jest.restoreAllMocks());

test("jest.spyOn", async () => {
  jest
    .spyOn(globalThis, "fetch")
    .mockImplementation(async () => Response.json({ Code: "424", RequestId: "R" }));
  const client = new FaceVerifyClient({
    accessKeyId: "testid",
    accessKeySecret: "testsecret",
    fetch: (...request) => fetch(...request), // looked up at each call
  });
  const query = { sceneId: 1000000006, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" };
  expect((await client.describeFaceVerify(query)).status).toBe("pending");
});
