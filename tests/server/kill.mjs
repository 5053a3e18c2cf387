// Puts the gateway under load, kills it repeatedly by SIGKILL and restarts it on the same database. Afterwards the
// responses to callers, the calls to Alibaba Cloud and the webhook deliveries must agree.
//
//   node tests/server/kill.mjs [kills] [seed] [clients]     defaults: 200 kills, a random seed, 16 clients

import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { command } from "../../scripts/lib/progress.mjs";
import { json, loopback } from "../support/fault-server.mjs";
import { startGateway } from "../support/gateway.mjs";
import { callerOf, sample, seeded } from "../support/samples.mjs";

const ROUTE = "/v1/face-verifications";
const CLIENTS = 16;
/** Clients that ask for the same order at the same time. */
const RACERS = 2;
/** A kill follows after at most this many events: calls to Alibaba Cloud, deliveries, responses. */
const EVENTS_MAX = 60;

/** One process on SQLite. */
async function oneProcess(settings) {
  const gateway = await startGateway(settings, { evicting: true, on: "node" });
  return {
    call: gateway.call,
    harm: () => gateway.evict(),
    restart: () => gateway.restart(),
    async stored() {
      const db = new DatabaseSync(join(gateway.state, "gateway.db"), { readOnly: true });
      const rows = db.prepare("SELECT key FROM rows").all();
      const alarms = db.prepare("SELECT at FROM alarms WHERE at IS NOT NULL").all();
      db.close();
      return { rows, alarms };
    },
    close: () => gateway.close(),
  };
}

/**
 * @param {object} options
 * @param {number} options.kills
 * @param {number} options.seed
 * @param {number} [options.clients]
 * @param {typeof oneProcess} [options.start] starts what is killed; `harm` ends a part of it, and resolves when it serves
 *   again
 * @returns counts; throws if anything was lost, changed or issued twice
 */
export async function killRun({ kills, seed, clients = CLIENTS, start = oneProcess }) {
  const dice = seeded(seed);
  const events = new EventEmitter();
  const vendor = new Vendor(dice, events);
  const receiver = new Receiver(dice, events);
  await Promise.all([vendor.listen(), receiver.listen()]);
  const gateway = await start({
    GATEWAY_MODE: "development",
    CLOUDAUTH_ENDPOINTS: vendor.url,
    CLOUDAUTH_CALLS_PER_SECOND: "1000",
    GATEWAY_CALLERS: JSON.stringify([callerOf("shop", "dev-token", { webhookUrl: receiver.url })]),
  });
  try {
    const orders = [];
    let killed = 0;
    const isOver = () => killed === kills;

    async function client(order) {
      while (!order.verdict) {
        await order.step(gateway, dice);
        events.emit("event");
      }
    }

    async function race() {
      while (!isOver()) {
        const order = new Order();
        orders.push(order);
        await Promise.all(Array.from({ length: RACERS }, () => client(order)));
      }
    }

    async function killer() {
      while (!isOver()) {
        for (let count = dice(EVENTS_MAX); count >= 0; count -= 1) await once(events, "event");
        await gateway.harm(dice, killed);
        killed += 1;
      }
    }

    await Promise.all([killer(), ...Array.from({ length: clients / RACERS }, race)]);

    for (const order of orders) await order.verify(gateway, vendor);
    // Calls in progress end first.
    await gateway.restart();
    const { rows, alarms } = await gateway.stored();
    const scheduled = new Set(
      rows.map(({ key }) => /^due\/\d+\/deliver\/(.+)$/.exec(key)?.[1]).filter(Boolean),
    );
    const waiting = orders.filter(({ no }) => !receiver.verdicts.has(no));
    for (const { no } of waiting) assert.ok(scheduled.has(no), `${no}: its webhook is lost`);
    if (scheduled.size > 0) assert.equal(alarms.length, 1, "no alarm is set for what is due");
    for (const { no, verdict } of orders) {
      const reported = receiver.verdicts.get(no) ?? new Set();
      for (const each of reported) assert.equal(each, verdict, `${no}: the webhook said otherwise`);
    }
    return {
      kills: killed,
      orders: orders.length,
      answers: orders.reduce((sum, { answers }) => sum + answers, 0),
      startsWithUnknownOutcome: orders.reduce((sum, { unknown }) => sum + unknown, 0),
      startedAtTheVendor: [...vendor.started.values()].flat().length,
      webhooksReceived: receiver.received,
      webhooksScheduled: waiting.length,
    };
  } finally {
    await gateway.close();
    await vendor.close();
    await receiver.close();
  }
}

