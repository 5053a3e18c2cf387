// Tests what the platform does for the Worker: alarms after a restart, a graceful shutdown, readiness, proxies,
// metrics.

import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { createServer, get, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { FaceVerifyClient } from "cloudauth-edge";
import { createSandbox } from "../../pkg/dist/sandbox.js";
import { Metrics } from "../../server/metrics.js";
import { startGateway } from "../support/gateway.mjs";
import { callerOf, sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import { until } from "../support/until.mjs";

const ROUTE = "/v1/face-verifications";
const LIMIT = { timeout: 120_000 };

let closing;
beforeEach(() => (closing = []));
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

async function gatewayWith(settings, options = {}) {
  const gateway = await startGateway(
    { GATEWAY_MODE: "development", ...settings },
    { on: "node", ...options },
  );
  closing.push(() => gateway.close());
  return gateway;
}

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

async function sandboxUrl() {
  const sandbox = createSandbox();
  closing.push(() => sandbox.close());
  return (await sandbox.listen()).url;
}

const shop = (webhookUrl) => JSON.stringify([callerOf("shop", "dev-token", { webhookUrl })]);

/** Responds with each of the statuses in turn, then with the last one. */
async function receiverOf(...statuses) {
  const arrivals = new EventEmitter();
  let count = 0;
  const url = await listening(
    createServer((request, response) => {
      request.resume();
      response.writeHead(statuses[Math.min(count, statuses.length - 1)]).end();
      count += 1;
      arrivals.emit("report");
    }),
  );
  return { url, next: () => once(arrivals, "report") };
}

/** An upstream that responds when `release` is called. */
async function heldVendor() {
  let arrived, release;
  const arrival = new Promise((resolve) => (arrived = resolve));
  const released = new Promise((resolve) => (release = resolve));
  const url = await listening(
    createServer(async (request, response) => {
      request.resume();
      arrived();
      await released;
      const answer = { Code: "200", RequestId: "r", ResultObject: { CertifyId: "certify1" } };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }),
  );
  return { url, arrival, release };
}

test("work that is due when the process dies is done by the next process", LIMIT, async () => {
  const endpoint = await sandboxUrl();
  const receiver = await receiverOf(503, 204);
  const gateway = await gatewayWith(
    { CLOUDAUTH_ENDPOINTS: endpoint, GATEWAY_CALLERS: shop(receiver.url) },
    { evicting: true },
  );
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order });
  await submit(endpoint, json.certifyId, "passed");
  const first = receiver.next();
  assert.equal((await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`)).json.status, "passed");
  await first;
  const second = receiver.next();
  await gateway.evict();
  await second;
});

test("a request that Node's parser rejects gets an error that SDKs can read, and the log names no part of it", async () => {
  const gateway = await gatewayWith();
  const { hostname, port } = new URL(gateway.url);
  for (const [sent, status, code] of [
    [`GET /?MetaInfo=${"a".repeat(200_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431, "RequestHeaderFieldsTooLarge"],
    ["GET /?CertName=张三 HTTP/1.1\r\nhost: a\r\n\r\n", 400, "BadRequest"],
    ["GET /livez HTTP/1.1\r\n\r\n", 400, "BadRequest"],
  ]) {
    const socket = connect(Number(port), hostname);
    socket.write(sent);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /^cloudauth-gateway-mode: development\r$/m);
    const { Code, Message, RequestId } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
    assert.equal(Code, code);
    assert.ok(Message);
    await gateway.prints(
      new RegExp(`{"requestId":"${RequestId}","status":${status},"outcome":"unreadable-request"}`),
    );
  }
  assert.equal((await gateway.call("GET", "/livez")).status, 200);
});

test("a request with an unknown expectation is served", async () => {
  const gateway = await gatewayWith();
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  socket.write(`GET /livez HTTP/1.1\r\nhost: ${hostname}\r\nexpect: x\r\nconnection: close\r\n\r\n`);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.match(answer, /^cloudauth-gateway-mode: development\r$/m);
  await gateway.prints(/"route":"livez"/);
});

