// The first endpoint is unreachable, on a real host.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { hostName, startGateway } from "../support/gateway.mjs";
import { freePort } from "../support/programs.mjs";
import { sample } from "../support/samples.mjs";

const ROUTE = "/v1/face-verifications";

let sandbox, gateway;

before(async () => {
  sandbox = createSandbox();
  const { url } = await sandbox.listen();
  gateway = await startGateway({
    GATEWAY_MODE: "development",
    CLOUDAUTH_ENDPOINTS: `http://127.0.0.1:${await freePort()},${url}`,
  });
});

after(async () => {
  await gateway?.close();
  await sandbox?.close();
});

test("starts go to an endpoint that works, and reads fail over", { timeout: 120_000 }, async () => {
  const order = sample();
  const first = await gateway.call("POST", ROUTE, { body: order });
  // Node reports that the connection was refused, so nothing was sent; workerd does not.
  if (hostName === "node") {
    assert.equal(first.status, 201);
  } else {
    assert.deepEqual([first.status, first.json.code], [409, "start-outcome-unknown"]);
    const again = await gateway.call("POST", `${ROUTE}?restartUnknown=true`, { body: order });
    assert.equal(again.status, 201);
  }
  const other = sample();
  const second = await gateway.call("POST", ROUTE, { body: other });
  assert.equal(second.status, 201);
  for (const { outerOrderNo } of [order, other]) {
    const { status, json } = await gateway.call("GET", `${ROUTE}/${outerOrderNo}`);
    assert.deepEqual([status, json.status], [200, "pending"]);
  }
});
