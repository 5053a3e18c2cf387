/** Tests Node's HTTP transport, which the client uses on Node unless fetch is passed. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import http, { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer, Socket } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { FaceVerifyClient, isFaceVerifyError } from "cloudauth-edge";
import { denoTransport } from "../../pkg/dist/transport-deno.js";
import { nodeTransport } from "../../pkg/dist/transport-node.js";
import { certifyId, faultServer, json, pending, started } from "../support/fault-server.mjs";
import { fetchClient } from "../support/fetch-client.mjs";

const certificate = fileURLToPath(new URL("../support/loopback.pem", import.meta.url));
const keys = { accessKeyId: "testid", accessKeySecret: "testsecret" };
const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: '{"zimVer":"3.0.0"}',
};
const query = { sceneId: 1000000006, certifyId };
const failure = (call) =>
  call.then(
    () => assert.fail("no error"),
    (error) => (assert.ok(isFaceVerifyError(error), String(error)), error),
  );

async function listening(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: server.address().port,
    on: (...listener) => server.on(...listener),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections?.();
      server.close();
    },
  };
}

/**
 * Starts a verification in its own process; returns the outcome, and what kept the process alive
 * afterwards.
 */
async function inNewProcess(endpoint, environment = {}) {
  const program = `
    import { FaceVerifyClient } from "cloudauth-edge";
    const client = new FaceVerifyClient(${JSON.stringify({ ...keys, endpoint, timeoutMs: 5000 })});
    const outcome = await client.initFaceVerify(${JSON.stringify(order)}).catch((error) => error.toJSON());
    setImmediate(() => console.log(JSON.stringify({ ...outcome, alive: process.getActiveResourcesInfo() })));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  return JSON.parse(stdout);
}

test("calls share a connection, which keeps no process alive", async () => {
  await using server = await faultServer(started);
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint });
  for (let i = 0; i < 3; i++) await client.initFaceVerify(order);
  assert.equal(new Set(server.requests.map(({ port }) => port)).size, 1);
  const { alive } = await inNewProcess(server.endpoint);
  assert.ok(!alive.includes("TCPSocketWrap"), String(alive));
});

test("a connection that breaks on reuse fails a start, and never repeats it", async () => {
  const closing = (request) => request.socket.destroy();
  for (const [action, parameters, answers, requests] of [
    ["initFaceVerify", order, [started, closing, started], 2],
    ["describeFaceVerify", query, [pending, closing, pending], 3],
  ]) {
    await using server = await faultServer(...answers);
    const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint });
    await client[action](parameters);
    const second = client[action](parameters);
    if (action === "initFaceVerify") assert.equal((await failure(second)).code, "ConnectionFailed");
    else assert.equal((await second).status, "pending");
    assert.equal(server.requests[0].port, server.requests[1].port, "the connection was used again");
    assert.equal(server.requests.length, requests);
  }
});

test("requests are sent with their method", async () => {
  await using server = await faultServer(started);
  const send = nodeTransport();
  for (const method of ["GET", "POST", undefined])
    await send({ method, url: server.endpoint, headers: [], body: undefined }, { timeoutMillis: 60_000 });
  const methods = server.requests.map(({ method }) => method);
  assert.deepEqual(methods, ["GET", "POST", "POST"]);
});

test("a start uses no connection that has been idle for two seconds", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await using server = await faultServer(started, started, started, pending, started);
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint });
  await client.initFaceVerify(order);
  context.mock.timers.tick(1_999);
  await client.initFaceVerify(order);
  context.mock.timers.tick(2_000);
  await client.initFaceVerify(order);
  context.mock.timers.tick(4_000);
  await client.describeFaceVerify(query);
  // As after a correction of the clock.
  context.mock.timers.setTime(Date.now() - 60_000);
  await client.initFaceVerify(order);
  const [first, soon, late, asked, earlier] = server.requests.map(({ port }) => port);
  assert.equal(first, soon);
  assert.notEqual(soon, late);
  assert.equal(late, asked, "a query is repeated, so it uses any connection");
  assert.notEqual(asked, earlier);
  assert.equal(server.requests.length, 5);
});

test("many idle connections cost a start one request", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  await using server = await faultServer(started);
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint });
  await Promise.all(Array.from({ length: 5 }, () => client.initFaceVerify(order)));
  context.mock.timers.tick(2_000);
  const { mock } = context.mock.method(http, "request");
  await client.initFaceVerify(order);
  assert.equal(mock.callCount(), 1);
});

test("a start survives a server that closed the connection while the process was busy", async () => {
  const program = `
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => {
      request.resume();
      response.end('{"Code":"200","ResultObject":{"CertifyId":"x"}}');
      response.on("finish", () => request.socket.destroySoon());
    });
    server.listen(0, "127.0.0.1", () => process.send(server.address().port));`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const [port] = await once(child, "message");
    const client = new FaceVerifyClient({ ...keys, endpoint: `http://127.0.0.1:${port}` });
    await client.initFaceVerify(order);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_100);
    assert.equal((await client.initFaceVerify(order)).certifyId, "x");
  } finally {
    child.kill();
  }
});

