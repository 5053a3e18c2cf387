// docs/analytics.md describes the columns that the Worker writes, and its queries use these columns and words of the
// gateway.

import assert from "node:assert/strict";
import { test } from "node:test";
import { COLUMNS, callPoint, failurePoint, requestPoint } from "../../worker/metrics.js";
import { tracked } from "../../scripts/lib/tracked.mjs";
import { blocksOf, read } from "./markdown.mjs";

const page = read("docs/analytics.md");
const queries = blocksOf(page).filter(({ language }) => language === "sql");

test("the page lists each column of Analytics Engine with its name, and no other", () => {
  const written = Object.entries(COLUMNS).flatMap(([kind, names]) =>
    names.map((name, at) => [`${kind}${at + 1}`, name]),
  );
  const listed = [...page.matchAll(/^\| `((?:index|blob|double)\d)` \| ([^|]+) \|/gm)];
  assert.deepEqual(
    listed.map(([, column, name]) => [column, name.trim()]),
    written,
  );
});

test("a request, a call and a failure fill every column", () => {
  const request = requestPoint({
    requestId: "r",
    caller: "payments",
    route: "face-verification",
    method: "GET",
    status: 200,
    outcome: "passed",
    durationMs: 12,
    upstreamCalls: 2,
    upstreamMs: 9,
  });
  assert.deepEqual(request, {
    indexes: ["payments"],
    blobs: ["request", "face-verification", "passed"],
    doubles: [200, 12, 2, 9],
  });
  for (const [result, status] of [
    ["503", 503],
    ["timed-out", 0],
  ]) {
    const call = callPoint({ action: "Webhook", result, millis: 7 });
    assert.deepEqual(call, {
      indexes: ["none"],
      blobs: ["call", "Webhook", result],
      doubles: [status, 7, 0, 0],
    });
  }
  assert.deepEqual(failurePoint("webhook", "payments"), {
    indexes: ["payments"],
    blobs: ["failure", "webhook", "failed"],
    doubles: [0, 0, 0, 0],
  });
});

test("the queries use existing columns and words", () => {
  assert.ok(queries.length > 5);
  const columns = Object.entries(COLUMNS).flatMap(([kind, names]) =>
    names.map((_, at) => `${kind}${at + 1}`),
  );
  const code = tracked("src/gateway", "host", "worker")
    .filter((file) => /\.(rs|js)$/.test(file))
    .map(read)
    .join("\n");
  for (const { text, line } of queries) {
    assert.match(text, /^FROM cloudauth_edge$/m, `line ${line}`);
    for (const [column] of text.matchAll(/\b(?:index|blob|double)\d+\b/g)) {
      assert.ok(columns.includes(column), `line ${line}: ${column}`);
    }
    for (const [, word] of text.replaceAll(/INTERVAL '\d+'|'200'/g, "").matchAll(/'([^']+)'/g)) {
      assert.ok(code.includes(`"${word}"`), `line ${line}: ${word}`);
    }
  }
  assert.match(read("wrangler.toml"), /dataset = "cloudauth_edge"/);
});
