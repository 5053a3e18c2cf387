// Orders, callers and random choices for tests.

import { createHash } from "node:crypto";

/** xorshift32: makes the same choices in every run, if events occur in the same order. */
export function seeded(seed) {
  let state = seed;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

let orders = 0;

/** Sample values from Alibaba Cloud's documentation, with a new order number each time. */
export function sample(changes = {}) {
  orders += 1;
  return {
    outerOrderNo: `e0c34a77f5ac40a5aa5e${String(orders).padStart(12, "0")}`,
    userId: "123456789",
    certName: "张三",
    certNo: "11010519491231002X",
    metaInfo: '{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios","osVersion": "iOS 10.3.2"}',
    ...changes,
  };
}

/** A caller in GATEWAY_CALLERS with a bearer token. */
export const callerOf = (id, token, more) => ({
  id,
  tokenSha256: [createHash("sha256").update(token).digest("hex")],
  ...more,
});
