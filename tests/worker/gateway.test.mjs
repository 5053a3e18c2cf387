// The REST routes in workerd, with the sandbox as the upstream. Every response is validated against /openapi.json.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { startBoth } from "../support/gateway.mjs";
import { sample } from "../support/samples.mjs";
import { submit } from "../support/sandbox.mjs";
import { until } from "../support/until.mjs";

const ROUTE = "/v1/face-verifications";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

let both, gateway, endpoint;

before(async () => {
  const callers = [
    {
      id: "dev",
      tokenSha256: [sha256("dev-token")],
      tokens: [{ sha256: sha256("support-token"), scopes: ["read"] }],
      scopes: ["create", "read", "read:material"],
    },
    { id: "other", tokenSha256: [sha256("other-token"), sha256("other-token-2")] },
    { id: "reader", tokenSha256: [sha256("reader-token")], scopes: ["read"] },
    { id: "limited", tokenSha256: [sha256("limited-token")], maxStartsPerDay: 3, maxStartsPerUserPerDay: 2 },
  ];
  both = await startBoth({ GATEWAY_CALLERS: JSON.stringify(callers) });
  ({ gateway, endpoint } = both);
});

after(() => both?.close());

const create = (body, options) => gateway.call("POST", ROUTE, { body, ...options });
const read = (no, query = "", options) => gateway.call("GET", `${ROUTE}/${no}${query}`, options);

/** The number of verifications at the upstream. */
async function upstreamCount() {
  const response = await fetch(`${endpoint}/_sandbox/verifications`);
  const { verifications } = await response.json();
  return verifications.length;
}

test("a whole verification: create, submit on the phone, read passed with its picture", async () => {
  const order = sample();
  const created = await create(order);
  assert.equal(created.status, 201);
  const { certifyId } = created.json;
  assert.equal(created.headers.get("location"), `${ROUTE}/${order.outerOrderNo}`);

  const pending = await read(order.outerOrderNo);
  assert.equal(pending.json.status, "pending");
  assert.equal(pending.json.certifyId, certifyId);

  await submit(endpoint, certifyId, "passed");
  const passed = await read(order.outerOrderNo);
  assert.equal(passed.json.status, "passed");
  assert.equal(passed.json.subCode, "200");
  const { facialPictureFront: picture, faceAttack, faceOcclusion } = passed.json.material;
  assert.deepEqual([faceAttack, faceOcclusion], [false, false]);
  assert.equal(typeof picture.qualityScore, "number");
  assert.ok(picture.ossBucketName && picture.ossObjectName);
  assert.ok(Date.parse(picture.pictureUrlExpiresAt) > Date.now());
  const photo = await fetch(picture.pictureUrl);
  assert.equal(photo.headers.get("content-type"), "image/jpeg");
  await photo.body.cancel();
});

test("the same order again gives the same CertifyId, other input a conflict", async () => {
  const order = sample();
  const first = await create(order);
  const again = await create({ ...order });
  assert.deepEqual([first.status, again.status], [201, 200]);
  assert.equal(again.json.certifyId, first.json.certifyId);
  // The content of the input counts, not its notation.
  const spelled = await create({ SceneId: "1000000006", ...order, CertType: "IDENTITY_CARD" });
  assert.equal(spelled.status, 200);

  const other = await create({ ...order, userId: "another" });
  assert.equal(other.status, 409);
  assert.equal(other.json.code, "order-conflict");
});

test("fifty at once for one order get one CertifyId", async () => {
  const before = await upstreamCount();
  const order = sample();
  const answers = await Promise.all(Array.from({ length: 50 }, () => create(order)));
  assert.deepEqual(new Set(answers.map(({ json }) => json.certifyId)).size, 1);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array(49).fill(200), 201]);
  assert.equal(await upstreamCount(), before + 1);
});

test("fifty at once with two inputs: one wins, the others conflict", async () => {
  const order = sample();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, at) => create({ ...order, userId: `user-${at % 2}` })),
  );
  const ids = answers.filter(({ status }) => status < 300).map(({ json }) => json.certifyId);
  assert.equal(new Set(ids).size, 1);
  assert.equal(ids.length, 25);
  assert.ok(
    answers.filter(({ status }) => status >= 300).every(({ json }) => json.code === "order-conflict"),
  );
});

