import { expect, test } from "vitest";
import { newOuterOrderNo } from "cloudauth-edge";
import { createTestClient } from "cloudauth-edge/testing";

test("the person passes", async () => {
  await using kit = await createTestClient();
  const { client, sandbox, sceneId } = kit;
  const { certifyId } = await client.initFaceVerify({
    sceneId,
    outerOrderNo: newOuterOrderNo(),
    certName: "张三",
    certNo: "11010519491231002X",
    metaInfo: "{}",
  });
  await sandbox.submit(certifyId, "passed");
  const { status } = await client.describeFaceVerify({ sceneId, certifyId });
  expect(status).toBe("passed");
});