test("a start goes to the next endpoint when connecting times out, because nothing was sent", async () => {
  await using server = await faultServer(started);
  await using silent = await listening(createServer((socket) => socket.on("error", () => {})));
  const endpoint = [`https://127.0.0.1:${silent.port}`, server.endpoint];
  const client = new FaceVerifyClient({ ...keys, endpoint, timeoutMs: 3_000 });
  assert.equal((await client.initFaceVerify(order)).certifyId, certifyId);
});

/** What a server does with a TLS client, and the code of the error that Node then throws. */
const unencrypted = [
  ["resets the connection", (socket) => socket.once("data", () => socket.resetAndDestroy()), "ECONNRESET"],
  ["closes the connection", (socket) => socket.once("data", () => socket.end()), "ECONNRESET"],
  ["answers without TLS", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "EPROTO"],
];

for (const [does, act, code] of unencrypted) {
  test(`a start goes to the next endpoint if the server ${does} before TLS is established`, async () => {
    await using server = await faultServer(started);
    await using broken = await listening(createServer((socket) => act(socket.on("error", () => {}))));
    const endpoint = `https://127.0.0.1:${broken.port}`;
    const client = new FaceVerifyClient({ ...keys, endpoint: [endpoint, server.endpoint] });
    assert.equal((await client.initFaceVerify(order)).certifyId, certifyId);
    const error = await failure(
      new FaceVerifyClient({ ...keys, endpoint, maxAttempts: 1 }).initFaceVerify(order),
    );
    assert.deepEqual([error.execution, error.cause.code], ["none", code]);
  });
}

test("a connection that breaks after the TLS handshake may have sent the start", async () => {
  const pem = readFileSync(certificate);
  await using server = await listening(createHttpsServer({ key: pem, cert: pem }));
  server.on("secureConnection", (socket) => socket.once("data", () => socket.destroy()));
  const endpoint = `https://127.0.0.1:${server.port}`;
  const { code, execution } = await inNewProcess(endpoint, { NODE_EXTRA_CA_CERTS: certificate });
  assert.deepEqual([code, execution], ["ConnectionFailed", "unknown"]);
});

test("an untrusted certificate is refused before anything is sent, a trusted one is accepted", async () => {
  let received = 0;
  const pem = readFileSync(certificate);
  await using server = await listening(
    createHttpsServer({ key: pem, cert: pem }, (request, response) => {
      received++;
      request.resume();
      started(request, response);
    }),
  );
  const endpoint = `https://127.0.0.1:${server.port}`;
  const client = new FaceVerifyClient({ ...keys, endpoint, maxAttempts: 1 });
  assert.match((await failure(client.initFaceVerify(order))).message, /was not sent/);
  assert.equal(received, 0);
  const env = { NODE_EXTRA_CA_CERTS: certificate };
  assert.equal((await inNewProcess(endpoint, env)).certifyId, certifyId);
  assert.equal(received, 1);
});