for (const signal of ["SIGTERM", "SIGHUP"])
  test(`${signal}: new requests are refused, requests in flight are answered`, LIMIT, async () => {
    const vendor = await heldVendor();
    const gateway = await gatewayWith({ CLOUDAUTH_ENDPOINTS: vendor.url, GATEWAY_SHUTDOWN_SECONDS: "60" });
    const order = sample();
    const begun = gateway.call("POST", ROUTE, { body: order });
    await vendor.arrival;
    const ended = gateway.signal(signal);
    await gateway.prints(new RegExp(`"stopping":"${signal}"`));
    const { hostname, port } = new URL(gateway.url);
    const [error] = await once(connect(Number(port), hostname), "error");
    assert.equal(error.code, "ECONNREFUSED");
    vendor.release();
    const { status, headers } = await begun;
    assert.deepEqual([status, headers.get("connection")], [201, "close"]);
    assert.equal(await ended, 0);
  });

test("SIGTERM: a connection that has sent nothing does not delay the end", LIMIT, async () => {
  const gateway = await gatewayWith({ GATEWAY_SHUTDOWN_SECONDS: "60" });
  const { hostname, port } = new URL(gateway.url);
  const silent = connect(Number(port), hostname);
  closing.push(() => silent.destroy());
  await once(silent, "connect");
  // The server knows the connection when it responds to a later one.
  await gateway.call("GET", "/livez");
  const began = performance.now();
  assert.equal(await gateway.signal("SIGTERM"), 0);
  assert.ok(performance.now() - began < 60_000);
  await gateway.prints(/"stopped":"all that was begun has ended"/);
});

test("SIGTERM: a request whose body is still being sent is refused at once", LIMIT, async () => {
  const gateway = await gatewayWith({ GATEWAY_SHUTDOWN_SECONDS: "60" });
  const { hostname, port } = new URL(gateway.url);
  const sending = request({
    hostname,
    port,
    path: ROUTE,
    method: "POST",
    headers: {
      authorization: "Bearer dev-token",
      "content-type": "application/json",
      "content-length": 100,
      expect: "100-continue",
    },
  });
  closing.push(() => sending.destroy());
  sending.flushHeaders();
  await once(sending, "continue");
  sending.write("{");
  const answered = once(sending, "response");
  const ended = gateway.signal("SIGTERM");
  const [response] = await answered;
  const { code, execution } = JSON.parse(Buffer.concat(await response.toArray()));
  assert.deepEqual(
    [response.statusCode, response.headers.connection, code, execution],
    [408, "close", "request-timeout", "none"],
  );
  assert.equal(await ended, 0);
});

test("SIGTERM: a waiting poll is answered with the current state", LIMIT, async () => {
  const gateway = await gatewayWith({
    CLOUDAUTH_ENDPOINTS: await sandboxUrl(),
    GATEWAY_SHUTDOWN_SECONDS: "60",
  });
  const order = sample();
  await gateway.call("POST", ROUTE, { body: order });
  const headers = { prefer: "wait=60" };
  const waiting = gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`, { headers });
  // Once a second reader has received its response, the first one is waiting.
  await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`, { headers: { prefer: "wait=1" } });
  const ended = gateway.signal("SIGTERM");
  const { status, json } = await waiting;
  assert.deepEqual([status, json.status], [200, "pending"]);
  assert.equal(await ended, 0);
});

test(
  "the shutdown waits for calls, also without a client, within bounds, and none is started again",
  LIMIT,
  async () => {
    for (const leaves of [false, true]) {
      const vendor = await heldVendor();
      const gateway = await gatewayWith({ CLOUDAUTH_ENDPOINTS: vendor.url, GATEWAY_SHUTDOWN_SECONDS: "1" });
      const order = sample();
      const client = new AbortController();
      const cut = gateway.call("POST", ROUTE, { body: order, signal: client.signal });
      const failed = assert.rejects(cut);
      await vendor.arrival;
      if (leaves) client.abort();
      // With 0, all calls would have ended.
      assert.equal(await gateway.signal("SIGTERM"), 1);
      await failed;
      await gateway.restart();
      const { json } = await gateway.call("POST", ROUTE, { body: order });
      assert.equal(json.code, "start-outcome-unknown");
    }
  },
);

test("/readyz says that the database cannot be reached; /livez does not ask it", LIMIT, async () => {
  const gateway = await gatewayWith({});
  const ready = () => gateway.call("GET", "/readyz", { token: null });
  assert.equal((await ready()).status, 200);
  const other = new DatabaseSync(join(gateway.state, "gateway.db"));
  other.exec("BEGIN IMMEDIATE");
  const { status, json } = await ready();
  assert.deepEqual([status, json.code, json.retryable], [503, "unavailable", true]);
  assert.equal((await gateway.call("GET", "/livez", { token: null })).status, 200);
  other.exec("ROLLBACK");
  other.close();
  assert.equal((await ready()).status, 200);
});

