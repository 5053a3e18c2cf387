// The diagnostics channel, and the guide's recipe for OpenTelemetry.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { memoryOrders } from "cloudauth-edge/orders";
import { createSandbox } from "cloudauth-edge/sandbox";
import { clientOf, failure, orderOf } from "../support/orders/cases.mjs";

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

/** What the channel publishes meanwhile. */
async function published(run) {
  const reports = [];
  const listener = (report) => reports.push(report);
  subscribe("cloudauth-edge:call", listener);
  try {
    await run();
  } finally {
    unsubscribe("cloudauth-edge:call", listener);
  }
  return reports;
}

test("the channel publishes each call with its attempts, and no personal data", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const client = clientOf(server.url);
  const order = orderOf();
  const seen = [];
  const reports = await published(async () => {
    const { certifyId } = await client.initFaceVerify(order);
    await sandbox.injectFault({ kind: "html", action: "DescribeFaceVerify" });
    const noting = clientOf(server.url, undefined, { onAttempt: (report) => seen.push(report) });
    await noting.describeFaceVerify({ sceneId: order.sceneId, certifyId });
    await failure(client.initFaceVerify({ ...order, certNo: "110105194912310021" }));
  });
  const shown = reports.map(({ action, attempts, kind, code }) => [action, attempts.length, kind, code]);
  assert.deepEqual(shown, [
    ["InitFaceVerify", 1, null, "200"],
    ["DescribeFaceVerify", 2, null, "424"],
    ["InitFaceVerify", 0, "validation", "InvalidRequest"],
  ]);
  assert.deepEqual(reports[1].attempts, seen);
  assert.ok(reports[1].requestId);
  for (const { beganAt, durationMs, attempts } of reports) {
    for (const attempt of attempts) assert.ok(attempt.beganAt >= beganAt && durationMs >= 0);
  }
  const text = JSON.stringify(reports);
  for (const personal of [order.certName, order.certNo, "110105194912310021", order.userId, "zimVer"])
    assert.ok(!text.includes(personal), personal);
  await client.initFaceVerify(orderOf());
  assert.equal(reports.length, 3);
});

test("with orders, the channel publishes what the caller receives, once", async () => {
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const broken = async () => {
    throw new Error("planted");
  };
  const store = memoryOrders();
  const order = orderOf();
  const calls = [
    [store, order],
    [store, order],
    [store, { ...order, userId: "another" }],
    [store, { ...orderOf(), certNo: "110105194912310021" }],
    [{ ...memoryOrders(), begin: broken }, orderOf()],
    [{ ...memoryOrders(), settle: broken }, orderOf()],
  ];
  const reports = await published(async () => {
    for (const [orders, parameters] of calls)
      await clientOf(server.url, orders)
        .initFaceVerify(parameters)
        .catch(() => {});
  });
  const shown = reports.map(({ attempts, kind, code }) => [attempts.length, kind, code]);
  assert.deepEqual(shown, [
    [1, null, "200"],
    [0, null, "200"],
    [0, "order", "OrderConflict"],
    [0, "validation", "InvalidRequest"],
    [0, "order", "OrderStoreFailed"],
    [1, "order", "OrderNotStored"],
  ]);
  assert.ok(reports.at(-1).requestId);
  assert.ok(!JSON.stringify(reports).includes("planted"));
});

test("a subscriber that throws loses no CertifyId", () => {
  // Node reports its exception as an uncaught one, which would end the tests here.
  const program = `
    import { subscribe } from "node:diagnostics_channel";
    import { FaceVerifyClient } from "cloudauth-edge";
    import { createSandbox } from "cloudauth-edge/sandbox";
    subscribe("cloudauth-edge:call", () => { throw new Error("a bug of the subscriber"); });
    process.on("uncaughtException", ({ message }) => console.log(message));
    const keys = { accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret" };
    const client = new FaceVerifyClient({ ...keys, endpoint: "http://127.0.0.1", fetch: createSandbox().fetch });
    console.log((await client.initFaceVerify(${JSON.stringify(orderOf())})).certifyId);`;
  const args = ["--input-type=module", "--eval", program];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const written = execFileSync(process.execPath, args, { cwd, encoding: "utf8" });
  assert.match(written, /^[0-9a-f]{32}$/m);
  assert.match(written, /^a bug of the subscriber$/m);
});

test("only the entry of Node looks for the channel", () => {
  for (const file of ["entry/workerd.js", "entry/edge-light.js", "client.js", "index.js"]) {
    const text = readFileSync(new URL(`../../pkg/dist/${file}`, import.meta.url), "utf8");
    assert.ok(!/channel-node|diagnostics_channel/.test(text), file);
  }
  const bundle = readFileSync(new URL("../../pkg/dist/bundle/client.js", import.meta.url), "utf8");
  assert.ok(!/(from|import|require\()\s*"node:diagnostics_channel"/.test(bundle));
});

test("the recipe for OpenTelemetry gives a span of each call and attempt", async () => {
  provider.register();
  await import("../support/spans.mjs");
  await using sandbox = createSandbox();
  await using server = await sandbox.listen();
  const client = clientOf(server.url, undefined, { maxAttempts: 2 });
  const order = orderOf();
  await trace.getTracer("program").startActiveSpan("route", async (route) => {
    const { certifyId } = await client.initFaceVerify(order);
    await sandbox.injectFault({ kind: "html", action: "DescribeFaceVerify" });
    await client.describeFaceVerify({ sceneId: order.sceneId, certifyId });
    await failure(client.describeFaceVerify({ sceneId: order.sceneId, certifyId: "0".repeat(32) }));
    route.end();
  });
  const spans = exporter.getFinishedSpans();
  const nameOf = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const tree = spans.map(({ name, parentSpanContext, attributes }) => [
    name,
    nameOf.get(parentSpanContext?.spanId),
    attributes["cloudauth.code"],
    attributes["error.type"],
  ]);
  assert.deepEqual(tree, [
    ["InitFaceVerify attempt", "InitFaceVerify", "200", undefined],
    ["InitFaceVerify", "route", "200", undefined],
    ["DescribeFaceVerify attempt", "DescribeFaceVerify", "BodyNotJson", "protocol"],
    ["DescribeFaceVerify attempt", "DescribeFaceVerify", "424", undefined],
    ["DescribeFaceVerify", "route", "424", undefined],
    ["DescribeFaceVerify attempt", "DescribeFaceVerify", "406", "vendor"],
    ["DescribeFaceVerify", "route", "406", "vendor"],
    ["route", undefined, undefined, undefined],
  ]);
  const text = JSON.stringify(spans.map(({ name, attributes, events }) => [name, attributes, events]));
  for (const personal of [order.certName, order.certNo, order.userId]) assert.ok(!text.includes(personal));
});
after(() => provider.shutdown());
