// node mocks.mjs <nock | nock-13 | msw>: the client with a library that replaces the network. Prints the results of a
// start, a fault, an abort, and many calls with one signal.

import { FaceVerifyClient } from "cloudauth-edge";

const [library] = process.argv.slice(2);
const origin = "https://cloudauth.aliyuncs.com";
const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
const started = { Code: "200", RequestId: "R", ResultObject: { CertifyId: certifyId } };
const pending = { Code: "424", RequestId: "R" };
const order = {
  sceneId: 1000000006,
  outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888",
  metaInfo: '{"zimVer":"3.0.0"}',
  certName: "张三",
};

/** The name in the form that was sent. */
const nameIn = (body) => new URLSearchParams(body).get("CertName");

/** All libraries, behind the same functions. */
async function withNock(nock) {
  nock.disableNetConnect();
  return {
    answer: (reply) =>
      nock(origin)
        .post("/")
        .reply(200, (_, body) => reply(new URLSearchParams(body).toString())),
    fail: (code) =>
      nock(origin)
        .post("/")
        .replyWithError(Object.assign(new Error("planted"), { code })),
    hang: () => nock(origin).post("/").delay(600_000).reply(200, started),
    end: () => (nock.abortPendingRequests(), nock.cleanAll(), nock.restore()),
  };
}

async function withMsw() {
  const { setupServer } = await import("msw/node");
  const { http, HttpResponse } = await import("msw");
  const server = setupServer();
  server.listen({ onUnhandledRequest: "error" });
  const use = (handler) => server.use(http.post(`${origin}/`, handler, { once: true }));
  return {
    answer: (reply) => use(async ({ request }) => HttpResponse.json(reply(await request.text()))),
    fail: () => use(() => HttpResponse.error()),
    hang: () => use(() => new Promise(() => {})),
    end: () => server.close(),
  };
}

const mock = library === "msw" ? await withMsw() : await withNock((await import(library)).default);
const client = new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret", maxAttempts: 1 });
const failure = (call) =>
  call.then(
    () => "no error",
    ({ kind, code, execution }) => [kind, code, execution],
  );

let sent;
mock.answer((body) => ((sent = nameIn(body)), started));
const result = await client.initFaceVerify(order);

mock.fail("ECONNRESET");
const broken = await failure(client.initFaceVerify(order));

mock.hang();
const controller = new AbortController();
const waiting = client.initFaceVerify(order, { signal: controller.signal });
setImmediate(() => controller.abort());
const aborted = await failure(waiting);

const { signal } = new AbortController();
for (let count = 0; count < 40; count += 1) mock.answer(() => pending);
const query = { sceneId: order.sceneId, certifyId };
const many = await Promise.all(
  Array.from({ length: 40 }, () => client.describeFaceVerify(query, { signal })),
);

mock.end();
const statuses = [...new Set(many.map(({ status }) => status))];
console.log(JSON.stringify({ certifyId: result.certifyId, sent, broken, aborted, statuses }));
