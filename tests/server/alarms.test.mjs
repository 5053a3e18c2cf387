// Alarms of a process whose database and work fail, by a clock of the test.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Alarms } from "../../server/alarms.js";

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/** A store in memory; `fails` states whether it cannot be read. */
class Store {
  at = new Map();
  fails = false;
  takeAlarms(now, busy) {
    if (this.fails) throw new Error("disk I/O error");
    const set = [...this.at].filter(([ledger]) => !busy.includes(ledger));
    return {
      due: set.filter(([, at]) => at <= now).map(([ledger, at]) => ({ ledger, at })),
      next: Math.min(...set.map(([, at]) => at).filter((at) => at > now)),
    };
  }
  clearAlarm(ledger, at) {
    if (this.at.get(ledger) === at) this.at.delete(ledger);
  }
}

let store, fired, failed, alarms;
/** What is printed on standard error. */
let log;
/** What the work of a ledger does. */
let work;

beforeEach((t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: NOW });
  log = mock.method(console, "error", () => {});
  t.after(() => {
    log.mock.restore();
    mock.timers.reset();
  });
  store = new Store();
  fired = [];
  failed = [];
  work = () => {};
  alarms = new Alarms(
    store,
    async (ledger) => {
      fired.push(ledger);
      work(ledger);
    },
    (...failure) => failed.push(failure),
  );
  alarms.arm();
});

const printed = () => log.mock.calls.map(({ arguments: [line] }) => line);

/** Advances the clock, and waits for what that starts. */
async function pass(millis) {
  mock.timers.tick(millis);
  await new Promise((resolve) => setImmediate(resolve));
}

test("an alarm that throws fires again after a minute, and others fire meanwhile", async () => {
  store.at.set("one", NOW).set("two", NOW);
  work = (ledger) => {
    if (ledger === "one") throw Object.assign(new Error("of the test"), { code: "57P03" });
  };
  await pass(0);
  assert.deepEqual(fired, ["one", "two"]);
  assert.deepEqual(printed(), ['{"alarm":"failed","ledger":"one","error":"Error","code":"57P03"}']);
  assert.deepEqual(failed, [["alarm", "one"]]);
  store.at.set("three", NOW + 1_000);
  alarms.arm(NOW + 1_000);
  await pass(1_000);
  assert.deepEqual(fired, ["one", "two", "three"]);
  work = () => {};
  await pass(MINUTE);
  await pass(0);
  assert.deepEqual(fired, ["one", "two", "three", "one"]);
  assert.equal(store.at.size, 0);
});

test("a store that cannot be read is read again after a minute", async () => {
  store.at.set("one", NOW);
  store.fails = true;
  await pass(0);
  assert.deepEqual(printed(), ['{"alarm":"failed","error":"Error"}']);
  assert.deepEqual(failed, [["alarm", undefined]]);
  store.fails = false;
  await pass(MINUTE);
  assert.deepEqual(fired, ["one"]);
});

test("an alarm fires in time after the clock jumped ahead", async () => {
  store.at.set("soon", NOW + 2 * MINUTE).set("ahead", NOW + 60 * MINUTE);
  await pass(0);
  mock.timers.setTime(NOW + 90 * MINUTE);
  await pass(MINUTE);
  assert.deepEqual(fired.sort(), ["ahead", "soon"]);
});