test("where the database cannot be written, nothing is sent, and the log says why", LIMIT, async () => {
  const endpoint = await sandboxUrl();
  const gateway = await gatewayWith({ CLOUDAUTH_ENDPOINTS: endpoint });
  const order = sample();
  const other = new DatabaseSync(join(gateway.state, "gateway.db"));
  other.exec("BEGIN IMMEDIATE");
  const failed = await gateway.call("POST", ROUTE, { body: order });
  assert.deepEqual([failed.status, failed.json.code], [500, "internal-error"]);
  const started = await fetch(`${endpoint}/_sandbox/verifications`);
  assert.deepEqual((await started.json()).verifications, []);
  await gateway.prints(/"error":\{"name":"Error","code":"ERR_SQLITE_ERROR","errcode":5,/);
  other.exec("ROLLBACK");
  other.close();
  assert.equal((await gateway.call("POST", ROUTE, { body: order })).status, 201);
});

test("X-Forwarded-Host is trusted from a named proxy alone", LIMIT, async () => {
  // A development gateway responds only to names of the local machine.
  const headers = { "x-forwarded-host": "gateway.example" };
  for (const [proxies, status] of [
    ["", 200],
    ["10.0.0.0/8, ::1", 200],
    ["127.0.0.1", 503],
    ["192.0.2.1,127.0.0.0/8", 503],
  ]) {
    const gateway = await gatewayWith({ GATEWAY_TRUSTED_PROXIES: proxies });
    assert.equal((await gateway.call("GET", "/readyz", { headers })).status, status, proxies);
  }
});

test(
  "behind a trusted proxy, signatures are verified with Host or with the host that the client sees",
  LIMIT,
  async () => {
    const CLOUDAUTH_ENDPOINTS = await sandboxUrl();
    const key = { accessKeyId: "gwk-shop", accessKeySecret: "planted-secret-of-the-pair" };
    const keyPairs = [{ accessKeyId: key.accessKeyId, secretSetting: "GATEWAY_KEY_SHOP" }];
    const settings = {
      CLOUDAUTH_ENDPOINTS,
      GATEWAY_CALLERS: JSON.stringify([{ id: "shop", keyPairs }]),
      GATEWAY_KEY_SHOP: key.accessKeySecret,
    };
    const seen = "localhost:4321";
    for (const GATEWAY_TRUSTED_PROXIES of ["127.0.0.1", ""]) {
      const gateway = await gatewayWith({ ...settings, GATEWAY_TRUSTED_PROXIES });
      const own = new URL(gateway.url).host;
      const isTrusted = GATEWAY_TRUSTED_PROXIES !== "";
      for (const [signed, forwarded, accepted] of [
        [seen, seen, isTrusted],
        [seen, `${seen}, localhost`, isTrusted],
        [seen, "", false],
        // The proxy keeps Host, and reports it without the port.
        [own, "127.0.0.1", true],
      ]) {
        const client = new FaceVerifyClient({
          ...key,
          signatureVersion: "ACS3-HMAC-SHA256",
          endpoint: `http://${signed}`,
          fetch(url, init) {
            const headers = [...new Headers(init.headers)].filter(([name]) => name !== "host");
            return fetch(url.replace(signed, own), {
              ...init,
              headers: [...headers, ["x-forwarded-host", forwarded]],
            });
          },
        });
        const outcome = client.initFaceVerify({ sceneId: 1000000006, ...sample() });
        if (accepted) assert.ok((await outcome).certifyId);
        else await assert.rejects(outcome, { code: "SignatureDoesNotMatch" });
      }
    }
  },
);

test("a ledger without requests follows a shorter retention after a restart", LIMIT, async () => {
  const gateway = await gatewayWith({ CLOUDAUTH_ENDPOINTS: await sandboxUrl() });
  await gateway.call("POST", ROUTE, { body: sample() });
  const rows = (query) => {
    const db = new DatabaseSync(join(gateway.state, "gateway.db"));
    const found = db.prepare(query).all();
    db.close();
    return found;
  };
  await gateway.restart(() => rows("UPDATE rows SET value = '31536000000' WHERE key = 'retention'"));
  const shorten = "SELECT key FROM rows WHERE key LIKE 'due/%/shorten/%'";
  await until(() => rows(shorten).length > 0);
});

test("the console is compressed for clients that accept it", LIMIT, async () => {
  const { url } = await gatewayWith({});
  // Without a library that asks for compression by itself.
  const asked = async (path, encodings) => {
    const headers = encodings === undefined ? {} : { "accept-encoding": encodings };
    const [response] = await once(get(`${url}${path}`, { headers }), "response");
    const body = Buffer.concat(await response.toArray());
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers.vary, "accept-encoding");
    assert.equal(Number(response.headers["content-length"]), body.length);
    return { encoding: response.headers["content-encoding"], type: response.headers["content-type"], body };
  };
  const page = await asked("/");
  const [script] = /(?<=src=")[^"]+/.exec(page.body);
  for (const path of ["/", script]) {
    const plain = await asked(path);
    assert.equal(plain.encoding, undefined);
    for (const encodings of ["gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.8", "*"]) {
      const { encoding, type, body } = await asked(path, encodings);
      assert.deepEqual([encoding, type], ["gzip", plain.type], encodings);
      assert.ok(body.length < plain.body.length);
      assert.deepEqual(gunzipSync(body), plain.body);
    }
    for (const encodings of ["", "identity", "br", "gzip;q=0, *", "*;q=0", "gzip;q=x", ",;,"])
      assert.equal((await asked(path, encodings)).encoding, undefined, encodings);
  }
});

