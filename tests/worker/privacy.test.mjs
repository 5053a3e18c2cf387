// Personal data and secrets are planted in every part of requests and responses. None of them may appear
// in what the host prints and writes to disk, in the URLs that it calls, or in what it reports. The native
// test (tests/gateway/privacy.rs) sends more; this one covers the host's own JavaScript and the real
// files.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";
import { loopback } from "../support/fault-server.mjs";
import { hostName, operator, startGateway } from "../support/gateway.mjs";
import { callerOf, sample, seeded } from "../support/samples.mjs";
import { until } from "../support/until.mjs";

const ROUTE = "/v1/face-verifications";
const TOKEN = "planted-bearer-token";
const SECRETS = {
  GATEWAY_SECRET: "planted-gateway-secret-0123456789",
  CLOUDAUTH_ACCESS_KEY_SECRET: "planted-access-key-secret",
};
const PERSON = ["张三", "11010519491231002X", "13000000000", "planted-user-id", "planted-meta-info"];
const PLANTED = [...PERSON, TOKEN, ...Object.values(SECRETS)];

/** All notations of a value. */
function spellings(value) {
  const escaped = [...value]
    .map((char) => (char < "\x80" ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`))
    .join("");
  const encoded = encodeURIComponent(value);
  const bytes = Buffer.from(value);
  return [
    value,
    encoded,
    encoded.toLowerCase(),
    encodeURIComponent(encoded),
    escaped,
    bytes.toString("base64"),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}

/** What the photo's host sends. Callers see only the picture. */
const PHOTOS = [
  [200, "image/jpeg", "planted"],
  [403, "application/xml", "<Error>planted-photo</Error>"],
  [200, "text/html", "planted-photo"],
];

const NEEDLES = [...new Set([...PLANTED, "planted-photo"].flatMap(spellings))];

function nothingIn(bytes, what) {
  const buffer = Buffer.from(bytes);
  for (const needle of NEEDLES) assert.ok(!buffer.includes(needle), `${needle} in ${what}`);
}

let upstream, gateway;
const called = [];
const reports = [];
const photos = new Set();
const dice = seeded(20190307);
let answers = 0;

/** Alibaba Cloud's responses in turn; errors repeat what was sent. */
function answer(form) {
  const echo = form.get("CertName") ?? PERSON[1];
  answers += 1;
  switch (dice(9)) {
    case 0:
      return { Code: "SignatureDoesNotMatch", Message: `server string to sign is:${form}` };
    case 1:
      return { Code: echo, Message: echo, RequestId: echo };
    case 2:
      return `<html>${form}`;
    case 3:
      return { Code: "401", Message: echo, RequestId: echo };
    case 4:
      return undefined;
    default:
      return {
        Code: "200",
        RequestId: "r",
        ResultObject:
          form.get("Action") === "InitFaceVerify"
            ? { CertifyId: `certify${answers}` }
            : {
                Passed: "T",
                SubCode: "200",
                MaterialInfo: JSON.stringify({
                  facialPictureFront: {
                    pictureUrl: `${upstream.endpoint}/planted-photo?Signature=planted-photo`,
                  },
                }),
                UserInfo: JSON.stringify({ name: PERSON[0], number: PERSON[1] }),
              },
      };
  }
}

before(async () => {
  upstream = await loopback((request, response) => {
    if (request.url === "/reports") {
      reports.push(JSON.stringify(request.headers) + request.text);
      response.writeHead(reports.length % 2 ? 500 : 204).end(PLANTED[0]);
    } else if (request.url.startsWith("/planted-photo")) {
      const photo = PHOTOS[dice(PHOTOS.length)];
      const [status, type, content] = photo;
      photos.add(photo);
      response.writeHead(status, { "content-type": type }).end(content);
    } else {
      called.push(request.url + JSON.stringify(request.headers));
      const reply = answer(request.form);
      if (reply === undefined) request.socket.destroy();
      else response.writeHead(200).end(typeof reply === "string" ? reply : JSON.stringify(reply));
    }
  });
  gateway = await startGateway({
    GATEWAY_MODE: "development",
    GATEWAY_PUBLIC_URL: "https://gateway.invalid",
    GATEWAY_PHOTO: "stream",
    GATEWAY_CALLERS: JSON.stringify([
      callerOf("shop", TOKEN, {
        scopes: ["create", "read", "read:material"],
        maxStartsPerUserPerDay: 1000,
        webhookUrl: `${upstream.endpoint}/reports`,
      }),
    ]),
    CLOUDAUTH_ENDPOINTS: upstream.endpoint,
    CLOUDAUTH_MAX_ATTEMPTS: "1",
    ...SECRETS,
  });
});

after(async () => {
  await gateway?.close();
  await upstream?.close();
});

/**
 * The files in a folder that were written since then. Files of other suites may disappear in the meantime.
 */
function written(folder, since) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() && found.mtimeMs >= since;
    });
}

test("no planted value is printed, stored, put into a URL or reported", async () => {
  const began = Date.now();
  const [name, number, mobile, userId, metaInfo] = PERSON;
  const person = {
    certName: name,
    certNo: number,
    mobile,
    userId,
    metaInfo: JSON.stringify({ zimVer: metaInfo }),
    callbackToken: metaInfo.replaceAll("-", ""),
  };
  const numbers = [];
  const outcomes = new Set();
  const call = async (method, path, options) => {
    const found = await gateway.call(method, path, { token: TOKEN, ...options });
    outcomes.add(found.json?.code ?? found.json?.status ?? found.status);
    return found;
  };
  for (let round = 0; round < 40; round += 1) {
    const order = sample(person);
    const no = order.outerOrderNo;
    numbers.push(no);
    const spelled = spellings(PLANTED[round % PLANTED.length])[round % 8];
    const encoded = encodeURIComponent(spelled);
    const header = Buffer.from(spelled).toString("latin1");
    const headers = { "x-request-id": header, prefer: header, "if-none-match": header };
    await call("POST", ROUTE, { body: order });
    await call("POST", `${ROUTE}?restartUnknown=true`, { body: order });
    await call("POST", ROUTE, { body: { ...order, [spelled]: spelled, sceneId: spelled } });
    await call("POST", ROUTE, { body: { ...order, userId: spelled } });
    await call("POST", ROUTE, { raw: `{"${spelled}`, headers: { "content-type": "application/json" } });
    await call("GET", `${ROUTE}?cursor=${encoded}&status=${encoded}&${encoded}=1`);
    await call("GET", `${ROUTE}/${encoded}`, { headers });
    await call("GET", `${ROUTE}/${no}?material=${encoded}`);
    await call("GET", `${ROUTE}/${no}`);
    await call("GET", `${ROUTE}/${no}`, { headers, token: spelled.replace(/[^\x20-\x7e]/g, "") });
    await call("GET", `/v1/callbacks/shop/${no}/${encoded}`);
    await call("GET", `/problems/${encoded}`);
    for (const [path, body] of [
      [`${ROUTE}/${no}/photo?${encoded}`],
      [`/?Action=InitFaceVerify&CertName=${encoded}&AccessKeyId=${encoded}`],
      ["/", `Action=InitFaceVerify&CertNo=${encoded}&Signature=${encoded}`],
      [`/${encoded}?${encoded}`],
    ]) {
      const response = await fetch(gateway.url + path, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        },
        body,
      });
      const output = await response.text();
      if (response.status >= 300) nothingIn(output, `the answer to ${path}`);
    }
  }
  for (const expected of [
    201,
    "passed",
    "invalid-request",
    "malformed-body",
    "order-conflict",
    "start-outcome-unknown",
    "unauthenticated",
    "unknown-order",
    "upstream-failed",
    "upstream-refused",
  ])
    assert.ok(outcomes.has(expected), `${expected} never came: ${[...outcomes]}`);
  assert.equal(photos.size, PHOTOS.length);
  await until(() => reports.length > 0);
  for (const report of reports) nothingIn(report, "a webhook");
  assert.ok(called.length > 0);
  for (const address of called) nothingIn(address, "an address or a header");
  await gateway.restart();
  assert.ok(gateway.logs().length >= 40 * 12, `${gateway.logs().length} log lines`);
  // Everything except what wrangler dev itself prints about each request.
  const printed = gateway.output().split("\n");
  const own = printed.filter((line) => !/^\S*\[wrangler:info\]\S* \S+ \//.test(line));
  assert.equal(own.length < printed.length, hostName === "worker");
  nothingIn(own.join("\n"), "what was printed");
  const stored = [...written(gateway.state, 0), ...written(at(".wrangler"), began)]
    // Except for the bundle of the Worker's source, whose description contains examples.
    .filter((path) => !path.includes(join(".wrangler", "tmp", "dev-")))
    .map((path) => [path, readFileSync(path)]);
  assert.ok(
    stored.some(([, bytes]) => bytes.includes(numbers[39])),
    "the rows were not found",
  );
  for (const [path, bytes] of stored) nothingIn(bytes, path);
});

