// The sandbox on Node: in-process and over HTTP, the effect of its faults on a client, and its
// command.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, createServer } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";
import { start as startProgram } from "../../scripts/lib/process.mjs";

const KEY = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
const SCENE = 1000000006;
const META_INFO = '{"zimVer":"3.0.0","deviceType":"ios"}';
const ENDPOINT = "http://127.0.0.1:8788";
const MEBIBYTE = 1024 * 1024;

const opened = [];
function sandboxFor(options) {
  const sandbox = createSandbox(options);
  opened.push(sandbox);
  return sandbox;
}
afterEach(() => Promise.all(opened.splice(0).map((sandbox) => sandbox.close())));

/** A client with a single attempt, so that its result shows what the sandbox did. */
function clientOf(sandbox, options) {
  return new FaceVerifyClient({
    ...KEY,
    endpoint: ENDPOINT,
    fetch: (...request) => sandbox.fetch(...request),
    maxAttempts: 1,
    ...options,
  });
}

const start = (client, more) =>
  client.initFaceVerify({
    sceneId: SCENE,
    outerOrderNo: newOuterOrderNo(),
    userId: "123456789",
    metaInfo: META_INFO,
    certName: "张三",
    certNo: "11010519491231002X",
    ...more,
  });
const ask = (client, certifyId) => client.describeFaceVerify({ sceneId: SCENE, certifyId });

