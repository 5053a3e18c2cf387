const { newOuterOrderNo } = require("cloudauth-edge");
const { createTestClient } = require("cloudauth-edge/testing");

let kit;
beforeEach(async () => {
  kit = await createTestClient();
});
afterEach(() => kit.close());

test("the person fails", async () => {
  const { client, sandbox, sceneId } = kit;
  const order = { sceneId, outerOrderNo: newOuterOrderNo(), certName: "张三", metaInfo: "{}" };
  const { certifyId } = await client.initFaceVerify(order);
  await sandbox.submit(certifyId, "205");
  const { status, subCode } = await client.describeFaceVerify({ sceneId, certifyId });
  expect([status, subCode]).toEqual(["rejected", "205"]);
});