test("a rejected verification, with what its SubCode means", async () => {
  const order = sample();
  const { json } = await create(order);
  await submit(endpoint, json.certifyId, "205");
  const rejected = await read(order.outerOrderNo);
  assert.equal(rejected.json.status, "rejected");
  assert.equal(rejected.json.subCode, "205");
  assert.equal(rejected.json.subCodeInfo.billed, true);
});

test("an unknown token gets 401, a token without the scope 403", async () => {
  for (const [token, headers] of [
    [null, {}],
    ["wrong", {}],
    ["", {}],
    [null, { authorization: "Basic ZGV2LXRva2VuOg==" }],
    [null, { authorization: "dev-token" }],
  ]) {
    const answer = await create(sample(), { token, headers });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  }
  assert.equal((await create(sample(), { token: "reader-token" })).status, 403);

  const order = sample();
  const { json } = await create(order, { token: "other-token" });
  await submit(endpoint, json.certifyId, "passed");
  assert.equal((await read(order.outerOrderNo, "?material=true", { token: "other-token-2" })).status, 403);
  const verdict = await read(order.outerOrderNo, "", { token: "other-token-2" });
  assert.equal(verdict.json.status, "passed");
  assert.equal(verdict.json.material, undefined);
});

test("a token with fewer scopes reads its caller's orders and does no more", async () => {
  const token = "support-token";
  const order = sample();
  const { json } = await create(order);
  const found = await read(order.outerOrderNo, "", { token });
  assert.equal(found.json.certifyId, json.certifyId);
  for (const refused of [
    await create(sample(), { token }),
    await read(order.outerOrderNo, "?material=true", { token }),
    await read(order.outerOrderNo, "/photo", { token }),
  ]) {
    assert.deepEqual([refused.status, refused.json.code], [403, "insufficient-scope"]);
  }
});

test("another caller's order answers, byte for byte, as an unknown one", async () => {
  const order = sample();
  await create(order);
  const requestId = "00000000-0000-4000-8000-000000000000";
  for (const query of ["", "?material=false"]) {
    for (const headers of [{}, { prefer: "wait=1" }, { "accept-language": "zh" }]) {
      const options = { token: "other-token", headers: { ...headers, "x-request-id": requestId } };
      const foreign = await read(order.outerOrderNo, query, options);
      const unknown = await read("f".repeat(32), query, options);
      assert.equal(foreign.status, 404);
      assert.equal(foreign.text, unknown.text);
      const undated = ({ headers }) => [...headers].filter(([name]) => name !== "date");
      assert.deepEqual(undated(foreign), undated(unknown));
    }
  }
  // Another caller may use the same number for its own order.
  const own = await create({ ...order, userId: "another" }, { token: "other-token" });
  assert.equal(own.status, 201);
});

test("entity tags, and waiting for the verdict", async () => {
  const order = sample();
  const { json } = await create(order);
  const first = await read(order.outerOrderNo);
  const tag = first.headers.get("etag");
  const same = await read(order.outerOrderNo, "", { headers: { "if-none-match": tag } });
  assert.equal(same.status, 304);
  assert.equal(same.headers.get("etag"), tag);

  const waiting = read(order.outerOrderNo, "?material=false", {
    headers: { prefer: "respond-async, wait=60", "if-none-match": tag },
  });
  await submit(endpoint, json.certifyId, "passed");
  const passed = await waiting;
  assert.equal(passed.status, 200);
  assert.equal(passed.json.status, "passed");
  assert.equal(passed.headers.get("preference-applied"), "wait");
  const known = passed.headers.get("etag");
  assert.notEqual(known, tag);
  const verdict = await read(order.outerOrderNo, "?material=false", { headers: { "if-none-match": known } });
  assert.equal(verdict.status, 304);
});

