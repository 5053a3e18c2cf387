// Runs every command in the documentation against what `npm start` serves. The printed ports, order
// number and CertifyId are replaced by those of this run, and ORDER_NO keeps its value between blocks;
// not-run.json lists the commands that cannot run here.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { start, stopAll } from "../../scripts/lib/process.mjs";
import { projectEnv, root } from "../../scripts/lib/project.mjs";
import { address } from "../support/programs.mjs";
import { freePort } from "../support/programs.mjs";
import { blocksOf, files, originalOf, read } from "./markdown.mjs";

const COMMAND_LIMIT_MS = 2 * 60_000;
const SAMPLE_ORDER = "e0c34a77f5ac40a5aa5e6ed20c353888";

/** Commands that are not run, with the reasons. */
const notRun = JSON.parse(read("tests/docs/not-run.json"));
/** Commands that serve until they are stopped, and what they print when they are ready. */
const serving = {
  "npm start": /^Sandbox\s+(http\S+)/m,
  "npx cloudauth-edge sandbox --port 8788": /(http:\/\/127\.0\.0\.1:\d+)/,
};

const ports = { gateway: String(await freePort()), sandbox: String(await freePort()) };
const sandboxUrl = `http://127.0.0.1:${ports.sandbox}`;
const temporary = mkdtempSync(join(tmpdir(), "cloudauth-edge-docs-"));
// Makes curl fail if a request is refused.
writeFileSync(join(temporary, ".curlrc"), "fail-with-body\nsilent\nshow-error\n");
const env = {
  ...projectEnv(),
  PORT: ports.gateway,
  SANDBOX_PORT: ports.sandbox,
  CURL_HOME: temporary,
  NO_PROXY: "127.0.0.1",
  // The tests look for English output.
  LC_ALL: "en_GB.UTF-8",
};

/** Starts a command that serves, and waits until it prints its URL. */
function serve(command) {
  const here = command
    .replace("--port 8788", "--port 0")
    // A developer's .dev.vars can name the real service, which tests must not call.
    .replace("npm start", "npm start -- --sandbox");
  const child = start("sh", ["-c", here], { env, cwd: root });
  return address(child, serving[command]);
}

before(() => serve("npm start"));
after(async () => {
  await stopAll();
  rmSync(temporary, { recursive: true, force: true });
});

/** The commands of a block, each with its continuation lines, without comments. */
export function commandsOf(text) {
  return text
    .replaceAll(/\\\n\s*/g, "\\\n")
    .split(/(?<!\\)\n/)
    .map((command) => command.replace(/\s+# .*$/, "").trim())
    .filter((command) => command && !command.startsWith("#"));
}

/** The CertifyId of the newest verification that waits for a phone; starts one if there is none. */
async function waitingCertifyId() {
  const response = await fetch(`${sandboxUrl}/_sandbox/verifications`);
  const { verifications } = await response.json();
  const waiting = verifications.find(({ stage }) => stage === "created" || stage === "opened");
  if (waiting) return waiting.certifyId;
  const started = await fetch(`http://127.0.0.1:${ports.gateway}/v1/face-verifications`, {
    method: "POST",
    headers: { authorization: "Bearer dev-token", "content-type": "application/json" },
    body: JSON.stringify({ outerOrderNo: freshOrderNo(), metaInfo: '{"zimVer":"3.0.0"}' }),
  });
  return (await started.json()).certifyId;
}

const freshOrderNo = () => randomUUID().replaceAll("-", "");

/** The command with the URLs and numbers of this run. */
async function asRunHere(command, order) {
  const placed = command
    .replaceAll("127.0.0.1:8787", `127.0.0.1:${ports.gateway}`)
    .replaceAll("127.0.0.1:8788", `127.0.0.1:${ports.sandbox}`)
    .replaceAll(SAMPLE_ORDER, order)
    .replace(/^npx wrangler deploy\b/, "npx wrangler deploy --dry-run");
  return /CERTIFY_ID|<CertifyId>/.test(placed)
    ? placed.replaceAll(/CERTIFY_ID|<CertifyId>/g, await waitingCertifyId())
    : placed;
}

const used = new Set();

for (const file of files.filter((name) => !originalOf(name))) {
  const text = read(file);
  const blocks = blocksOf(text);
  if (!blocks.some((block) => block.language === "sh")) continue;

  test(file, async () => {
    const order = freshOrderNo();
    const kept = join(temporary, "order-no");
    rmSync(kept, { force: true });
    await fetch(`${sandboxUrl}/_sandbox/reset`, { method: "POST" });
    for (const [index, block] of blocks.entries()) {
      if (block.language !== "sh") continue;
      const script = [];
      for (const command of commandsOf(block.text)) {
        if (command in notRun) used.add(command);
        else if (command in serving) await serveOnce(command);
        else script.push(await asRunHere(command, order));
      }
      if (script.length === 0) continue;
      const lines = [...script, `printf %s "$ORDER_NO" > "${kept}"`];
      const { stdout } = await promisify(execFile)("sh", ["-e", "-c", lines.join("\n")], {
        env: { ...env, ORDER_NO: existsSync(kept) ? readFileSync(kept, "utf8") : "" },
        cwd: root,
        timeout: COMMAND_LIMIT_MS,
      }).catch((error) =>
        assert.fail(`${file}:${block.line}\n${script.join("\n")}\n${error.stdout}${error.stderr}`),
      );
      const shown = blocks[index + 1];
      if (shown?.language === "text" && text.slice(block.end, shown.start).trim() === "") {
        assert.equal(stdout.trim(), shown.text.trim(), `${file}:${shown.line}`);
      }
    }
  });
}

const served = new Set(["npm start"]);
async function serveOnce(command) {
  if (!served.has(command)) await serve(command);
  served.add(command);
}

test("not-run.json lists only existing blocks", () => {
  assert.deepEqual(
    Object.keys(notRun).filter((command) => !used.has(command)),
    [],
  );
});
