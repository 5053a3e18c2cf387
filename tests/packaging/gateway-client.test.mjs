// The gateway's client in each runtime, against a server that loses the first response of each start.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { open } from "./lib/browser.mjs";
import { consumer } from "./lib/consumer.mjs";
import { printed } from "./lib/expected.mjs";
import { bun, deno, node } from "./lib/runtimes.mjs";
import { ask } from "./lib/servers.mjs";
import { faultServer, json } from "../support/fault-server.mjs";
import { address } from "../support/programs.mjs";

const project = await consumer("gateway");
const messages = { zh: "令牌无效", en: "No such token" };
const certifyId = "91707dc296d469ad38e4c5efa6a0f24b";
const requestId = "0123456789abcdef0123456789abcdef";
const problem = { code: "unauthenticated", messages, audience: "developer", retryable: false };

const bodies = new Map();
const pages = {
  "/": [
    "text/html",
    '<!doctype html><link rel="icon" href="data:,"><output></output><script src="page.js"></script>',
  ],
};
const server = createServer(async (request, response) => {
  const path = request.url.split("?")[0];
  if (path in pages) {
    const [type, page] = pages[path];
    return response.writeHead(200, { "content-type": type }).end(page);
  }
  let body = "";
  for await (const chunk of request) body += chunk;
  const answer = (status, value) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (request.headers.authorization !== "Bearer the-token")
    return answer(401, { ...problem, execution: "none", requestId });
  const outerOrderNo = request.method === "POST" ? JSON.parse(body).outerOrderNo : path.split("/").at(-1);
  const known = { outerOrderNo, certifyId, requestId };
  if (request.method !== "POST")
    return answer(200, { ...known, status: request.headers.prefer ? "passed" : "pending" });
  if (bodies.has(outerOrderNo)) return answer(bodies.get(outerOrderNo) === body ? 200 : 409, known);
  bodies.set(outerOrderNo, body);
  return request.socket.destroy();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => {
  server.close();
  server.closeAllConnections();
});
const url = `http://127.0.0.1:${server.address().port}`;

let orders = 0;
const order = () => `e0c34a77f5ac40a5aa5e6ed20c${String((orders += 1)).padStart(6, "0")}`;
const expected = { certifyId, status: "passed", refused: ["credentials", "unauthenticated", 401] };

for (const [name, program, args = []] of [
  ["Node 20", () => node(20)],
  ["Node 22", () => node(22)],
  ["Node 24", () => node(24)],
  ["Node 26", () => node(26)],
  ["Bun", bun],
  // No permission but for the gateway.
  ["Deno", deno, ["run", "--quiet", "--no-prompt", "--cached-only", `--allow-net=${new URL(url).host}`]],
]) {
  for (const file of ["main.js", "required.cjs"]) {
    test(`${name}, ${file}`, async () => {
      const env = { DENO_DIR: join(project.folder, ".deno") };
      const output = await project.must(program(), [...args, file, url, order()], env);
      assert.deepEqual(printed(output), [expected]);
    });
  }
}

// Bun and Deno repeat requests by themselves. With the decision to start an order again, it would be started twice.
for (const [name, program, args] of [
  ["Bun", bun, []],
  ["Deno", deno, ["run", "--quiet", "--no-prompt", "--cached-only", "--allow-net=127.0.0.1"]],
]) {
  test(`${name} sends restartUnknown once`, async () => {
    await using gateway = await faultServer(json({ items: [] }), ({ socket }) => socket.destroy());
    const env = { DENO_DIR: join(project.folder, ".deno") };
    const run = [...args, "lost-restart.js", gateway.endpoint, order()];
    assert.deepEqual(printed(await project.must(program(), run, env)), [{ execution: "unknown" }]);
    const received = gateway.requests.map(({ method, url }) => `${method} ${url.split("?")[1] ?? ""}`);
    assert.deepEqual(received, ["GET ", "POST restartUnknown=true"]);
  });
}

test("workerd", async () => {
  const settings = ["--ip=127.0.0.1", "--port=0", "--inspector-port=0", `--var=GATEWAY:${url}`];
  const worker = project.start("wrangler", ["dev", "--show-interactive-dev-session=false", ...settings]);
  const at = await address(worker, /Ready on (http:\S+)/);
  assert.deepEqual(await ask(at, `/${order()}`), expected);
});

test("a browser, on a page of the gateway's origin", async () => {
  await project.must("esbuild", ["page.js", "--bundle", "--minify", "--outfile=bundle/page.js"]);
  const script = readFileSync(join(project.folder, "bundle", "page.js"));
  assert.ok(script.length < 30_000, `${script.length} bytes: it has more than a client for fetch`);
  pages["/page.js"] = ["text/javascript", script];
  const { result, modules } = await open(`${url}/?${order()}`, `${url}/v1/`);
  assert.deepEqual([result, modules], [expected, []]);
});