test("the list: newest first, in pages, by status, of the caller alone", async () => {
  const token = "other-token";
  const orders = [];
  for (let count = 0; count < 5; count += 1) {
    const order = sample();
    orders.unshift(order.outerOrderNo);
    await create(order, { token });
  }
  const page = async (query) => (await gateway.call("GET", `${ROUTE}${query}`, { token })).json;
  const numbers = (json) => json.items.map((item) => item.outerOrderNo);

  const first = await page("?limit=2&status=pending");
  assert.deepEqual(numbers(first), orders.slice(0, 2));
  const second = await page(`?limit=2&status=pending&cursor=${first.nextCursor}`);
  assert.deepEqual(numbers(second), orders.slice(2, 4));
  assert.ok((await page("?status=passed")).items.every((item) => item.status === "passed"));
  assert.equal((await page("?limit=100")).nextCursor, undefined);

  for (const query of [
    "?limit=0",
    "?limit=101",
    "?limit=x",
    "?cursor=x",
    "?status=gone",
    "?other=1",
    "?a=%FF",
  ]) {
    const answer = await gateway.call("GET", `${ROUTE}${query}`, { token });
    assert.equal(answer.status, 400, query);
    assert.equal(answer.json.code, "invalid-request");
  }
});

test("daily limits of a caller and of a person", async () => {
  const token = "limited-token";
  const one = sample();
  assert.equal((await create(one, { token })).status, 201);
  assert.equal((await create(one, { token })).status, 200, "a replay is not a new start");
  assert.equal((await create(sample(), { token })).status, 201);
  const person = await create(sample(), { token });
  assert.equal(person.status, 429);
  assert.equal(person.json.code, "user-daily-limit");
  assert.equal((await create(sample({ userId: "987654321" }), { token })).status, 201);
  const caller = await create(sample({ userId: "987654321" }), { token });
  assert.equal(caller.json.code, "daily-limit");
  assert.equal((await read(one.outerOrderNo, "", { token })).status, 200, "reading is not limited");
});

test("everything wrong with the fields in one problem, with no value repeated", async () => {
  const answer = await create({
    outerOrderNo: "short",
    certNo: "110105194912310021",
    certName: "Planted Name",
    mobile: "13800138000x",
    metaInfo: { zimVer: "3.0.0" },
    sceneId: 1.5,
    plantedField: 1,
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.json.errors.map(({ field }) => field).sort(), [
    "certName",
    "certNo",
    "metaInfo",
    "mobile",
    "outerOrderNo",
    "plantedField",
    "sceneId",
  ]);
  for (const planted of ["short", "110105194912310021", "Planted Name", "13800138000"]) {
    assert.ok(!answer.text.includes(planted), planted);
  }
});

test("problems speak the reader's language and always both", async () => {
  const zh = await read("f".repeat(32), "", { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.1" } });
  assert.equal(zh.json.detail, zh.json.messages.zh);
  const en = await read("f".repeat(32));
  assert.equal(en.json.detail, en.json.messages.en);
  const kind = await gateway.call("GET", en.json.type, { token: null });
  assert.equal(kind.json.code, en.json.code);
  assert.equal((await gateway.call("GET", "/problems/none")).status, 404);
});

test("bad input: one clear problem each, and the next request works", async (t) => {
  const raw = (text, headers) => ({ raw: text, headers: { "content-type": "application/json", ...headers } });
  const deep = "[".repeat(200_000);
  const cases = [
    ["a body of 10 MB", raw(Buffer.alloc(10 * 1024 * 1024, 0x20)), 413, "body-too-large"],
    ["a body of 2 MiB and a byte", raw(Buffer.alloc(2 * 1024 * 1024 + 1, 0x20)), 413, "body-too-large"],
    ["a large body of undeclared length", { ...raw(stream(5 * 1024 * 1024)) }, 413, "body-too-large"],
    ["invalid UTF-8", raw(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])), 400, "malformed-body"],
    ["deep JSON", raw(deep), 400, "malformed-body"],
    ["deep JSON in a field", raw(`{"certName":${"[".repeat(500)}${"]".repeat(500)}}`), 400, undefined],
    ["no body", raw(""), 400, "malformed-body"],
    ["half a body", raw('{"outerOrderNo":'), 400, "malformed-body"],
    ["a list", raw("[1,2,3]"), 400, "malformed-body"],
    ["null", raw("null"), 400, "malformed-body"],
    [
      "a thousand members",
      raw(`{${Array.from({ length: 1000 }, (_, at) => `"a${at}":1`)}}`),
      400,
      "malformed-body",
    ],
    [
      "wrong types",
      { body: { outerOrderNo: 1, certName: [], metaInfo: {}, userId: true } },
      400,
      "invalid-request",
    ],
    ["numbers beyond all bounds", raw('{"sceneId":1e999}'), 400, undefined],
    ["a form", { ...raw("a=b", { "content-type": "application/x-www-form-urlencoded" }) }, 415, undefined],
    ["no content type", { raw: Buffer.from("{}") }, 415, "unsupported-media-type"],
    ["a compressed body", raw("{}", { "content-encoding": "gzip" }), 415, "unsupported-media-type"],
  ];
  for (const [name, options, status, code] of cases) {
    await t.test(name, async () => {
      const answer = await gateway.call("POST", ROUTE, options);
      assert.equal(answer.status, status, answer.text);
      if (code) assert.equal(answer.json.code, code);
      assert.equal((await create(sample())).status, 201);
    });
  }
});

test("reports the mode and the sandbox's URL to its console", async () => {
  const { status, json } = await gateway.call("GET", "/console.json", { token: null });
  assert.equal(status, 200);
  assert.deepEqual(json, { mode: "development", sandbox: endpoint, signatureVersion: "1.0" });
});

test("serves the console with a policy that lets nothing typed in leave for elsewhere", async () => {
  const response = await fetch(`${gateway.url}/`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type"), /^text\/html/);
  const policy = response.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /connect-src 'self' http:\/\/127\.0\.0\.1:\* http:\/\/localhost:\*;/);
  const script = (await response.text()).match(/src="(\/assets\/[^"]+\.js)"/)[1];
  const asset = await fetch(gateway.url + script);
  assert.match(asset.headers.get("content-type"), /javascript/);
  assert.match(asset.headers.get("cache-control"), /immutable/);
  await asset.body.cancel();
});

