// The gateway on a real host with a clock that jumps, a full disk, and an upstream that breaks the rules of HTTP.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { until } from "../support/until.mjs";
import { hostName, startBoth, startGateway } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { injectFault, startsOf, submit } from "../support/sandbox.mjs";

const ROUTE = "/v1/face-verifications";
const HOUR = 3_600_000;
const LIMIT = { timeout: 240_000 };

const crlf = (...lines) => lines.join("\r\n");
const whole = (body, ...headers) =>
  Buffer.concat([
    Buffer.from(crlf("HTTP/1.1 200 OK", `content-length: ${body.length}`, ...headers, "", "")),
    Buffer.from(body),
  ]);
const chunked = (...lines) => crlf("HTTP/1.1 200 OK", "transfer-encoding: chunked", "", ...lines);

const bomb = gzipSync(" ".repeat(20_000_000));

/** Writes text until the connection is closed. */
function endless(socket, first, next) {
  const write = () => {
    while (socket.writable && socket.write(next));
  };
  socket.on("drain", write);
  socket.write(first);
  write();
}

/**
 * Responses to a start, as `(json, socket) => bytes`, where `json` is the right one: those that give a CertifyId, …
 */
const readable = {
  "as it should": (json) => whole(json),
  "twice at once": (json) => Buffer.concat([whole(json), whole(json.replace(/CertifyId":"/, "$&other-"))]),
  "after several interim responses": (json) =>
    Buffer.concat([Buffer.from("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3)), whole(json)]),
  "compressed by gzip": (json) => whole(gzipSync(json), "content-encoding: gzip"),
  "compressed by Brotli": (json) => whole(brotliCompressSync(json), "content-encoding: br"),
};
/** … and those after which nobody knows. */
const unreadable = {
  "too late": undefined,
  "with no HTTP at all": () => "220 mail.example ESMTP\r\n",
  "with a length that is not a number": (json) => crlf("HTTP/1.1 200 OK", "content-length: many", "", json),
  "with two lengths": (json) =>
    crlf("HTTP/1.1 200 OK", `content-length: ${json.length}`, "content-length: 3", "", json),
  "with fewer bytes than announced": (json, socket) => {
    socket.end(crlf("HTTP/1.1 200 OK", `content-length: ${json.length + 10}`, "", json));
  },
  "with a chunk of no size": (json) => chunked("many", json, "0", "", ""),
  "without its last chunk": (json, socket) => {
    socket.end(chunked(json.length.toString(16), json, ""));
  },
  "with a broken compression": (json) => whole(gzipSync(json).subarray(0, -20), "content-encoding: gzip"),
  "compressed to a thousandth": () => whole(bomb, "content-encoding: gzip"),
  "with an endless body": (_, socket) =>
    endless(socket, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", " ".repeat(65_536)),
  "with endless headers": (_, socket) => endless(socket, "HTTP/1.1 200 OK\r\n", "x: y\r\n".repeat(1_000)),
};

test(
  "an upstream that breaks HTTP decides no other order than the one that was asked for",
  LIMIT,
  async (t) => {
    const asked = new Map();
    const late = [];
    const waiting = new Map();
    let count = 0;
    const upstream = createServer((socket) => {
      let received = "";
      socket.on("error", () => {});
      socket.on("data", async (chunk) => {
        received += chunk;
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1]);
        const body = received.split("\r\n\r\n")[1];
        if (body === undefined || body.length < length) return;
        received = "";
        const no = new URLSearchParams(body).get("OuterOrderNo");
        count += 1;
        const CertifyId = `certify-${count}`;
        asked.set(no, [...(asked.get(no) ?? []), CertifyId]);
        const json = JSON.stringify({ Code: "200", RequestId: "r", ResultObject: { CertifyId } });
        const answer = waiting.has(no) ? waiting.get(no) : readable["as it should"];
        if (!answer) return late.push(() => socket.write(whole(json)));
        const bytes = await answer(json, socket);
        if (bytes) socket.write(bytes);
      });
    }).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const gateway = await startGateway({
      GATEWAY_MODE: "development",
      CLOUDAUTH_ENDPOINTS: `http://127.0.0.1:${upstream.address().port}`,
      CLOUDAUTH_TIMEOUT_MS: "3000",
      CLOUDAUTH_TOTAL_TIMEOUT_MS: "6000",
    });
    t.after(async () => {
      await gateway.close();
      upstream.close();
    });

    async function start(answer) {
      const order = sample();
      const no = order.outerOrderNo;
      waiting.set(no, answer);
      const first = await gateway.call("POST", ROUTE, { body: order });
      assert.equal(asked.get(no).length, 1, "no start is sent twice");
      const again = await gateway.call("POST", ROUTE, { body: order });
      assert.equal(asked.get(no).length, 1, "nobody started it again");
      return { first, again, ids: asked.get(no) };
    }
    for (const [how, answer] of Object.entries(readable)) {
      await t.test(`it answers ${how}`, LIMIT, async () => {
        const { first, again, ids } = await start(answer);
        assert.equal(first.status, 201, first.text);
        assert.deepEqual([first.json.certifyId, again.json.certifyId], [ids[0], ids[0]]);
      });
    }
    for (const [how, answer] of Object.entries(unreadable)) {
      await t.test(`it answers ${how}`, LIMIT, async () => {
        const { first, again } = await start(answer);
        assert.deepEqual(
          [first.json.code, again.json.code],
          ["start-outcome-unknown", "start-outcome-unknown"],
          first.text,
        );
        for (const write of late.splice(0)) write();
        // What is left of that answer belongs to no other order.
        const next = await start(readable["as it should"]);
        assert.deepEqual([next.first.status, next.first.json.certifyId], [201, next.ids[0]], next.first.text);
      });
    }
  },
);

test("a clock that jumps by an hour and back decides no order and stops no call", LIMIT, async (t) => {
  const both = await startBoth({ CLOUDAUTH_CALLS_PER_SECOND: "2" }, { hostile: true });
  t.after(() => both.close());
  const { gateway, endpoint } = both;
  const orders = [];
  for (const shift of [0, HOUR, 0, -HOUR, 0]) {
    await gateway.shiftClock(shift);
    // On PostgreSQL, an instance proves its lease by the new clock first.
    await until(async () => (await gateway.call("GET", "/readyz", { token: null })).status === 200);
    const order = sample();
    const { status, text, json } = await gateway.call("POST", ROUTE, { body: order });
    assert.ok(status === 201 || status === 200, text);
    orders.push({ no: order.outerOrderNo, certifyId: json.certifyId });
    for (const { no, certifyId, verdict = "pending" } of orders) {
      const read = await gateway.call("GET", `${ROUTE}/${no}`);
      assert.deepEqual([read.json.status, read.json.certifyId], [verdict, certifyId], read.text);
    }
    // Started by another clock, if there was one.
    const [earlier] = orders.slice(0, -1).filter(({ verdict }) => !verdict);
    if (!earlier) continue;
    await submit(endpoint, earlier.certifyId, "passed");
    earlier.verdict = (await gateway.call("GET", `${ROUTE}/${earlier.no}`)).json.status;
    assert.equal(earlier.verdict, "passed");
  }
  for (const { no } of orders) assert.equal(await startsOf(endpoint, no), 1);
});

test(
  "a full disk, before a call or in the midst of one: nothing is started unrecorded or twice",
  LIMIT,
  async (t) => {
    const both = await startBoth(
      { CLOUDAUTH_TIMEOUT_MS: "2000", CLOUDAUTH_TOTAL_TIMEOUT_MS: "4000" },
      { hostile: true },
    );
    t.after(() => both.close());
    const { gateway, endpoint } = both;
    const start = (order) => gateway.call("POST", ROUTE, { body: order });
    const [kept, refused, cut] = [sample(), sample(), sample()];
    const { certifyId } = (await start(kept)).json;

    await gateway.setFull(true);
    assert.equal((await start(refused)).json.code, "internal-error");
    assert.equal(await startsOf(endpoint, refused.outerOrderNo), 0);
    await gateway.setFull(false);
    assert.equal((await start(refused)).status, 201);

    await injectFault(endpoint, { kind: "hang", action: "InitFaceVerify", executed: true });
    const running = start(cut);
    await until(async () => (await startsOf(endpoint, cut.outerOrderNo)) === 1);
    await gateway.setFull(true);
    assert.equal((await running).json.code, "internal-error");
    await gateway.setFull(false);
    // When the call's time is over.
    await gateway.shiftClock(30_000);
    await until(async () => {
      const { json } = await start(cut);
      assert.equal(json.certifyId, undefined);
      return json.code === "start-outcome-unknown";
    });
    assert.equal(await startsOf(endpoint, cut.outerOrderNo), 1);
    assert.equal((await start(kept)).json.certifyId, certifyId);
  },
);

test("a path that parsing would change is not served", LIMIT, async (t) => {
  const both = await startBoth({}, { hostile: true });
  t.after(() => both.close());
  const { url } = both.gateway;
  const { hostname, port } = new URL(url);
  const statusOf = async (target) => {
    const headers = { authorization: "Bearer dev-token" };
    const options =
      hostName === "worker" ? { headers: { ...headers, "x-target": target } } : { path: target, headers };
    const [response] = await once(request({ hostname, port, ...options }).end(), "response");
    response.resume();
    return response.statusCode;
  };
  assert.equal(await statusOf(`${ROUTE}?limit=1`), 200);
  assert.equal(await statusOf(`${url}${ROUTE}?limit=1`), 200);
  assert.equal(await statusOf(`${url}/v1/callbacks/..\\face-verifications`), 404);
  assert.equal(await statusOf(`${url}/v1/callbacks/%2e%2e/face-verifications`), 404);
  for (const path of [
    "/v1/callbacks/..\\face-verifications",
    "/v1/callbacks/../face-verifications",
    "/v1/callbacks/%2e%2E/face-verifications",
    "/v1/callbacks/..%5c..\\v1\\face-verifications",
    "/v1/callbacks/..\\..\\readyz",
    "/v1/callbacks/..\\..\\favicon.svg",
    "/./readyz",
    "//host/readyz",
    "/readyz#/v1/callbacks",
  ])
    assert.equal(await statusOf(path), 404, path);
});
