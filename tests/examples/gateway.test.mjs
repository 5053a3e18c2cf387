// Runs the examples in other languages, which call the gateway.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { javaSdk } from "../conformance/clients.mjs";
import { startBoth } from "../support/gateway.mjs";
import { PERSON, serve, verifies } from "./backend.mjs";

let both;

before(async () => {
  both = await startBoth();
});
after(() => both?.close());

const settings = () => ({ GATEWAY_URL: both.gateway.url, PORT: "0", NO_PROXY: "127.0.0.1" });

test("Node, in TypeScript", async () => {
  const program = await serve("node", ["npm", "run", "gateway"], settings(), /CertifyId for the app: (\S+)/);
  await both.sandbox.submit(program.found, "passed");
  assert.equal(await program.ended, 0);
  assert.match(program.output(), /^passed$/m);
});

test("Python", async () => {
  await verifies(await serve("python", ["python3", "service.py"], settings()), both.sandbox);
});

test("Python, with a gateway whose response to a start is lost", async () => {
  const gateway = createServer((request, response) => {
    request.resume();
    if (request.method === "POST") return request.socket.destroy();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ status: "pending" }));
  }).listen(0, "127.0.0.1");
  after(() => gateway.close());
  await once(gateway, "listening");
  const GATEWAY_URL = `http://127.0.0.1:${gateway.address().port}`;
  const { found, output } = await serve("python", ["python3", "service.py"], { ...settings(), GATEWAY_URL });
  const headers = { "x-user-id": "123456789" };
  const started = await fetch(`${found}/verifications`, {
    method: "POST",
    headers,
    body: JSON.stringify(PERSON),
  });
  const { outerOrderNo, message } = await started.json();
  assert.deepEqual([started.status, message], [502, "认证服务暂不可用，请稍后再试"], output());
  const read = await fetch(`${found}/verifications/${outerOrderNo}`, { headers });
  assert.deepEqual([read.status, await read.json()], [200, { status: "pending" }]);

  const socket = connect(new URL(found).port, "127.0.0.1");
  socket.write("POST /verifications HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n");
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.. 400 /);
  socket.destroy();
});

test("Python, with a gateway that redirects: the token is not sent to another host", async () => {
  const asked = [];
  const other = createServer((request, response) => {
    asked.push(request.headers);
    response.end("{}");
  }).listen(0, "127.0.0.1");
  const gateway = createServer((request, response) => {
    request.resume();
    response.writeHead(302, { location: `http://127.0.0.1:${other.address().port}/` }).end("{}");
  }).listen(0, "127.0.0.1");
  for (const server of [other, gateway]) {
    after(() => server.close());
    if (!server.listening) await once(server, "listening");
  }
  const GATEWAY_URL = `http://127.0.0.1:${gateway.address().port}`;
  const { found } = await serve("python", ["python3", "service.py"], { ...settings(), GATEWAY_URL });
  await fetch(`${found}/verifications`, { method: "POST", body: JSON.stringify(PERSON) }).catch(() => {});
  assert.deepEqual(asked, []);
});

test("Java, with Alibaba Cloud's SDK", async (t) => {
  const { missing } = javaSdk();
  if (missing) return t.skip(missing);
  const command = ["mvn", "--quiet", "--batch-mode", "compile", "exec:java"];
  await verifies(await serve("java", command, settings()), both.sandbox);
});