test("the metrics are served while the database is not", LIMIT, async () => {
  for (const [backlog, expected, probe = () => {}] of [
    [() => Promise.reject(new Error("planted")), ["0", "Nan", "Nan"]],
    [async () => ({ count: 2, first: `due/${Date.now() + 60_000}/deliver/no` }), ["1", "2", "0"]],
    [
      async () => ({ count: 2 }),
      ["0", "Nan", "Nan"],
      () => {
        throw new Error("it cannot be written");
      },
    ],
  ]) {
    const metrics = new Metrics({ backlog, probe }, { pendingDeliveries: () => ({ from: "due/" }) });
    metrics.observe({ route: "readyz", outcome: "unavailable", status: 503, durationMs: 1 });
    const url = await listening(metrics.server());
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /^cloudauth_gateway_requests_total\{.*outcome="unavailable".*\} 1$/m);
    const values = ["database_up", "webhook_backlog", "webhook_overdue_seconds"].map(
      (name) => new RegExp(`^cloudauth_gateway_${name} (\\S+)$`, "m").exec(text)?.[1],
    );
    assert.deepEqual(values, expected);
  }
});

test("metrics count outcomes, without personal labels", LIMIT, async () => {
  const endpoint = await sandboxUrl();
  const receiver = await receiverOf(503);
  const gateway = await gatewayWith({ CLOUDAUTH_ENDPOINTS: endpoint, GATEWAY_CALLERS: shop(receiver.url) });
  const metrics = async () => {
    const response = await fetch(new URL("/metrics", gateway.metrics));
    assert.match(response.headers.get("content-type"), /^text\/plain; version=0\.0\.4/);
    return response.text();
  };
  const value = (text, name, labels = "") => {
    const line = text.split("\n").find((each) => each.startsWith(`cloudauth_gateway_${name}${labels} `));
    return line && Number(line.split(" ").at(-1));
  };
  const order = sample();
  const { json } = await gateway.call("POST", ROUTE, { body: order });
  await gateway.call("POST", ROUTE, { body: order });
  assert.equal(value(await metrics(), "webhook_backlog"), 0);
  await submit(endpoint, json.certifyId, "205");
  const reported = receiver.next();
  await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`);
  await reported;
  await gateway.call("GET", `${ROUTE}/${order.outerOrderNo}`, { token: "nobody" });

  const text = await metrics();
  const requests = (route, outcome, status) =>
    value(text, "requests_total", `{route="${route}",outcome="${outcome}",status="${status}"}`);
  assert.equal(requests("face-verifications", "created", 201), 1);
  assert.equal(requests("face-verifications", "repeated", 200), 1);
  assert.equal(requests("face-verification", "rejected", 200), 1);
  assert.equal(requests("face-verification", "unauthenticated", 401), 1);
  const calls = (action) => value(text, "upstream_seconds_count", `{action="${action}",result="200"}`);
  assert.deepEqual([calls("InitFaceVerify"), calls("DescribeFaceVerify")], [1, 1]);
  assert.equal(value(text, "webhook_backlog"), 1);
  for (const secret of [
    "shop",
    order.outerOrderNo,
    json.certifyId,
    order.certNo,
    "张三",
    "dev-token",
    endpoint,
  ])
    assert.ok(!text.includes(secret), secret);
  assert.equal((await fetch(new URL("/", gateway.metrics))).status, 404);
});
