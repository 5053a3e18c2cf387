import { expect, test as base } from "vitest";
import { createTestClient } from "cloudauth-edge/testing";

const test = base.extend({
  // eslint-disable-next-line no-empty-pattern -- Vitest reads the pattern
  kit: async ({}, use) => {
    await using kit = await createTestClient({ client: { maxAttempts: 1 } });
    await use(kit);
  },
});

test("Alibaba Cloud throttles", async ({ kit: { client, sandbox, sceneId } }) => {
  await sandbox.injectFault({ action: "DescribeFaceVerify", kind: "error", code: "Throttling.User" });
  const query = client.describeFaceVerify({ sceneId, certifyId: "91707dc296d469ad38e4c5efa6a0f24b" });
  await expect(query).rejects.toMatchObject({ kind: "throttled", retryable: true });
});