// What wrangler and workerd put in front of the Worker: the explorer and its parts, triggers, the proxy of
// bindings, the R2, image and video stand-ins, and their names in earlier versions.
test("only the gateway's own paths answer", async () => {
  for (const path of [
    "/cdn-cgi/local/explorer",
    "/cdn-cgi/local/explorer/",
    "/cdn-cgi/local/explorer/index.html",
    "/cdn-cgi/local/explorer/api",
    "/cdn-cgi/local/explorer/api/local/workers",
    "/cdn-cgi/local/explorer/api/workers/durable_objects/namespaces",
    "/cdn-cgi/local/observability",
    "/cdn-cgi/local/scheduled",
    "/cdn-cgi/local/email",
    "/cdn-cgi/local/platform-proxy",
    "/cdn-cgi/local/r2/public",
    "/cdn-cgi/local/r2/s3",
    "/cdn-cgi/explorer",
    "/cdn-cgi/explorer/api",
    "/cdn-cgi/handler/scheduled",
    "/cdn-cgi/mf/scheduled",
    "/cdn-cgi/mf/reload",
    "/cdn-cgi/ProxyWorker/pause",
    "/cdn-cgi/trace",
    "/__scheduled",
    "/__cf_local/stream",
    "/__cf_local/imagedelivery",
    "/__cf_local/imageupload",
    "/__explorer",
    "/.wrangler",
    "/.dev.vars",
    "/wrangler.toml",
    "/json",
    "/json/list",
    "/v1",
    "/metrics",
  ]) {
    for (const method of ["GET", "POST"]) {
      const response = await fetch(gateway.url + path, { method, redirect: "manual" });
      const output = await response.text();
      assert.ok(response.status >= 400, `${method} ${path}: ${response.status}`);
      assert.doesNotMatch(output, /durable|namespace|sqlite|Ledger/i, `${method} ${path}`);
    }
  }
});

test("the operator's check repeats no value", async () => {
  const output = await operator(["check"], {
    ...SECRETS,
    GATEWAY_CALLERS: `[{"id":"${PERSON[0]}","token":"${TOKEN}"`,
    CLOUDAUTH_ENDPOINTS: PERSON[1],
    CLOUDAUTH_ACCESS_KEY_ID: `${PERSON[2]} `,
  });
  assert.match(output, /GATEWAY_CALLERS/);
  nothingIn(output, "the check");
});
