// The gateway accepts the callers in docs/gateway.md unchanged, and the RAM policy in the guides is that of the
// file.

import assert from "node:assert/strict";
import { test } from "node:test";
import { operator } from "../support/gateway.mjs";
import { blocksOf, read } from "./markdown.mjs";

const check = (callers) =>
  operator(["check"], {
    GATEWAY_MODE: "production",
    GATEWAY_SECRET: "0123456789abcdef0123456789abcdef",
    GATEWAY_CALLERS: callers,
    CLOUDAUTH_ENDPOINTS: "cloudauth.aliyuncs.com",
    CLOUDAUTH_ACCESS_KEY_ID: "some-id",
    CLOUDAUTH_ACCESS_KEY_SECRET: "some-secret",
    CLOUDAUTH_SCENE_ID: "1000000006",
  });

test("the callers", async () => {
  const shown = blocksOf(read("docs/gateway.md")).filter(({ language }) => language === "json");
  assert.ok(shown.length > 0);
  for (const { text } of shown) assert.match(await check(text), /complete/);
  const refused = await check('[{"id":"payments","tokenSha256":["no hash"]}]');
  assert.match(refused, /GATEWAY_CALLERS/);
  assert.doesNotMatch(refused, /complete/);
});

test("both guides list every setting", () => {
  const [, names] = read("src/gateway/settings/reader.rs").match(
    /pub const NAMES: &\[&str\] = &\[([^\]]+)\]/,
  );
  const all = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => name);
  assert.ok(all.length > 15);
  for (const page of ["docs/gateway.md", "docs/guide/gateway.zh-CN.md"]) {
    const rows = read(page)
      .match(/^\| `(GATEWAY|CLOUDAUTH)_.*$/gm)
      .join("\n");
    for (const name of all) assert.ok(rows.includes(`\`${name}\``), `${page}: ${name}`);
  }
});

test("the RAM policy", () => {
  const policy = JSON.parse(read("server/deploy/ram-policy.json"));
  for (const page of ["docs/guide/alibaba-cloud.md", "docs/guide/alibaba-cloud.zh-CN.md"]) {
    const shown = blocksOf(read(page)).filter(({ language }) => language === "json");
    assert.deepEqual(
      shown.map(({ text }) => JSON.parse(text)),
      [policy],
    );
  }
});