describe("in-process", () => {
  for (const signatureVersion of ["1.0", "ACS3-HMAC-SHA256"]) {
    test(`a verification, signed by ${signatureVersion}`, async () => {
      const sandbox = sandboxFor();
      const client = clientOf(sandbox, { signatureVersion });
      const { certifyId } = await start(client);
      assert.equal((await ask(client, certifyId)).status, "pending");
      await sandbox.open(certifyId);
      assert.equal((await ask(client, certifyId)).code, "403");
      await sandbox.submit(certifyId);
      const result = await ask(client, certifyId);
      assert.equal(result.status, "passed");
      const picture = await sandbox.fetch(result.material.facialPictureFront.pictureUrl);
      assert.equal(picture.headers.get("content-type"), "image/jpeg");
      assert.equal(picture.headers.get("x-cloudauth-sandbox"), "1");
    });
  }

  test("each sandbox has its own state", async () => {
    const [one, other] = [sandboxFor(), sandboxFor()];
    const { certifyId } = await start(clientOf(one));
    await one.injectFault({ kind: "error", code: "InternalError" });
    await one.advanceClock(60_000);
    await assert.rejects(ask(clientOf(other), certifyId), { code: "406" });
    assert.deepEqual((await other.verifications()).length, 0);
    assert.equal((await other.state()).clock.offsetMillis, 0);
  });

  test("shows, moves, forgets", async () => {
    const sandbox = sandboxFor();
    const client = clientOf(sandbox);
    const outerOrderNo = newOuterOrderNo();
    const { certifyId } = await start(client, { outerOrderNo });
    await start(client);
    assert.equal((await sandbox.verifications()).length, 2);
    const [found, ...more] = await sandbox.verifications({ outerOrderNo });
    assert.deepEqual([found.certifyId, more.length], [certifyId, 0]);
    await sandbox.advanceClock(31 * 60_000);
    assert.equal((await sandbox.verification(certifyId)).stage, "expired");
    await assert.rejects(sandbox.submit(certifyId), { code: "expired", status: 409 });
    await assert.rejects(sandbox.submit("nobody"), { code: "unknown-verification", status: 404 });
    const clock = await sandbox.setClock(new Date("2030-01-01T00:00:00.500Z"));
    assert.equal(clock.now, "2030-01-01T00:00:00Z");
    await sandbox.reset();
    assert.equal((await sandbox.verifications()).length, 0);
    assert.equal((await sandbox.state()).clock.offsetMillis, 0);
  });

  test("accepts accounts given by the caller", async () => {
    const accounts = [
      {
        accountId: "1000000000000001",
        keys: [{ accessKeyId: "own-id", accessKeySecret: "own-secret" }],
        scenes: [{ sceneId: "9223372036854775807" }, { sceneId: 9007199254740993n }],
      },
    ];
    const sandbox = sandboxFor({ accounts });
    assert.deepEqual((await sandbox.state()).accounts[0].sceneIds, [
      "9223372036854775807",
      "9007199254740993",
    ]);
    const own = clientOf(sandbox, { accessKeyId: "own-id", accessKeySecret: "own-secret" });
    const { certifyId } = await start(own, { sceneId: 9223372036854775807n });
    await sandbox.submit(certifyId, "206");
    const result = await own.describeFaceVerify({ sceneId: "9223372036854775807", certifyId });
    assert.deepEqual([result.status, result.subCode], ["rejected", "206"]);
    await assert.rejects(start(clientOf(sandbox)), { code: "InvalidAccessKeyId.NotFound" });
  });

  test("says what is wrong with its options", () => {
    const key = { accessKeyId: "a", accessKeySecret: "b" };
    for (const [accounts, wording] of [
      ["none", /options are not right/],
      [[{ accountId: "1", keys: [key] }], /accounts\[0\]\.scenes is missing/],
      [
        [{ accountId: "1", keys: [{ ...key, ram: "maybe" }], scenes: [] }],
        /accounts\[0\]\.keys\[0\]\.ram is not of the expected form/,
      ],
      [[{ accountId: "1", keys: [key], scenes: [{ sceneId: 1.5 }] }], /sceneId must be a positive integer/],
      [
        [{ accountId: "1", keys: [key], scenes: [{ sceneId: JSON.parse("9007199254740993") }] }],
        /above 9007199254740991 it must be a string or a bigint/,
      ],
      [[{ accountId: "1", keys: [key], scenes: [], more: 1 }], /accounts\[0\] has an unknown member more/],
    ]) {
      assert.throws(() => createSandbox({ accounts }), wording);
    }
    assert.throws(() => createSandbox({ controltoken: "a token" }), /no option controltoken/);
  });

  test("only serves its control API to holders of the token", async () => {
    const sandbox = sandboxFor({ controlToken: "a-token" });
    const { certifyId } = await start(clientOf(sandbox));
    const state = (authorization) =>
      sandbox.fetch(`${ENDPOINT}/_sandbox/state`, { headers: authorization && { authorization } });
    assert.equal((await state()).status, 401);
    assert.equal((await state("Bearer a-token")).status, 200);
    assert.equal((await sandbox.submit(certifyId)).stage, "ended", "its own methods need none");
  });

  test("expires a verification without moving a clock", async () => {
    const sandbox = sandboxFor();
    const client = clientOf(sandbox);
    const { certifyId } = await start(client);
    assert.equal((await sandbox.expire(certifyId)).stage, "expired");
    assert.deepEqual((await sandbox.state()).clock.offsetMillis, 0);
    assert.equal((await ask(client, certifyId)).status, "pending");
    await assert.rejects(sandbox.submit(certifyId), { code: "expired", status: 409 });
  });

  test("a submission sets members of the result", async () => {
    const sandbox = sandboxFor();
    const client = clientOf(sandbox);
    const { certifyId } = await start(client, { faceGuardOutput: "DeviceRisk" });
    await sandbox.submit(certifyId, "passed", {
      faceOcclusion: "T",
      qualityScore: 31.5,
      deviceRisk: "ROOT,VPN",
    });
    const { status, material, deviceRisk } = await ask(client, certifyId);
    assert.deepEqual([status, material.faceOcclusion, deviceRisk], ["passed", true, ["ROOT", "VPN"]]);
    assert.equal(material.facialPictureFront.qualityScore, 31.5);
    await assert.rejects(sandbox.submit(certifyId, "205", { faceOcclusion: "T" }), { code: "bad-result" });
  });

  test("a response with a body of the test's own", async () => {
    const sandbox = sandboxFor();
    const client = clientOf(sandbox);
    const { certifyId } = await start(client);
    const body = { RequestId: "1", Code: "200", Message: "success", ResultObject: { SubCode: "200" } };
    await sandbox.injectFault({ kind: "body", body: JSON.stringify(body) });
    await assert.rejects(ask(client, certifyId), { kind: "protocol" });
  });

  test("a hang ends with the caller's signal, a reset immediately", async () => {
    const sandbox = sandboxFor();
    const call = `${ENDPOINT}/?Action=InitFaceVerify`;
    await sandbox.injectFault({ kind: "hang", count: 2 });
    const abort = new AbortController();
    const hanging = assert.rejects(sandbox.fetch(call, { signal: abort.signal }), /enough/);
    const closed = assert.rejects(sandbox.fetch(call), /closed/);
    while ((await sandbox.state()).faults.length > 0) await new Promise(setImmediate);
    abort.abort(new Error("enough"));
    await hanging;
    await assert.rejects(sandbox.fetch(call, { signal: abort.signal }), /enough/);
    await sandbox.injectFault({ kind: "reset" });
    await assert.rejects(sandbox.fetch(call), (error) => error.cause.code === "ECONNRESET");
    await sandbox.close();
    await closed;
  });

  test("repeats a callback until the receiver answers 200", async () => {
    const calls = [];
    let finished;
    const done = new Promise((resolve) => (finished = resolve));
    const answers = [
      () => Promise.reject(new TypeError("fetch failed")),
      () => new Response("", { status: 200 }),
    ];
    const sandbox = sandboxFor({
      fetch: async (url) => {
        calls.push(url);
        if (calls.length === answers.length) finished();
        return answers[calls.length - 1]();
      },
    });
    const { certifyId } = await start(clientOf(sandbox), {
      callbackUrl: "https://example.com/callback",
      callbackToken: "1000004826",
    });
    await sandbox.submit(certifyId, "205");
    const alive = setInterval(() => {}, 1_000); // callbacks alone do not keep a process running
    await done;
    clearInterval(alive);
    const expected = `https://example.com/callback?callbackToken=1000004826&certifyId=${certifyId}&passed=205`;
    assert.deepEqual(calls, [expected, expected]);
    await new Promise(setImmediate);
    assert.deepEqual((await sandbox.verification(certifyId)).callback, {
      url: "https://example.com/callback",
      attempts: 2,
      lastStatus: 200,
    });
  });

  for (const [name, reset] of [
    ["its method", (sandbox) => sandbox.reset()],
    ["the control API", (sandbox) => sandbox.fetch(`${ENDPOINT}/_sandbox/reset`, { method: "POST" })],
  ]) {
    test(`a reset by ${name} cancels callbacks`, async (t) => {
      t.mock.timers.enable({ apis: ["setTimeout"] });
      const calls = [];
      const sandbox = sandboxFor({ fetch: async (url) => (calls.push(url), new Response("")) });
      const begin = async () => {
        const outerOrderNo = newOuterOrderNo();
        const callbackUrl = "https://example.com/callback";
        const { certifyId } = await start(clientOf(sandbox), { outerOrderNo, callbackUrl });
        await sandbox.submit(certifyId, "205");
      };
      await begin();
      await reset(sandbox);
      t.mock.timers.tick(10_000);
      assert.deepEqual(calls, []);
      await begin();
      t.mock.timers.tick(10_000);
      assert.equal(calls.length, 1, "later ones are sent");
    });
  }

  test("a fake date applies to the client and to the sandbox", async (t) => {
    const sandbox = sandboxFor();
    const client = clientOf(sandbox);
    const { certifyId } = await start(client);
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 31 * 60_000 });
    assert.equal((await ask(client, certifyId)).code, "424");
    assert.equal((await sandbox.verification(certifyId)).stage, "expired");
  });

  test("an empty host is refused, with which Node would listen on every address", async () => {
    await assert.rejects(sandboxFor().listen({ host: "" }), /must be an address/);
  });

  test("a store given by the caller holds the whole state", async () => {
    const rows = new Map();
    const store = {
      get: (key) => rows.get(key) ?? null,
      list: (prefix) => [...rows].filter(([key]) => key.startsWith(prefix)),
      put: (key, value) => rows.set(key, value),
      clear: () => rows.clear(),
    };
    const { certifyId } = await start(clientOf(sandboxFor({ store })));
    await sandboxFor({ store }).submit(certifyId);
    assert.equal((await ask(clientOf(sandboxFor({ store })), certifyId)).status, "passed");
    await sandboxFor({ store }).reset();
    assert.equal(rows.size, 0);
  });

  test("a file keeps the state, even after a line was cut off", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const before = sandboxFor({ file });
      const { certifyId } = await start(clientOf(before));
      await before.submit(certifyId, "205");
      const { certifyId: other } = await start(clientOf(before));
      await before.close();
      writeFileSync(file, '["verification/cut', { flag: "a" });

      const rows = readFileSync(file, "utf8").split("\n");
      rows.splice(1, 0, rows[0].slice(0, 30) + rows[1], "", "\0\0\0");
      writeFileSync(file, rows.join("\n"));

      const later = sandboxFor({ file });
      assert.equal((await ask(clientOf(later), certifyId)).subCode, "205");
      assert.equal((await ask(clientOf(later), other)).code, "424");
      assert.ok(!readFileSync(file, "utf8").includes("cut"));
      assert.equal(readFileSync(`${file}.damaged`, "utf8"), rows.join("\n"));
      await later.reset();
      assert.equal(readFileSync(file, "utf8"), "");
      await later.close();
      for (const text of ['["veri', '["veri\n', ""]) {
        writeFileSync(file, text);
        await sandboxFor({ file }).close();
        assert.equal(readFileSync(file, "utf8"), "");
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("after a restart, the callbacks that are owed are sent", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const calls = [];
      const fetch = async (url) => (calls.push(new URL(url).searchParams.get("passed")), new Response(""));
      const before = sandboxFor({ file, fetch });
      const order = { callbackUrl: "https://example.com/callback" };
      await start(clientOf(before), { ...order, userId: "sandbox-sub-205-after-60s" });
      const { certifyId } = await start(clientOf(before), order);
      await before.submit(certifyId, "206");
      await before.close();
      const later = sandboxFor({ file, fetch });
      t.mock.timers.tick(1_000);
      assert.deepEqual(calls, ["206"]);
      t.mock.timers.tick(60_000);
      assert.deepEqual(calls, ["206", "205"]);
      while ((await later.verification(certifyId)).callback.attempts === 0) await new Promise(setImmediate);
      await later.close();
      sandboxFor({ file, fetch });
      t.mock.timers.tick(61_000);
      assert.equal(calls.length, 2, "what the receiver has confirmed is not sent again");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file that another sandbox uses is refused, until that sandbox or its process ends", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const lock = `${file}.lock`;
      const before = sandboxFor({ file });
      assert.throws(() => createSandbox({ file }), /state\.jsonl is used by another sandbox.*另一个沙箱/);
      await start(clientOf(before));
      await before.close();
      await assert.rejects(start(clientOf(before)), "it no longer changes the file");
      assert.ok(!existsSync(lock));

      writeFileSync(lock, String(process.ppid));
      assert.throws(() => createSandbox({ file }), { code: "ERR_SANDBOX_FILE_IN_USE", pid: process.ppid });
      const gone = spawnSync(process.execPath, ["--version"]).pid;
      for (const stale of [String(gone), String(process.pid), ""]) {
        writeFileSync(lock, stale);
        const later = sandboxFor({ file });
        assert.equal((await later.verifications()).length, 1);
        await later.close();
      }
      assert.throws(() => createSandbox({ file, accounts: [{}] }), /options are not right/);
      writeFileSync(file, "of another program");
      assert.throws(() => createSandbox({ file }), /not a state file/);
      assert.ok(!existsSync(lock), "nothing is locked without a sandbox");
      assert.throws(() => createSandbox({ file, store: {} }), /pass one of them/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file is known by each of its rows, even if they were cut off", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const before = sandboxFor({ file });
      await start(clientOf(before));
      await before.injectFault({ kind: "reset", skip: 9 });
      await before.advanceClock(1);
      await before.close();
      const rows = readFileSync(file, "utf8").trim().split("\n");
      const kinds = new Set(rows.map((row) => JSON.parse(row)[0].replace(/\/.*/, "")));
      assert.deepEqual([...kinds].sort(), ["calls", "clock", "faults", "nonce", "verification"]);
      for (const row of rows) {
        for (const cut of [row, row.slice(0, -1), row.slice(0, 12), row.slice(0, 4), `\0\0${row}`]) {
          writeFileSync(file, cut);
          await sandboxFor({ file }).close();
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a row that follows one that was cut off is kept", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    const append = fs.appendFileSync;
    t.after(() => ((fs.appendFileSync = append), syncBuiltinESMExports()));
    try {
      const file = join(folder, "state.jsonl");
      const before = sandboxFor({ file });
      const { certifyId } = await start(clientOf(before));
      fs.appendFileSync = (path, line) => {
        append(path, line.slice(0, 20));
        throw Object.assign(new Error("no space"), { code: "ENOSPC" });
      };
      syncBuiltinESMExports();
      await assert.rejects(before.advanceClock(1));
      fs.appendFileSync = append;
      syncBuiltinESMExports();
      await before.submit(certifyId, "205");
      await before.close();
      assert.equal((await ask(clientOf(sandboxFor({ file })), certifyId)).subCode, "205");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file of another program is refused and left unchanged", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "config.json");
      const line = '["verification/1","{}",null]';
      for (const text of [
        '{"controlToken":"a token"}',
        '{"controlToken":"a token"}\n',
        '{\n  "accounts": []\n}\n',
        "\n",
        "plain text",
        "[]\n",
        `${line}\n{}\n${line}\n`,
        `${line}\n["verification/1","{}"]\n`,
        '["verification/1",{},null]\n',
        '["verification/1","{}","never"]\n',
        '["a","b"]\n',
        `[\n${line},\n${line}\n]\n`,
        `# Lines\n${line}\n`,
        "null\n",
        '["a\n["b\n',
        '["TODO] buy milk\n',
        '["name",\n["x","y",1],\n["x","y",2]\n]\n',
        '["x","y",null]\n',
        `${line}\n["TODO] buy milk\n`,
        '["',
      ]) {
        writeFileSync(file, text);
        assert.throws(
          () => createSandbox({ file }),
          /is not a state file of the sandbox.*不是沙箱的状态文件/,
        );
        assert.equal(readFileSync(file, "utf8"), text);
      }
      for (const text of ["", line, `${line}\n`, `${line}\nnull\n${line}\n["verif`]) {
        writeFileSync(file, text);
        await sandboxFor({ file }).close();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("the newest 100,000 verifications are kept, and a file of any size is read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const before = sandboxFor({ file });
      const { certifyId } = await start(clientOf(before));
      await before.close();
      const row = readFileSync(file, "utf8")
        .split("\n")
        .findLast((line) => line.startsWith('["verification/'));
      const id = (number) => number.toString(16).padStart(32, "0");
      // Some lines cross the boundaries of what is read at a time.
      const lines = Array.from({ length: 100_001 }, (_, at) => row.replaceAll(certifyId, id(at)));
      writeFileSync(file, `${lines.join("\n")}\n`);
      const later = sandboxFor({ file });
      await later.submit(id(1));
      await later.close();
      const again = sandboxFor({ file });
      await assert.rejects(again.verification(id(0)), { code: "unknown-verification" });
      assert.equal((await again.verification(id(1))).stage, "ended");
      assert.equal((await again.verification(id(100_000))).stage, "created");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file does not grow with the number of calls", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const sandbox = sandboxFor({ file });
      const { certifyId } = await start(clientOf(sandbox));
      let longest = 0;
      for (let moved = 0; moved < 6_000; moved++) {
        await sandbox.advanceClock(0);
        if (moved % 500 === 0) longest = Math.max(longest, readFileSync(file, "utf8").split("\n").length);
      }
      assert.ok(longest < 5_000, `${longest} lines`);
      await sandbox.close();
      assert.equal((await sandboxFor({ file }).verification(certifyId)).stage, "created");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a file keeps what has not expired by the sandbox's clock, and only that", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const file = join(folder, "state.jsonl");
      const before = sandboxFor({ file, now: Date.now }); // not the mock's
      await before.setClock("2019-03-07T00:00:00Z");
      t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2019-03-07T00:00:00Z") }); // the client's clock
      const { certifyId } = await start(clientOf(before));
      t.mock.timers.reset();
      await before.close();
      const later = sandboxFor({ file });
      assert.equal((await later.verification(certifyId)).stage, "created");
      await later.advanceClock(179 * 86_400_000);
      assert.ok(readFileSync(file, "utf8").includes(certifyId));
      await later.close();
      await sandboxFor({ file }).advanceClock(2 * 86_400_000);
      assert.ok(!readFileSync(file, "utf8").includes(certifyId), "the first change removes what has expired");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("200 concurrent verifications with faults: each ends with the outcome of its phone", async () => {
    const [account] = (await sandboxFor().state()).accounts;
    const accounts = [
      {
        accountId: account.accountId,
        keys: [KEY],
        scenes: [{ sceneId: SCENE }],
        callsPerSecond: 0,
      },
    ];
    const sandbox = sandboxFor({ accounts });
    for (const action of ["InitFaceVerify", "DescribeFaceVerify"]) {
      for (const fault of [
        { kind: "latency", millis: 20, count: 40 },
        { kind: "error", code: "ServiceUnavailable", count: 20 },
        { kind: "error", code: "Throttling.User", count: 20 },
        { kind: "reset", count: 10 },
        { kind: "reset", executed: true, count: 10 },
        { kind: "html", executed: true, count: 10 },
        { kind: "truncated", count: 10 },
        { kind: "empty", count: 10 },
        { kind: "notUtf8", count: 10 },
      ]) {
        // Spread over the run, not only at its beginning.
        await sandbox.injectFault({ ...fault, action, skip: 5 });
      }
    }
    const client = clientOf(sandbox);
    const untilItWorks = async (call) => {
      // Each failure uses up a fault.
      for (;;) {
        try {
          return await call();
        } catch (error) {
          if (!["transport", "protocol", "throttled", "vendor"].includes(error.kind)) throw error;
        }
      }
    };
    const outcomes = ["passed", "205", "206"];
    const expected = { passed: "passed 200", 205: "rejected 205", 206: "rejected 206" };
    const ended = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const outerOrderNo = newOuterOrderNo();
        const { certifyId } = await untilItWorks(() => start(client, { outerOrderNo }));
        const outcome = outcomes[at % outcomes.length];
        await sandbox.submit(certifyId, outcome);
        const result = await untilItWorks(() => ask(client, certifyId));
        assert.equal(`${result.status} ${result.subCode}`, expected[outcome]);
        const [shown] = (await sandbox.verifications({ outerOrderNo })).filter(
          (each) => each.certifyId === certifyId,
        );
        assert.deepEqual(
          [shown.stage, shown.passed, shown.subCode],
          ["ended", outcome === "passed", result.subCode],
        );
        return certifyId;
      }),
    );
    assert.equal(new Set(ended).size, 200);
    assert.deepEqual((await sandbox.state()).faults, [], "every fault was met");
  });
});

describe("over HTTP", () => {
  async function listening(options) {
    const sandbox = sandboxFor(options);
    const { url, port } = await sandbox.listen();
    const client = new FaceVerifyClient({ ...KEY, endpoint: url, maxAttempts: 1 });
    return { sandbox, url, port, client };
  }

  test("a whole verification over HTTP, submitted without a page", async () => {
    const { url, client } = await listening();
    const { certifyId } = await start(client);
    const submit = await fetch(`${url}/_sandbox/verifications/${certifyId}/submit`, {
      method: "POST",
      body: '{"outcome":"passed"}',
    });
    assert.equal((await submit.json()).stage, "ended");
    const { material } = await ask(client, certifyId);
    const picture = await fetch(material.facialPictureFront.pictureUrl);
    assert.equal((await picture.arrayBuffer()).byteLength, Number(picture.headers.get("content-length")));
  });

  test("the URLs that it returns begin with publicUrl", async () => {
    const sandbox = sandboxFor();
    for (const [publicUrl, origin] of [
      ["https://sandbox.example", "https://sandbox.example"],
      ["HTTP://Localhost:8788/", "http://localhost:8788"],
    ]) {
      const { url } = await sandbox.listen({ publicUrl });
      const client = new FaceVerifyClient({ ...KEY, endpoint: url, maxAttempts: 1 });
      const { certifyId, certifyUrl } = await start(client, { certifyUrlType: "H5" });
      assert.equal(certifyUrl, `${origin}/_sandbox/h5#${certifyId}`);
      await sandbox.submit(certifyId);
      const { pictureUrl } = (await ask(client, certifyId)).material.facialPictureFront;
      assert.ok(pictureUrl.startsWith(`${origin}/_sandbox/pictures/`), pictureUrl);
      assert.equal((await fetch(pictureUrl.replace(origin, url))).status, 200);
    }
    for (const publicUrl of [
      "",
      "sandbox.example",
      "ftp://sandbox.example",
      "https://sandbox.example/path",
      "https://sandbox.example?",
      "https://sandbox.example/#",
      "https://user@sandbox.example",
    ])
      await assert.rejects(sandbox.listen({ publicUrl }), /publicUrl must be.*publicUrl 应为/, publicUrl);
  });

  test("bad input gets one clear error each, and the next request works", async () => {
    const { url, client } = await listening();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const cases = [
      ["/", { method: "POST", headers: form, body: "a".repeat(10 * MEBIBYTE) }, 413, "RequestBodyTooLarge"],
      [
        "/",
        { method: "POST", headers: form, body: new Uint8Array([0xc3, 0x28]) },
        400,
        "InvalidParameter.Format",
      ],
      ["/", { method: "POST", body: deep }, 400, "InvalidParameter.Format"],
      ["/?Action=%FF", {}, 400, "InvalidParameter.Format"],
      ["/", { method: "PUT", body: "x" }, 400, "UnsupportedHTTPMethod"],
      ["/", {}, 400, "MissingAction"],
      ["/elsewhere", {}, 404, "unknown-route"],
      ["/_sandbox/clock", { method: "POST", body: deep }, 400, "bad-body"],
      ["/_sandbox/clock", { method: "POST", body: "x".repeat(10 * MEBIBYTE) }, 413, "body-too-large"],
    ];
    for (const [path, init, status, code] of cases) {
      const response = await fetch(url + path, init);
      const answer = await response.json();
      assert.deepEqual(
        [response.status, answer.Code ?? answer.code],
        [status, code],
        `${init.method ?? "GET"} ${path}`,
      );
      assert.equal(response.headers.get("x-cloudauth-sandbox"), "1");
      assert.ok((await start(client)).certifyId);
    }
  });

  test("await using closes a sandbox and its servers", async () => {
    const urls = [];
    {
      await using sandbox = createSandbox();
      await using first = await sandbox.listen();
      urls.push(first.url, (await sandbox.listen()).url);
      for (const url of urls) assert.equal((await fetch(`${url}/_sandbox/state`)).status, 200);
    }
    for (const url of urls) await assert.rejects(fetch(url));
  });

  test("long MetaInfo in the URL", async () => {
    const { url } = await listening();
    const acs3 = new FaceVerifyClient({ ...KEY, endpoint: url, signatureVersion: "ACS3-HMAC-SHA256" });
    const metaInfo = JSON.stringify({ zimVer: "3.0.0", padding: "x".repeat(60_000) });
    assert.ok((await start(acs3, { metaInfo })).certifyId);
  });

  test("faults of the connection, as a client meets them", async () => {
    const { sandbox, url, client } = await listening();
    await sandbox.injectFault({ kind: "reset" });
    await assert.rejects(start(client), { kind: "transport" });
    await sandbox.injectFault({ kind: "hang" });
    const impatient = new FaceVerifyClient({ ...KEY, endpoint: url, maxAttempts: 1, timeoutMs: 5_000 });
    await assert.rejects(start(impatient), { kind: "timeout" });
    await sandbox.injectFault({ kind: "truncated" });
    await assert.rejects(start(client), { kind: "protocol" });
    await sandbox.injectFault({ kind: "latency", millis: 50 });
    assert.ok((await start(client)).certifyId);
  });

  test("requests that Node's parser refuses get the sandbox's answer, and the next request works", async () => {
    const { port, client } = await listening();
    const cases = [
      ["not HTTP at all 😀\r\n\r\n", 400, "BadRequest"],
      ["GET / HTTP/1.1\r\nhost: a\r\nx: \u0000\r\n\r\n", 400, "BadRequest"],
      [`GET /?${"a".repeat(200_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431, "RequestHeaderFieldsTooLarge"],
      ["GET / HTTP/1.1\r\nconnection: close\r\n\r\n", 400, "MissingAction"],
      ["GET / HTTP/1.1\r\nhost: a\r\nexpect: wonders\r\nconnection: close\r\n\r\n", 400, "MissingAction"],
    ];
    for (const [sent, status, code] of cases) {
      const socket = connect(port, "127.0.0.1");
      socket.end(sent);
      let answer = "";
      for await (const chunk of socket) answer += chunk;
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), sent.slice(0, 40));
      assert.match(answer, /^x-cloudauth-sandbox: 1\r$/m);
      assert.equal(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).Code, code);
      assert.ok((await start(client)).certifyId);
    }
  });

  test("a whole URL in the request line, as proxies send it", async () => {
    const { port } = await listening();
    const request = httpRequest({
      port,
      host: "127.0.0.1",
      path: `http://127.0.0.1:${port}/_sandbox/state?x=1`,
    }).end();
    const [response] = await once(request, "response");
    response.resume();
    assert.equal(response.statusCode, 200);
  });

  test("closing ends requests that hang, and frees the port", async () => {
    const { sandbox, url, port } = await listening();
    await sandbox.injectFault({ kind: "hang" });
    const hanging = assert.rejects(fetch(`${url}/?Action=InitFaceVerify`));
    while ((await sandbox.state()).faults.length > 0) await new Promise(setImmediate);
    await sandbox.close();
    await hanging;
    const again = createServer().listen(port, "127.0.0.1");
    await once(again, "listening");
    again.close();
  });
});

describe("the command", () => {
  const command = fileURLToPath(new URL("../../pkg/bin/cloudauth-edge.js", import.meta.url));
  const children = new Set();
  after(() => children.forEach((child) => child.kill("SIGKILL")));

  const run = (...args) => runIn("en_US.UTF-8", ...args);

  function runIn(locale, ...args) {
    const env = { ...process.env, LC_ALL: locale };
    const child = startProgram(process.execPath, [command, ...args], { env });
    children.add(child);
    child.once("close", () => children.delete(child));
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"]) {
      child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
    }
    return { child, output, ended: once(child, "close") };
  }

  test("speaks the language of the terminal", async () => {
    const help = runIn("zh_CN.UTF-8", "--help");
    assert.deepEqual(await help.ended, [0, null]);
    assert.match(help.output.stdout, /监听端口/);
    const wrong = runIn("zh_CN.UTF-8", "sandbox", "--prot", "1");
    assert.deepEqual(await wrong.ended, [2, null]);
    assert.match(wrong.output.stderr, /没有选项 --prot。/);
    for (const [args, wording] of [
      [["--port", "x"], /--port 应为 0 至 65535 的整数/],
      [["--port", "1", "--host", "nowhere.invalid"], /nowhere\.invalid 不是本机的地址/],
      [["--public-url", "sandbox.example"], /--public-url 应为 http:\/\/主机名/],
      [["--file", "/nowhere/state"], /--file: 无法使用 \/nowhere\/state/],
      [["--config", "nowhere.json"], /--config: 无法将 nowhere\.json 读取为 JSON/],
    ]) {
      const { output, ended } = runIn("zh_CN.UTF-8", "sandbox", ...args);
      assert.deepEqual(await ended, [2, null]);
      assert.match(output.stderr, wording);
    }
  });

  test("logs each request without personal data, if enabled", async () => {
    const { child, output, ended } = run("sandbox", "--port", "0", "--verbose");
    const printed = async (pattern) => {
      while (!pattern.test(output.stdout)) await once(child.stdout, "data");
      return pattern.exec(output.stdout);
    };
    const [, url] = await printed(/(http:\/\/127\.0\.0\.1:\d+)/);
    await (await fetch(`${url}/?CertNo=11010519491231002X`)).text();
    await printed(/^GET \/ 400 \d+ ms$/m);
    assert.ok(!output.stdout.includes("110105"));
    child.kill("SIGTERM");
    await ended;
  });

  test("serves, prints its usage, and stops on a signal", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    const config = join(folder, "accounts.json");
    writeFileSync(
      config,
      JSON.stringify({
        accounts: [
          {
            accountId: "1",
            keys: [{ accessKeyId: "own-id", accessKeySecret: "own-secret" }],
            scenes: [{ sceneId: SCENE }],
          },
        ],
      }),
    );
    try {
      for (const [signal, args, key] of [
        ["SIGTERM", [], KEY],
        [
          "SIGINT",
          ["--config", config, "--file", join(folder, "state")],
          { accessKeyId: "own-id", accessKeySecret: "own-secret" },
        ],
      ]) {
        const { child, output, ended } = run("sandbox", "--port", "0", ...args);
        while (!output.stdout.includes("/submit\n")) await once(child.stdout, "data");
        const url = output.stdout.match(/http:\/\/127\.0\.0\.1:\d+/)[0];
        assert.ok(output.stdout.includes(`AccessKeyId      ${key.accessKeyId}\n`));
        const { certifyId } = await start(new FaceVerifyClient({ ...key, endpoint: url }));
        assert.match(certifyId, /^[0-9a-f]{32}$/);
        child.kill(signal);
        assert.deepEqual(await ended, [0, null]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("starts with a closed control API", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const config = join(folder, "config.json");
      writeFileSync(config, '{"controlToken":""}');
      const { child, output, ended } = run("sandbox", "--port", "0", "--config", config);
      while (!output.stdout.includes("/submit\n")) {
        const [first] = await Promise.race([once(child.stdout, "data"), ended]);
        assert.equal(typeof first, "string", output.stderr);
      }
      const [url] = output.stdout.match(/http:\/\/127\.0\.0\.1:\d+/);
      assert.equal((await fetch(`${url}/_sandbox/state`)).status, 403);
      child.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("does not start with the state file of another sandbox, and again after that was killed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const args = ["sandbox", "--port", "0", "--file", join(folder, "state")];
      const begin = async () => {
        const { child, output, ended } = run(...args);
        while (!output.stdout.includes("/submit\n")) await once(child.stdout, "data");
        return { child, ended };
      };
      const killed = await begin();
      const second = run(...args);
      assert.deepEqual(await second.ended, [2, null]);
      assert.match(second.output.stderr, new RegExp(`state is used by .* in process ${killed.child.pid}:`));
      killed.child.kill("SIGKILL");
      await killed.ended;
      const { child, ended } = await begin();
      child.kill("SIGTERM");
      await ended;
      assert.deepEqual(readdirSync(folder), ["state"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("listening on every address, it prints one that can be called", async (t) => {
    for (const [host, printed] of [
      ["0.0.0.0", /http:\/\/127\.0\.0\.1:\d+/],
      ["::", /http:\/\/\[::1\]:\d+/],
    ]) {
      const { child, output, ended } = run("sandbox", "--port", "0", "--host", host);
      const [first] = await Promise.race([once(child.stdout, "data"), ended]);
      if (host === "::" && typeof first !== "string") {
        t.diagnostic(`this machine has no IPv6: ${output.stderr}`);
        continue;
      }
      while (!output.stdout.includes("/submit\n")) await once(child.stdout, "data");
      const url = output.stdout.match(printed)?.[0];
      assert.ok(url, output.stdout);
      assert.ok(!output.stdout.includes(`//${host}:`) && !output.stdout.includes(`[${host}]`), output.stdout);
      assert.equal((await fetch(`${url}/_sandbox/state`)).status, 200);
      child.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
    }
  });

  test("reads a configuration with a byte order mark, also in UTF-16", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    const text = "\ufeff" + JSON.stringify({ controlToken: "a token" });
    try {
      for (const encoding of ["utf8", "utf16le"]) {
        const config = join(folder, `${encoding}.json`);
        writeFileSync(config, text, encoding);
        const { child, output, ended } = run("sandbox", "--port", "0", "--config", config);
        while (!output.stdout.includes("/submit\n")) {
          const [first] = await Promise.race([once(child.stdout, "data"), ended]);
          assert.equal(typeof first, "string", output.stderr);
        }
        const [url] = output.stdout.match(/http:\/\/127\.0\.0\.1:\d+/);
        const state = (headers) => fetch(`${url}/_sandbox/state`, { headers });
        assert.equal((await state({})).status, 401);
        assert.equal((await state({ authorization: "Bearer a token" })).status, 200);
        child.kill("SIGTERM");
        assert.deepEqual(await ended, [0, null]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("started by npx, it ends with its parent; started otherwise, it may outlive it", async () => {
    for (const [npmCommand, ends] of [
      ["exec", true],
      ["", false],
    ]) {
      const shell = startProgram(
        "sh",
        ["-c", `"$0" "$1" sandbox --port 0 & echo "pid $!"; wait`, process.execPath, command],
        {
          env: { ...process.env, npm_command: npmCommand },
        },
      );
      children.add(shell);
      let output = "";
      shell.stdout.setEncoding("utf8").on("data", (text) => (output += text));
      while (!output.includes("/submit\n")) await once(shell.stdout, "data");
      const [url] = output.match(/http:\/\/127\.0\.0\.1:\d+/);
      const pid = Number(output.match(/pid (\d+)/)[1]);
      shell.kill("SIGTERM");
      if (ends) {
        // The output ends with the sandbox, which was the last process that could write to it.
        await once(shell.stdout, "close");
        await assert.rejects(fetch(url));
      } else {
        await once(shell, "exit");
        assert.equal((await fetch(`${url}/_sandbox/state`)).status, 200);
        process.kill(pid, "SIGTERM");
        await once(shell.stdout, "close");
      }
    }
  });

  test("says what is wrong", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sandbox-"));
    const misspelt = join(folder, "config.json");
    writeFileSync(misspelt, '{"controltoken":"a token"}');
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    try {
      for (const [args, wording] of [
        [[], /expected the command "sandbox"/],
        [["sandbox", "--prot", "1"], /there is no option --prot\.\n/],
        [["sandbx"], /expected the command "sandbox"\.\n/],
        [["sandbox", "--port", "x"], /--port must be a number/],
        [["sandbox", "--port", String(taken.address().port)], /is taken: choose another with --port/],
        [["sandbox", "--port", "0x50"], /--port must be a number/],
        [["sandbox", "--port", ""], /--port must be a number/],
        [
          ["sandbox", "--host", "nowhere.invalid"],
          /--host: nowhere\.invalid is not an address of this machine/,
        ],
        [["sandbox", "--host="], /--host must be an address/],
        [["sandbox", "--file", misspelt], /--file: .*config\.json is not a state file of the sandbox/],
        [["sandbox", "--file", "/nowhere/state"], /--file: cannot use \/nowhere\/state/],
        [["sandbox", "--config", "nowhere.json"], /--config: cannot read nowhere\.json/],
        [["sandbox", "--config", misspelt], /may have accounts and controlToken, and not controltoken/],
      ]) {
        const { output, ended } = run(...args);
        assert.deepEqual(await ended, [2, null]);
        assert.match(output.stderr, wording);
      }
      for (const help of ["--help", "-h"]) {
        const { output, ended } = run(help);
        assert.deepEqual(await ended, [0, null]);
        assert.match(output.stdout, /--port <number>/);
      }
      const { version } = JSON.parse(
        readFileSync(new URL("../../pkg/package.json", import.meta.url), "utf8"),
      );
      const { output, ended } = run("--version");
      assert.deepEqual([await ended, output.stdout], [[0, null], `${version}\n`]);
    } finally {
      taken.close();
      rmSync(folder, { recursive: true });
    }
  });
});
