// Every example is a backend with two routes for its app, so one test covers all of them.

import assert from "node:assert/strict";
import { after } from "node:test";
import { start, stopAll } from "../../scripts/lib/process.mjs";
import { at, projectEnv } from "../../scripts/lib/project.mjs";
import { address } from "../support/programs.mjs";

export const PERSON = {
  certName: "张三",
  certNo: "11010519491231002X",
  metaInfo: '{"zimVer":"3.0.0","appVersion": "1","deviceType": "ios"}',
};

after(() => stopAll());

/**
 * Starts a program of an example and waits for its output, by default for the URL on which it serves.
 *
 * @param {RegExp} [prints] whose first group is `found`
 * @returns {Promise<{ found: string, output: () => string, printed: (pattern: RegExp) => Promise<void>, ended: Promise<number> }>}
 */
export async function serve(folder, [program, ...args], settings, prints = /Listening on (http:\S+)/) {
  const child = start(program, args, { cwd: at("examples", folder), env: { ...projectEnv(), ...settings } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once("close", resolve));
  const printed = (pattern) =>
    new Promise((resolve) => {
      const look = () => pattern.test(output) && resolve();
      child.stdout.on("data", look);
      look();
    });
  return { found: await address(child, prints), output: () => output, printed, ended };
}

/**
 * Performs a verification as the example's app does, and checks what must never happen.
 *
 * @param {{ found: string, output: () => string }} backend which serves at `found`
 * @param {object} sandbox which the example calls in the end
 * @param {{ path?: string, reading?: (outerOrderNo: string) => string, keepsOrders?: boolean }} [routes] where the
 *   example has them, and whether it keeps the orders itself, which the gateway does for others
 */
export async function verifies(
  { found: url, output },
  sandbox,
  {
    path = "/verifications",
    reading = (outerOrderNo) => `${path}/${outerOrderNo}`,
    keepsOrders = false,
  } = {},
) {
  const call = async (method, path, { user = "123456789", body, token } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        "x-user-id": user,
        ...(body && { "content-type": "application/json" }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, body: await response.json() };
  };

  // Requests that an app would not send: no body, no fields, some fields, a body that is not an object.
  const { metaInfo, ...typed } = PERSON;
  for (const body of [undefined, {}, [], "", typed, { metaInfo }, { ...PERSON, metaInfo: "no JSON" }]) {
    const answer = await call("POST", path, { body });
    assert.ok(answer.status >= 400 && answer.status < 500, `${JSON.stringify(body)}: ${answer.status}`);
  }

  // A malformed body, whose parser's error may quote it.
  const text = JSON.stringify(PERSON);
  for (const body of [text.replace(/}$/, ",}"), `${PERSON.certName}${PERSON.certNo}`]) {
    const headers = { "x-user-id": "123456789", "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers, body });
    assert.ok(answer.status >= 400 && answer.status < 500, `${body}: ${answer.status}`);
    const said = await answer.text();
    for (const secret of [PERSON.certName, PERSON.certNo]) assert.ok(!said.includes(secret), said);
  }

  const started = await call("POST", path, { body: PERSON });
  assert.equal(started.status, 201, `${JSON.stringify(started)}\n${output()}`);
  const { outerOrderNo, certifyId } = started.body;
  const seen = await sandbox.verification(certifyId);
  assert.equal(seen.outerOrderNo, outerOrderNo);

  const read = (more) => call("GET", reading(outerOrderNo), more);
  assert.deepEqual(await read(), { status: 200, body: { status: "pending" } });
  await sandbox.submit(certifyId, "passed");
  assert.deepEqual(await read(), { status: 200, body: { status: "passed" } });
  assert.equal((await read({ user: "somebody else" })).status, 404);

  const another = await call("POST", path, { body: PERSON });
  await sandbox.submit(another.body.certifyId, "205");
  const rejected = await call("GET", reading(another.body.outerOrderNo));
  assert.deepEqual(rejected, { status: 200, body: { status: "rejected" } });

  if (keepsOrders) await reconciles(call, sandbox, { path, reading });

  // The developer must update the SDK, but only the user can update the app.
  await sandbox.injectFault({ kind: "error", action: "InitFaceVerify", code: "415" });
  const outdated = await call("POST", path, { body: PERSON });
  assert.deepEqual(
    [outdated.status, outdated.body.message],
    [422, "App 版本过低，请更新 App 后重试"],
    output(),
  );

  const wrong = await call("POST", path, { body: { ...PERSON, certNo: "110105194912310021" } });
  assert.equal(wrong.status, 422, JSON.stringify(wrong));
  assert.match(wrong.body.message, /^证件号码/);

  for (const secret of [PERSON.certName, PERSON.certNo, "110105194912310021", "zimVer", certifyId]) {
    assert.ok(!output().includes(secret), `${secret} is printed:\n${output()}`);
  }
}

/**
 * Tests a start whose response is lost: the order is known as such, nothing starts it again, and an operator can
 * reconcile it.
 */
async function reconciles(call, sandbox, { path, reading }) {
  const lost = [];
  for (const _ of ["found", "not found"]) {
    await sandbox.injectFault({ kind: "reset", executed: true });
    const { status, body } = await call("POST", path, { body: PERSON });
    assert.deepEqual([status, body.status], [502, "unknown"], JSON.stringify(body));
    assert.deepEqual(await call("GET", reading(body.outerOrderNo)), {
      status: 200,
      body: { status: "unknown" },
    });
    lost.push(body.outerOrderNo);
  }
  const [first, second] = lost;
  const known = await sandbox.verifications({ outerOrderNo: first });
  assert.equal(known.length, 1, "started once");
  const found = { certifyId: known[0].certifyId };
  assert.equal((await call("PUT", reading(first), { body: found })).status, 403);
  assert.equal((await call("PUT", reading(first), { body: found, token: "another" })).status, 403);
  const settle = (outerOrderNo, body) =>
    call("PUT", reading(outerOrderNo), { body, token: "sandbox-operator" });
  assert.deepEqual((await settle(first, found)).body, { status: "started" });
  assert.equal((await settle(first, found)).status, 409, "no longer unknown");
  assert.deepEqual((await call("GET", reading(first))).body, { status: "pending" });
  assert.deepEqual((await settle(second, { certifyId: null })).body, { status: "failed" });
  assert.deepEqual((await call("GET", reading(second))).body, { status: "failed" });
}