test("the proxy that is set for the process is used", async () => {
  const asked = [];
  await using proxy = await listening(
    createHttpServer((request, response) => {
      asked.push(request.url);
      request.resume();
      started(request, response);
    }),
  );
  await using server = await faultServer(json({ Code: "500" }));
  const environment = {
    NODE_USE_ENV_PROXY: "1",
    HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    NO_PROXY: "",
    no_proxy: "",
  };
  assert.equal((await inNewProcess(server.endpoint, environment)).certifyId, certifyId);
  assert.deepEqual(asked, [`${server.endpoint}/`]);
  assert.equal(server.requests.length, 0);
});

test("a proxy that refuses the tunnel has not passed the start on", async () => {
  await using proxy = await listening(createHttpServer());
  proxy.on("connect", (_, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
  const environment = { NODE_USE_ENV_PROXY: "1", HTTPS_PROXY, NO_PROXY: "", no_proxy: "" };
  const error = await inNewProcess("https://127.0.0.1:9", environment);
  assert.deepEqual([error.code, error.execution], ["ConnectionFailed", "none"]);
  assert.equal(error.cause.code, "ERR_PROXY_TUNNEL");
  assert.match(error.message, /proxy/);
});

test("a response without an HTTP answer (101) ends the call", async () => {
  await using server = await listening(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () =>
        socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
      );
    }),
  );
  const client = new FaceVerifyClient({
    ...keys,
    endpoint: `http://127.0.0.1:${server.port}`,
    maxAttempts: 1,
  });
  assert.equal((await failure(client.initFaceVerify(order))).code, "ConnectionFailed");
});

test("content encodings are declined in the request", async () => {
  await using server = await faultServer(started);
  await new FaceVerifyClient({ ...keys, endpoint: server.endpoint }).initFaceVerify(order);
  assert.equal(server.requests[0].headers["accept-encoding"], "identity");
});

test("a response that is compressed anyway is decompressed, or its encoding is named", async () => {
  const text = JSON.stringify({ Code: "200", ResultObject: { CertifyId: certifyId } });
  const packed = (encoding, body) => (_, response) =>
    response.writeHead(200, { "content-encoding": encoding }).end(body);
  const start = async (answer) => {
    await using server = await faultServer(answer);
    const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint, maxAttempts: 1 });
    return await client.initFaceVerify(order);
  };
  for (const answer of [
    packed("gzip", gzipSync(text)),
    packed("X-GZIP", gzipSync(text)),
    packed("deflate", deflateSync(text)),
    packed("br", brotliCompressSync(text)),
    packed("identity", text),
  ]) {
    assert.equal((await start(answer)).certifyId, certifyId);
  }
  for (const [answer, code] of [
    [packed("gzip, br", brotliCompressSync(gzipSync(text))), "BodyCompressed"],
    [packed("dcb", brotliCompressSync(text)), "BodyCompressed"],
    [packed("gzip", "broken"), "BodyNotJson"],
    [(_, response) => response.end(gzipSync(text)), "BodyCompressed"],
    [packed("gzip", gzipSync(" ".repeat(100_000_000))), "AnswerTooLarge"],
  ]) {
    const error = await failure(start(answer));
    assert.deepEqual([error.code, error.execution], [code, "unknown"]);
  }
});

test("a truncated response ends the call", async () => {
  const half = (_, response) => {
    response.writeHead(200, { "content-length": "100" }).write("{");
    setImmediate(() => response.destroy());
  };
  await using server = await faultServer(half);
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint, maxAttempts: 1 });
  const error = await failure(client.initFaceVerify(order));
  assert.deepEqual([error.code, error.cause.code], ["ConnectionFailed", "ECONNRESET"]);
});

test("forty calls with one signal add one listener, and remove it at the end", async (context) => {
  const warnings = [];
  const warn = (warning) => warnings.push(warning.name);
  process.on("warning", warn);
  context.after(() => process.off("warning", warn));
  const controller = new AbortController();
  const { signal } = controller;
  const add = context.mock.method(signal, "addEventListener");
  const remove = context.mock.method(signal, "removeEventListener");
  const held = [];
  await using server = await faultServer((...exchange) => {
    if (held.push(exchange) === 40) for (const waiting of held) pending(...waiting);
  });
  for (const options of [{}, { fetch: globalThis.fetch }]) {
    const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint, ...options });
    held.length = 0;
    const calls = Array.from({ length: 40 }, () => client.describeFaceVerify(query, { signal }));
    for (const { status } of await Promise.all(calls)) assert.equal(status, "pending");
  }
  assert.equal(add.mock.callCount(), remove.mock.callCount());
  assert.equal(add.mock.callCount(), 2);
  // The warning is emitted in a later turn.
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});