test("wrong addresses and methods", async () => {
  const one = `${ROUTE}/${"f".repeat(32)}`;
  for (const [method, path, status, allow] of [
    ["GET", "/v1/other", 404],
    ["POST", "/v1/face-verifications/", 404],
    ["GET", `${one}/more`, 404],
    ["GET", `${ROUTE}/not-an-order`, 404],
    ["GET", `${ROUTE}/%00%FF`, 404],
    ["GET", `${ROUTE}/${encodeURIComponent("张三𠮷😀")}`, 404],
    ["GET", `${ROUTE}/${"f".repeat(5000)}`, 404],
    ["GET", `${ROUTE}/..%2F..%2Freadyz`, 404],
    ["GET", `${one}%2Fphoto`, 404],
    ["DELETE", ROUTE, 405, "GET, HEAD, POST"],
    ["PUT", one, 405, "GET, HEAD"],
    ["DELETE", `${one}/photo`, 405, "GET, HEAD"],
    ["OPTIONS", ROUTE, 405, "GET, HEAD, POST"],
    ["POST", "/livez", 405, "GET, HEAD"],
    ["PATCH", "/", 405, "GET, HEAD, POST"],
  ]) {
    const answer = await gateway.call(method, path);
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.equal(answer.headers.get("allow"), allow ?? null, `${method} ${path}`);
  }
  // As clients that do not normalize URLs send them.
  for (const path of [
    `${ROUTE}/../../livez`,
    `/v1/./face-verifications/${"f".repeat(32)}`,
    "//v1//x",
    "/v1/%",
  ]) {
    const status = await statusOf(path);
    assert.ok([200, 401, 404].includes(status), `${path} ${status}`);
  }
});

