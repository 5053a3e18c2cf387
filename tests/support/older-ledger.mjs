// What the documentation says about a restored, older database (docs/guide/server.md, "Backup and restore"), for each
// way to restore one.

import assert from "node:assert/strict";
import { loopback } from "./fault-server.mjs";
import { startBoth } from "./gateway.mjs";
import { callerOf, sample } from "./samples.mjs";
import { injectFault, startsOf, submit } from "./sandbox.mjs";
import { until } from "./until.mjs";

const ROUTE = "/v1/face-verifications";

/**
 * @param {{ save: (gateway: object) => Promise<void>, restore: (gateway: object) => Promise<void> }} how `restore` puts
 *   the database of `save` in the place of the newest, while the gateway is stopped
 * @param {object} [options] of the gateway
 */
export async function olderLedger({ save, restore }, options) {
  const deliveries = [];
  const receiver = await loopback(({ headers, text }, response) => {
    deliveries.push({ id: headers["webhook-id"], no: JSON.parse(text).data.outerOrderNo });
    response.writeHead(204).end();
  });
  const both = await startBoth(
    {
      // A lease that a stopped instance left in the older database is soon over.
      GATEWAY_LEASE_SECONDS: "1",
      GATEWAY_CALLERS: JSON.stringify([callerOf("shop", "dev-token", { webhookUrl: receiver.endpoint })]),
    },
    { on: "node", ...options },
  );
  const { gateway, endpoint } = both;
  const start = (order, query = "") => gateway.call("POST", ROUTE + query, { body: order });
  const read = async ({ outerOrderNo }) => (await gateway.call("GET", `${ROUTE}/${outerOrderNo}`)).json;
  const delivered = ({ outerOrderNo }) => deliveries.filter(({ no }) => no === outerOrderNo);
  /** Passes; returns when the webhook has been delivered, too. */
  async function pass(order, certifyId) {
    await submit(endpoint, certifyId, "passed");
    assert.equal((await read(order)).status, "passed");
    await until(async () => (await read(order)).webhook.deliveredAt);
  }

  try {
    const [decided, pending, begun, later] = Array.from({ length: 4 }, () => sample());
    const ids = new Map();
    for (const order of [decided, pending]) ids.set(order, (await start(order)).json.certifyId);
    await pass(decided, ids.get(decided));
    await injectFault(endpoint, { kind: "hang", action: "InitFaceVerify", executed: true });
    const cut = start(begun).catch(() => {});
    await until(async () => (await startsOf(endpoint, begun.outerOrderNo)) === 1);

    await save(gateway);
    await pass(pending, ids.get(pending));
    ids.set(later, (await start(later)).json.certifyId);
    await gateway.restart(() => restore(gateway));
    await cut;

    // What was stored before is still true.
    const known = await read(decided);
    assert.deepEqual([known.status, known.certifyId], ["passed", ids.get(decided)]);
    assert.equal(delivered(decided).length, 1);
    // A start in progress at that time is not repeated unasked.
    await until(async () => (await start(begun)).json.code === "start-outcome-unknown");
    assert.equal(await startsOf(endpoint, begun.outerOrderNo), 1);
    // A later verdict is queried again, and delivered again with the same id.
    assert.equal((await start(pending)).json.certifyId, ids.get(pending));
    assert.equal((await read(pending)).status, "passed");
    await until(() => delivered(pending).length === 2);
    assert.equal(new Set(delivered(pending).map(({ id }) => id)).size, 1);
    // A later order is unknown: by its absence from the list, its caller finds it in its own records.
    assert.equal((await read(later)).code, "unknown-order");
    const listed = (await gateway.call("GET", ROUTE)).json.items.map(({ outerOrderNo }) => outerOrderNo);
    assert.deepEqual(
      listed.sort(),
      [decided, pending, begun].map(({ outerOrderNo }) => outerOrderNo),
    );
    const another = await start(later);
    assert.equal(another.status, 201);
    assert.notEqual(another.json.certifyId, ids.get(later));
    assert.equal(await startsOf(endpoint, later.outerOrderNo), 2);
  } finally {
    await both.close();
    await receiver.close();
  }
}