/** One order of a caller, with everything that the gateway reported about it. */
class Order {
  #body = sample();
  #started = false;
  #lastCode;
  no = this.#body.outerOrderNo;
  certifyIds = new Set();
  verdict;
  answers = 0;
  unknown = 0;
  restarts = 0;

  async step(gateway, dice) {
    // Another client's answer may overtake this one's.
    const known = this.verdict;
    if (this.#started && dice(4) > 0)
      return this.#note(await gateway.call("GET", `${ROUTE}/${this.no}`), known);
    const again = this.#lastCode === "start-outcome-unknown";
    if (again) this.restarts += 1;
    const query = again ? "?restartUnknown=true" : "";
    return this.#note(await gateway.call("POST", ROUTE + query, { body: this.#body }), known);
  }

  #note({ status, json }, known) {
    this.answers += 1;
    this.#lastCode = json.code;
    if (json.code === "start-outcome-unknown") this.unknown += 1;
    assert.ok(json.code !== "internal-error", JSON.stringify(json));
    if (json.certifyId) {
      this.#started = true;
      this.certifyIds.add(json.certifyId);
      assert.equal(this.certifyIds.size, 1, `${this.no} has two CertifyIds`);
    }
    if (status !== 200 || json.status === undefined || json.status === "pending") {
      assert.ok(known === undefined || status !== 200 || json.status === undefined, "a verdict was lost");
      return;
    }
    assert.ok(this.verdict === undefined || this.verdict === json.status, `${this.no}: the verdict changed`);
    this.verdict = json.status;
  }

  /** Asserts that the gateway still reports the same, and that Alibaba Cloud did the same. */
  async verify(gateway, vendor) {
    const answer = await gateway.call("GET", `${ROUTE}/${this.no}?material=false`);
    assert.equal(answer.status, 200, `${this.no}: ${answer.text}`);
    assert.equal(answer.json.status, this.verdict, `${this.no}: the verdict is lost`);
    this.#note(answer, this.verdict);
    const [id] = this.certifyIds;
    const started = vendor.started.get(this.no);
    assert.ok(started.includes(id));
    assert.ok(started.length <= 1 + this.restarts, `${this.no} was started ${started.length} times`);
    assert.equal(this.verdict, vendor.verdicts.get(id) === "T" ? "passed" : "rejected");
  }
}

/** A loopback server; each subclass defines its responses. */
class Server {
  constructor(dice, events) {
    this.dice = dice;
    this.events = events;
  }

  #server;

  async listen() {
    this.#server = await loopback(async (request, response) => {
      const answer = this.answer(request);
      // Yields first, so that kills hit calls in progress.
      await new Promise((resolve) => setImmediate(resolve));
      json(answer.json, answer.status)(request, response);
    });
    this.url = this.#server.endpoint;
  }

  close() {
    return this.#server.close();
  }
}

/** Executes every request, and sometimes fails afterwards. */
class Vendor extends Server {
  started = new Map();
  verdicts = new Map();
  answer({ form }) {
    const done = (ResultObject) => ({ status: 200, json: { Code: "200", RequestId: "r", ResultObject } });
    this.events.emit("event");
    if (form.get("Action") === "InitFaceVerify") {
      const no = form.get("OuterOrderNo");
      const ids = this.started.get(no) ?? [];
      const CertifyId = `${no}-${ids.length}`;
      this.started.set(no, [...ids, CertifyId]);
      return this.dice(20) === 0
        ? { status: 503, json: { Code: "ServiceUnavailable" } }
        : done({ CertifyId });
    }
    const id = form.get("CertifyId");
    if (!this.verdicts.has(id) && this.dice(3) === 0) this.verdicts.set(id, this.dice(2) ? "T" : "F");
    const Passed = this.verdicts.get(id);
    return Passed
      ? done({ Passed, SubCode: Passed === "T" ? "200" : "205" })
      : { status: 200, json: { Code: "424" } };
  }
}

/** The caller's webhook. */
class Receiver extends Server {
  verdicts = new Map();
  received = 0;
  answer({ text }) {
    const { data } = JSON.parse(text);
    this.received += 1;
    this.events.emit("event");
    if (this.dice(20) === 0) return { status: 503, json: {} };
    const known = this.verdicts.get(data.outerOrderNo) ?? new Set();
    this.verdicts.set(data.outerOrderNo, known.add(data.status));
    return { status: 200, json: {} };
  }
}

await command(import.meta, async ([kills = "200", seed = String(randomInt(1, 2 ** 31)), clients]) => {
  console.log(`seed ${seed}`);
  console.log(
    await killRun({ kills: Number(kills), seed: Number(seed), clients: clients && Number(clients) }),
  );
});