test("HEAD answers as GET does, without a body", async () => {
  const order = sample();
  await create(order);
  for (const path of [
    ROUTE,
    `${ROUTE}/${order.outerOrderNo}`,
    `${ROUTE}/${order.outerOrderNo}/photo`,
    "/readyz",
  ]) {
    const [get, head] = [await gateway.call("GET", path), await gateway.call("HEAD", path)];
    assert.equal(head.status, get.status, path);
    assert.equal(head.text, "");
    for (const name of ["content-type", "etag", "retry-after", "cache-control"]) {
      assert.equal(head.headers.get(name), get.headers.get(name), `${path} ${name}`);
    }
  }
});

test("CORS is off unless configured, and open answers do not depend on Origin", async () => {
  for (const [method, path] of [
    ["GET", ROUTE],
    ["OPTIONS", ROUTE],
    ["GET", "/livez"],
  ]) {
    const headers = { origin: "https://app.example", "access-control-request-method": "POST" };
    const answer = await gateway.call(method, path, { headers });
    const granted = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"));
    assert.deepEqual(granted, [], `${method} ${path}`);
  }
});

test("conditional reads: one tag, a list of tags, *", async () => {
  const order = sample();
  await create(order);
  const get = (tag) => read(order.outerOrderNo, "?material=false", { headers: { "if-none-match": tag } });
  const { headers } = await read(order.outerOrderNo, "?material=false");
  const tag = headers.get("etag");
  for (const known of [tag, "*", `"x", ${tag}`, `W/"a",W/"b" ,${tag} , "c"`, tag.replace("W/", "")]) {
    assert.equal((await get(known)).status, 304, known);
  }
  for (const other of ['"x"', 'W/"pending"', tag.slice(0, -2), "", "**", "pending"]) {
    assert.equal((await get(other)).status, 200, other);
  }
});

test("an invalid wait is ignored", async () => {
  const order = sample();
  await create(order);
  for (const prefer of ["wait=0", "wait=-5", "wait=1.5", "wait=x", "wait", "", "respond-async", "wait=+1"]) {
    const answer = await read(order.outerOrderNo, "?material=false", { headers: { prefer } });
    assert.equal(answer.json.status, "pending", prefer);
    assert.equal(answer.headers.get("preference-applied"), null, prefer);
    assert.equal(answer.headers.get("retry-after"), "2");
  }
});

test("invented cursors reveal no other caller's orders", async () => {
  const token = "other-token";
  const own = sample();
  await create(own, { token });
  await create(sample());
  for (const cursor of ["9".repeat(30), "-1", "0-", "1e9-x", "%00", "../", "0-" + "%E5%BC%A0".repeat(11)]) {
    const answer = await gateway.call("GET", `${ROUTE}?cursor=${cursor}`, { token });
    assert.equal(answer.status, 400, cursor);
  }
  const all = await gateway.call("GET", `${ROUTE}?limit=100&cursor=9223372036854775807-${"z".repeat(32)}`, {
    token,
  });
  assert.equal(all.json.items[0].outerOrderNo, own.outerOrderNo);
  const none = await gateway.call("GET", `${ROUTE}?cursor=0-${"0".repeat(32)}`, { token });
  assert.deepEqual(none.json.items, []);
  for (const query of [
    "?limit=1&limit=2",
    "?status=pending&status=passed",
    "?limit=%2B5",
    "?limit=1.0",
    "?limit=",
  ]) {
    assert.equal((await gateway.call("GET", ROUTE + query, { token })).status, 400, query);
  }
});

test("rare characters reach Alibaba Cloud unchanged, and invalid ones result in a problem", async () => {
  for (const certName of ["㛃", "𠮷田𬱖", "阿卜杜拉·买买提", "欧阳"]) {
    const order = sample({ certName });
    const { status, json } = await create(order);
    assert.equal(status, 201, `${certName} ${JSON.stringify(json)}`);
    assert.equal((await create(order)).json.certifyId, json.certifyId);
  }
  const fields = Object.keys(await described());
  for (const text of ["😀", "张三\u0000", "\ud800", "\u202e", "a\nb", "", " ", "'\"<>&%"]) {
    for (const field of fields) {
      const body = JSON.stringify(sample()).replace(/}$/, `,"${field}":"${text}"}`);
      const answer = await gateway.call("POST", ROUTE, {
        raw: body,
        headers: { "content-type": "application/json" },
      });
      assert.ok([201, 400, 409, 422].includes(answer.status), `${field} ${text} ${answer.text}`);
    }
  }
});