test("one signal aborts every call that it was passed to", async () => {
  const controller = new AbortController();
  let came = 0;
  await using server = await faultServer(() => ++came === 12 && controller.abort());
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint });
  const { signal } = controller;
  const calls = Array.from({ length: 12 }, () => failure(client.initFaceVerify(order, { signal })));
  for (const { kind, execution } of await Promise.all(calls))
    assert.deepEqual([kind, execution], ["aborted", "unknown"]);
});

test("a socket of a tool that replaces the network does not show that nothing was sent", async (context) => {
  class Replaced extends Socket {
    connecting = true;
  }
  for (const [socket, execution] of [
    [new Replaced(), "unknown"],
    [undefined, "unknown"],
    [null, "none"],
  ]) {
    const controller = new AbortController();
    context.mock.method(http, "request", () => {
      setImmediate(() => controller.abort());
      return Object.assign(new EventEmitter(), { socket, end() {}, destroy() {} });
    });
    const client = new FaceVerifyClient({ ...keys, endpoint: "http://127.0.0.1:9" });
    const error = await failure(client.initFaceVerify(order, { signal: controller.signal }));
    assert.deepEqual([error.kind, error.execution], ["aborted", execution]);
  }
});

test("a call aborted before its connection is established has sent nothing", async () => {
  const controller = new AbortController();
  await using silent = await listening(
    createServer((socket) => (socket.on("error", () => {}), controller.abort())),
  );
  const client = new FaceVerifyClient({ ...keys, endpoint: `https://127.0.0.1:${silent.port}` });
  const error = await failure(client.initFaceVerify(order, { signal: controller.signal }));
  assert.deepEqual([error.kind, error.execution], ["aborted", "none"]);
});

const deno = (stage) => new Error(`error sending request for url (https://x/): client error (${stage}): eof`);

test("on Deno, the body of a start cannot be repeated, and what fails to connect was not sent", async (context) => {
  globalThis.Deno = {};
  context.after(() => delete globalThis.Deno);
  const send = denoTransport();
  const sent = [];
  let answer = () => new Response("{}");
  context.mock.method(globalThis, "fetch", async (_, { body }) => (sent.push(body), answer()));
  const request = { url: "https://x/", headers: [], body: "Action=a" };
  const limits = { timeoutMillis: 1_000 };
  assert.equal((await send(request, limits)).kind, "answered");
  for (const body of ["Action=a", undefined])
    assert.equal((await send({ ...request, body, once: true }, limits)).kind, "answered");
  const [query, start, empty] = sent;
  assert.equal(query, "Action=a");
  assert.ok(start instanceof Blob);
  assert.deepEqual([await start.text(), empty], ["Action=a", undefined]);

  for (const [stage, kind] of [
    ["Connect", "not-connected"],
    ["SendRequest", "connection-failed"],
    ["SendRequest): client error (Connect", "connection-failed"],
  ]) {
    for (const error of [deno(stage), new TypeError("fetch failed", { cause: deno(stage) })]) {
      answer = () => Promise.reject(error);
      assert.equal((await send({ ...request, once: true }, limits)).kind, kind, stage);
      for (const repeatable of [request, { ...request, body: undefined, once: true }])
        assert.equal((await send(repeatable, limits)).kind, "connection-failed", stage);
    }
  }
  const signal = AbortSignal.abort(deno("Connect"));
  answer = () => new Promise(() => {});
  assert.equal((await send({ ...request, once: true }, { ...limits, signal })).kind, "aborted");
});

