// The files in server/deploy/ name settings, metrics, outcomes and paths that exist, and keep the promises of the guide. The
// suite `format` parses the YAML.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LEDGER_FAILURES } from "../../host/log.js";
import { OWN_NAMES } from "../../server/settings.js";
import { tracked } from "../../scripts/lib/tracked.mjs";
import { read } from "./markdown.mjs";

const FOLDER = "server/deploy/";
const files = Object.fromEntries(
  tracked(FOLDER).map((file) => [file.slice(FOLDER.length), read(file).replaceAll(/^\s*#.*$/gm, "")]),
);
const rust = [...tracked("src/gateway/*.rs"), ...tracked("src/rpc_server/*.rs")]
  .map((file) => read(file))
  .join("\n");

test("every setting in the files is a setting of the gateway", () => {
  for (const [name, text] of Object.entries(files)) {
    for (const [setting] of text.matchAll(/\b(?:GATEWAY|CLOUDAUTH)_[A-Z_]+\b/g)) {
      assert.ok(OWN_NAMES.includes(setting) || rust.includes(`"${setting}"`), `${name}: ${setting}`);
    }
  }
});

test("the image runs without root, and every file writes to its volume alone", () => {
  const image = files.Containerfile.split(/^FROM /m).at(-1);
  const [user, entry] = ["USER node", "ENTRYPOINT"].map((word) => image.indexOf(word));
  assert.ok(user > 0 && user < entry && !image.slice(user).includes("USER root"));
  assert.match(image, /GATEWAY_DATABASE=\/data\//);
  assert.match(image, /^VOLUME \/data$/m);
  for (const name of ["kubernetes.yaml", "postgres-kubernetes.yaml"]) {
    for (const rule of [
      "runAsNonRoot: true",
      "readOnlyRootFilesystem: true",
      "allowPrivilegeEscalation: false",
      "drop: [ALL]",
      "enableServiceLinks: false",
    ])
      assert.ok(files[name].includes(rule), `${name}: ${rule}`);
  }
  assert.match(files["postgres-compose.yaml"], /read_only: true/);
  for (const rule of ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"])
    assert.ok(files["cloudauth-edge-gateway.service"].includes(rule), rule);
});

test("no file lets a core be dumped or a debugger be opened", () => {
  const unit = files["cloudauth-edge-gateway.service"];
  assert.match(unit, /^LimitCORE=1$/m);
  assert.match(files["postgres-compose.yaml"], /ulimits: \{ core: 1 \}/);
  assert.match(read(`${FOLDER}Containerfile`), /--ulimit core=1 /);
  assert.match(unit, /^ExecStart=\S+ --disable-sigusr1 \S+$/m);
  assert.match(files.Containerfile, /^ENTRYPOINT \["node", "--disable-sigusr1", /m);
  for (const name of ["kubernetes.yaml", "postgres-kubernetes.yaml", "postgres-compose.yaml"])
    assert.doesNotMatch(files[name], /^ +(command|entrypoint):.*node/m, name);
});

test("a file of settings does not replace the addresses and paths of a container", () => {
  // docker and kubectl pass the file's values to the container, where they replace the image's own.
  assert.doesNotMatch(files["gateway.env.example"], /^GATEWAY_(LISTEN|METRICS_LISTEN|DATABASE)=/m);
  for (const name of ["kubernetes.yaml", "postgres-kubernetes.yaml"])
    assert.match(files[name], /name: GATEWAY_LISTEN, value: "0\.0\.0\.0:8787"/, name);
  assert.doesNotMatch(files["gateway.env.example"], /=["']/, "docker and kubectl keep quotes");
});

test("every supervisor waits longer than the gateway takes to shut down", () => {
  const [, unset] = read("server/settings.js").match(/GATEWAY_SHUTDOWN_SECONDS: \{\s+otherwise: "(\d+)"/);
  const stop = Number(files["cloudauth-edge-gateway.service"].match(/^TimeoutStopSec=(\d+)$/m)[1]);
  assert.ok(stop > Number(unset));
  assert.ok(
    Number(files["postgres-compose.yaml"].match(/^ +stop_grace_period: (\d+)s$/m)[1]) > Number(unset),
  );
  // The command is in a comment.
  assert.ok(
    Number(read(`${FOLDER}Containerfile`).match(/docker run [^]*? --stop-timeout (\d+) /)[1]) > Number(unset),
  );
  for (const name of ["kubernetes.yaml", "postgres-kubernetes.yaml"]) {
    const number = (pattern) => Number(files[name].match(pattern)[1]);
    const shutdown = number(/GATEWAY_SHUTDOWN_SECONDS, value: "(\d+)"/);
    const before = number(/sleep: \{ seconds: (\d+) \}/);
    assert.ok(number(/terminationGracePeriodSeconds: (\d+)/) > shutdown + before, name);
  }
});

test("probes ask for existing routes", () => {
  for (const [name, text] of Object.entries(files)) {
    for (const [, path] of text.matchAll(/(?:path: |127\.0\.0\.1:8787)\/(\w+)/g))
      assert.ok(rust.includes(`"/${path}"`) || rust.includes(`"${path}"`), `${name}: /${path}`);
  }
});

test("alerts use existing metrics and outcomes", () => {
  const metrics = read("server/metrics.js");
  const used = [...files["alerts.yaml"].matchAll(/\bcloudauth_gateway_\w+/g)].map(([name]) => name);
  assert.ok(used.length > 5);
  for (const name of used) assert.ok(metrics.includes(`"${name.replace(/_(bucket|count)$/, "")}"`), name);
  for (const [, outcomes] of files["alerts.yaml"].matchAll(/outcome=~?"([^"]+)"/g)) {
    for (const outcome of outcomes.split("|")) assert.ok(rust.includes(`"${outcome}"`), outcome);
  }
  for (const [, routes] of files["alerts.yaml"].matchAll(/route=~?"([^"]+)"/g)) {
    for (const route of routes.split("|")) assert.ok(rust.includes(`"${route}"`), route);
  }
  for (const [, what] of files["alerts.yaml"].matchAll(/what="([^"]+)"/g))
    assert.ok(LEDGER_FAILURES.includes(what), what);
});

test("both guides say what to do about each alert", () => {
  const alerts = [...files["alerts.yaml"].matchAll(/^ +- alert: (\w+)$/gm)].map(([, name]) => name);
  assert.ok(alerts.length > 9);
  for (const guide of ["docs/guide/server.md", "docs/guide/server.zh-CN.md"]) {
    const rows = [...read(guide).matchAll(/^\| (Gateway\w+) \|/gm)].map(([, name]) => name);
    assert.deepEqual(rows, alerts, guide);
  }
});

test("each alert has its texts in English and Chinese", () => {
  const [, ...alerts] = files["alerts.yaml"].split(/^ +- alert: /m);
  for (const alert of alerts) {
    const texts = [...alert.matchAll(/^ {10}(\w+): (.+)$/gm)];
    const name = alert.split("\n")[0];
    assert.deepEqual(
      texts.map(([, key]) => key),
      ["summary", "summary_zh", "action", "action_zh"],
      name,
    );
    for (const [, key, text] of texts) assert.equal(/\p{Script=Han}/u.test(text), key.endsWith("_zh"), name);
  }
});

test("nginx logs no URL, waits for a verdict and repeats no start", () => {
  const conf = files["nginx.conf"];
  const [, format] = conf.match(/^log_format \w+ '(.*)';$/m);
  assert.doesNotMatch(format, /\$(request|uri|args|query_string|http_referer)\b|\$request_uri/);
  assert.match(conf, /proxy_next_upstream off;/);
  assert.ok(Number(conf.match(/proxy_read_timeout (\d+)s;/)[1]) > 60);
  assert.ok(Number(conf.match(/client_max_body_size (\d+)m;/)[1]) > 2);
});

/** The servers of nginx.conf, with the one that is commented out. */
function nginxServers() {
  const conf = read(`${FOLDER}nginx.conf`).replaceAll(/^# ?/gm, "");
  const [before, ...servers] = conf.split(/^server \{$/m);
  assert.equal(servers.length, 2);
  return { before, servers };
}

test("nginx has no error log of requests, also in the server that is commented out", () => {
  for (const server of nginxServers().servers) {
    const logs = [...server.matchAll(/^ +error_log (.*);$/gm)].map(([, log]) => log);
    assert.deepEqual(logs, ["/var/log/nginx/gateway-error.log emerg"]);
  }
});

test("nginx writes no body to its disk, also in the server that is commented out", () => {
  const [, max] = files["nginx.conf"].match(/client_max_body_size (\d+)m;/);
  for (const server of nginxServers().servers) {
    const [, buffer] = server.match(/^ +client_body_buffer_size (\d+)m;$/m);
    assert.ok(Number(buffer) >= Number(max));
    assert.match(server, /^ +proxy_max_temp_file_size 0;$/m);
  }
});

test("nginx limits callbacks separately, also in the server that is commented out", () => {
  const { before, servers } = nginxServers();
  for (const server of servers) {
    assert.match(server, /^ +limit_req_status 429;$/m);
    assert.match(server, /location \/v1\/callbacks\/ \{\n +limit_req zone=callbacks /);
  }
  const [, perSecond] = before.match(/zone=callbacks:\w+ rate=(\d+)r\/s;/);
  assert.ok(Number(perSecond) > 40);
});