test("a field given twice is refused, however it is spelt", async () => {
  const text = JSON.stringify(sample());
  for (const twice of [
    '"certName":"李四"',
    '"CertName":"张三"',
    '"outerOrderNo":null',
    '"certNo":"11010519491231002X"',
  ]) {
    const raw = text.replace(/}$/, `,${twice}}`);
    const answer = await gateway.call("POST", ROUTE, {
      raw,
      headers: { "content-type": "application/json" },
    });
    assert.equal(answer.status, 400, `${twice} ${answer.text}`);
  }
});

async function described() {
  const { json } = await gateway.call("GET", "/openapi.json", { token: null });
  return json.components.schemas.NewFaceVerification.properties;
}

/** The status of a GET with an unnormalized path. */
async function statusOf(path) {
  const { hostname, port } = new URL(gateway.url);
  const asked = request({ hostname, port, path, headers: { authorization: "Bearer dev-token" } }).end();
  const [response] = await once(asked, "response");
  response.resume();
  return response.statusCode;
}

test("request ids: kept if well formed, generated otherwise", async () => {
  const kept = "0af7651916cd43dd8448eb211c80319c";
  const one = await read("f".repeat(32), "", { headers: { "x-request-id": kept } });
  assert.equal(one.json.requestId, kept);
  // Nothing that could be a name or a number gets into the log in this way.
  for (const id of ["11010519491231002X", "440524188001010014", "planted", "a".repeat(200)]) {
    const { json } = await read("f".repeat(32), "", { headers: { "x-request-id": id } });
    assert.notEqual(json.requestId, id);
    assert.match(json.requestId, /^[0-9a-f-]{36}$/);
  }
});

test("one log line per request, without personal data", async () => {
  const requestId = "11111111-2222-4333-8444-555555555555";
  const order = sample();
  await create(order, { headers: { "x-request-id": requestId } });
  const line = await logged(requestId);
  assert.deepEqual(
    { ...line, durationMs: 0, upstreamMs: 0 },
    {
      requestId,
      caller: "dev",
      // The beginning of the token's hash, as `caller list` shows it.
      key: sha256("dev-token").slice(0, 12),
      route: "face-verifications",
      method: "POST",
      status: 201,
      outcome: "created",
      durationMs: 0,
      upstreamCalls: 1,
      upstreamMs: 0,
    },
  );
  for (const text of ["张三", "11010519491231002X", "123456789", "zimVer", "pictureUrl", "dev-token"]) {
    assert.ok(!gateway.output().includes(text), text);
  }
});

function stream(bytes) {
  const chunk = Buffer.alloc(64 * 1024, 0x20);
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      left -= chunk.length;
      controller.enqueue(chunk);
    },
  });
}

test("an incomplete body is the sender's fault, not a failure of the gateway", async () => {
  const { hostname, port, host } = new URL(gateway.url);
  const head = `POST ${ROUTE} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer dev-token\r\ncontent-type: application/json\r\n`;
  for (const rest of [
    `content-length: 500\r\n\r\n{"a":`,
    `transfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n`,
  ]) {
    const logged = await brokenOff(rest);
    assert.equal(logged.outcome, "request-timeout", rest);
    assert.equal(logged.status, 408);
    assert.equal(logged.error, undefined);
  }

  /** The log line of such a request: the first one that reached the Worker before its sender disconnected. */
  async function brokenOff(rest) {
    for (;;) {
      const id = randomUUID();
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => {});
      socket.resume();
      socket.write(`${head}x-request-id: ${id}\r\n${rest}`);
      for (let others = 0; others < 5; others += 1) await gateway.call("GET", "/livez");
      socket.end();
      await once(socket, "close");
      await gateway.call("GET", "/livez");
      const line = gateway.logs().find(({ requestId }) => requestId === id);
      if (line) return line;
    }
  }
});

/** The log line of a request, once it is available. */
const logged = (id) => until(() => gateway.logs().find(({ requestId }) => requestId === id));