test("what the runtime's fetch throws before there is a connection counts as not sent", async (context) => {
  const Client = await fetchClient();
  let cause;
  const fetch = () => Promise.reject(new TypeError("fetch failed", { cause }));
  context.mock.method(globalThis, "fetch", fetch);
  const connect = (code) => Object.assign(new Error(), { code, syscall: "connect" });
  const both = (...errors) => Object.assign(new AggregateError(errors), { code: errors[0].code });
  const tunnel = (code, status) =>
    Object.assign(new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`), { code });
  for (const [thrown, execution] of [
    [connect("ETIMEDOUT"), "none"],
    [both(connect("ETIMEDOUT"), connect("ECONNREFUSED")), "none"],
    // Deno may have sent the request before.
    [deno("Connect"), "unknown"],
    [tunnel("UND_ERR_ABORTED", 407), "none"],
    [Object.assign(new Error("aborted"), { code: 20, cause: tunnel("UND_ERR_ABORTED", 407) }), "none"],
    [Object.assign(new Error(), { code: "ERR_PROXY_TUNNEL" }), "none"],
    [both(connect("ETIMEDOUT"), Object.assign(new Error(), { code: "ECONNRESET" })), "unknown"],
    [Object.assign(new Error(), { code: "ETIMEDOUT" }), "unknown"],
    [Object.assign(new Error(), { code: "ETIMEDOUT", syscall: "read" }), "unknown"],
    [Object.assign(new AggregateError([]), { code: "ETIMEDOUT" }), "unknown"],
    [tunnel("UND_ERR_SOCKET", 407), "unknown"],
    [Object.assign(new Error("aborted"), { code: "UND_ERR_ABORTED" }), "unknown"],
  ]) {
    cause = thrown;
    for (const [options, expected] of [
      [{}, execution],
      [{ fetch }, "unknown"],
    ]) {
      const client = new Client({ ...keys, ...options, maxAttempts: 1 });
      const error = await failure(client.initFaceVerify(order));
      assert.deepEqual([error.code, error.execution], ["ConnectionFailed", expected], String(cause));
      assert.ok(!JSON.stringify(error).includes("https://x/"));
    }
  }
});

test("a given fetch that fails after the response starts nothing again", async () => {
  const closed = await faultServer(started);
  await closed[Symbol.asyncDispose]();
  await using server = await faultServer(started);
  const fetchThenAudit = async (...request) => {
    const response = await fetch(...request);
    await fetch(closed.endpoint);
    return response;
  };
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint, fetch: fetchThenAudit });
  const error = await failure(client.initFaceVerify(order));
  assert.deepEqual([error.code, error.execution, error.retryable], ["ConnectionFailed", "unknown", false]);
  assert.equal(server.requests.length, 1);
});

test("the client's own words do not count as an error's code", async (context) => {
  const Client = await fetchClient();
  const codes = ["not-connected", "aborted-unsent", "timed-out-unsent", "aborted", "answered"];
  let code;
  const { mock } = context.mock.method(globalThis, "fetch", async () => {
    throw Object.assign(new Error("planted"), { code });
  });
  for (code of codes) {
    const error = await failure(new Client(keys).initFaceVerify(order));
    assert.deepEqual([error.code, error.execution], ["ConnectionFailed", "unknown"], code);
  }
  assert.equal(mock.callCount(), codes.length);
});

test("a start opens its own connection where fetch would repeat it on another", async () => {
  const sent = [];
  const fetch = async (_, { keepalive }) => (sent.push(keepalive), Response.json({ Code: "424" }));
  const client = new FaceVerifyClient({ ...keys, fetch });
  await client.describeFaceVerify(query);
  await failure(client.initFaceVerify(order));
  assert.deepEqual(sent, [undefined, false]);
});

test("a given fetch is used, whatever kind of function it is", async () => {
  await using server = await faultServer(json({ Code: "500" }));
  const urls = [];
  const fetch = async (url) => (
    urls.push(url),
    Response.json({ Code: "200", ResultObject: { CertifyId: "x" } })
  );
  const client = new FaceVerifyClient({ ...keys, endpoint: server.endpoint, fetch });
  assert.equal((await client.initFaceVerify(order)).certifyId, "x");
  assert.deepEqual([urls.length, server.requests.length], [1, 0]);
});
