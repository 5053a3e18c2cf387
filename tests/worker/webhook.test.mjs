// From Alibaba Cloud's callback to the caller's webhook, in workerd.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { start, stopAll } from "../../scripts/lib/process.mjs";
import { at } from "../../scripts/lib/project.mjs";
import { loopback } from "../support/fault-server.mjs";
import { operator, startBoth } from "../support/gateway.mjs";
import { freePort } from "../support/programs.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import { until } from "../support/until.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const ROUTE = "/v1/face-verifications";

let both, receiver;
const received = [];

before(async () => {
  receiver = await loopback(({ headers, text: body, url: path }, response) => {
    received.push({ headers, body, path });
    // The first attempt of each delivery fails.
    const id = headers["webhook-id"];
    const attempts = received.filter((each) => each.headers["webhook-id"] === id).length;
    response.writeHead(attempts === 1 ? 503 : 204).end();
  });
  both = await startBoth({
    GATEWAY_SECRET: SECRET,
    GATEWAY_PUBLIC_URL: "https://gateway.invalid",
    GATEWAY_PHOTO: "stream",
    GATEWAY_CALLERS: JSON.stringify([
      callerOf("shop", "dev-token", {
        scopes: ["create", "read", "read:material"],
        webhookUrl: `${receiver.endpoint}/verdicts?of=shop`,
      }),
    ]),
  });
});

after(async () => {
  await stopAll();
  await both?.close();
  await receiver?.close();
});

/** The webhook secret that the operator's command prints. */
async function secretOf(caller) {
  const shown = await operator(["caller", "add", caller], { GATEWAY_SECRET: SECRET });
  return shown.match(/webhook secret\s+(\S+)/)[1];
}

/** The path of the callback URL that Alibaba Cloud received for a verification. */
async function callbackOf(certifyId) {
  const response = await fetch(`${both.endpoint}/_sandbox/verifications/${certifyId}`);
  const { callback } = await response.json();
  const url = new URL(callback.url);
  assert.equal(url.origin, "https://gateway.invalid");
  return url.pathname;
}

test("a callback makes the gateway ask, and the verdict reaches the webhook, signed", async () => {
  const { gateway, endpoint } = both;
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order });
  const path = await callbackOf(json.certifyId);

  // A wrong callback changes nothing.
  const early = await gateway.call("GET", `${path}?certifyId=x&passed=T`, { token: null });
  assert.equal(early.status, 200);
  const pending = await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`);
  assert.equal(pending.json.status, "pending");

  await submit(endpoint, json.certifyId, "205");
  await gateway.call("POST", path, { token: null });
  // No caller reads the order; the second attempt of the webhook succeeds.
  await until(() => received.length === 2);
  const [first, second] = received;
  assert.equal(first.path, "/verdicts?of=shop");
  assert.equal(first.body, second.body);
  assert.equal(first.headers["webhook-id"], second.headers["webhook-id"]);

  // Verified with the specification's own library and the secret that the operator's command
  // prints.
  const webhook = new Webhook(await secretOf("shop"));
  for (const { headers, body } of received) {
    assert.deepEqual(webhook.verify(body, headers), JSON.parse(body));
    assert.throws(() => webhook.verify(body.replace("rejected", "passed"), headers));
  }
  const report = JSON.parse(first.body);
  assert.equal(report.type, "face-verification.rejected");
  assert.deepEqual(report.data, {
    outerOrderNo: order.outerOrderNo,
    certifyId: json.certifyId,
    status: "rejected",
    subCode: "205",
  });

  const found = await until(async () => {
    const answer = await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`);
    return answer.json.webhook.deliveredAt && answer.json;
  });
  assert.equal(found.webhook.attempts, 2);
  assert.equal(found.webhook.lastStatus, 204);
});

test("the guide's receiver accepts a delivery, and rejects a changed one", async () => {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: await secretOf("shop") };
  const child = start(process.execPath, [at("tests", "support", "webhook-receiver.mjs")], { env });
  const [{ headers, body }] = received;
  const deliver = (body) =>
    fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("webhook-"))),
      body,
    }).catch(() => undefined);
  const printed = once(child.stdout, "data");
  const accepted = await until(() => deliver(body));
  assert.equal(accepted.status, 204);
  const { data } = JSON.parse(body);
  assert.equal(String((await printed)[0]), `${data.outerOrderNo} ${data.status} ${data.subCode}\n`);
  assert.equal((await deliver(body.replace("rejected", "passed"))).status, 401);
});

test("a forged callback URL is rejected", async () => {
  const { gateway } = both;
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order });
  const path = await callbackOf(json.certifyId);
  const forged = path.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
  for (const wrong of [forged, path.replace("/shop/", "/other/"), `${path}/more`, "/v1/callbacks/a/b"]) {
    const answer = await gateway.call("GET", wrong, { token: null });
    assert.equal(answer.status, 404, wrong);
  }
});

test("the photo comes through the gateway, and its address does not", async () => {
  const { gateway, endpoint } = both;
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order });
  const early = await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}/photo`);
  assert.equal(early.json.code, "photo-unavailable");

  await submit(endpoint, json.certifyId, "passed");
  const passed = await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`);
  const { photo, pictureUrl } = passed.json.material.facialPictureFront;
  assert.equal(pictureUrl, undefined);
  assert.ok(!passed.text.includes(endpoint));
  const image = await fetch(gateway.url + photo, { headers: { authorization: "Bearer dev-token" } });
  assert.equal(image.headers.get("content-type"), "image/jpeg");
  assert.equal(image.headers.get("cache-control"), "no-store");
  const bytes = new Uint8Array(await image.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 2)], [0xff, 0xd8]);
  assert.equal((await gateway.call("GET", photo, { token: null })).status, 401);
});
