// Tests the settings of the gateway on Node that name databases and addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../../scripts/lib/project.mjs";
import { settingsFrom } from "../../server/settings.js";

const DEVELOPMENT = { GATEWAY_MODE: "development" };
const CERTIFICATE = at("tests", "support", "loopback.pem");

// The driver's own variables.
for (const name of Object.keys(process.env)) if (name.startsWith("PG")) delete process.env[name];

/** What is wrong with these settings, as `NAME text`. */
const problems = (settings) =>
  settingsFrom(settings).problems.map(({ field, messages }) => {
    assert.match(messages.zh, /[一-鿿]/);
    return `${field} ${messages.en}`;
  });

test("what is neither a file nor one PostgreSQL database is refused, with what to write", () => {
  for (const [value, expected] of [
    ["host=planted port=5432 dbname=g password=planted", /keyword=value/],
    ["dbname = planted", /keyword=value/],
    ['"postgres://planted:planted@planted/g"', /without quotes/],
    ["'planted.db'", /without quotes/],
    [" postgres://planted:planted@planted/g", /white space/],
    ["postgres://planted:planted@planted/g\n", /white space/],
    ["postgresql+psycopg://planted:planted@planted/g", /starts with postgres:\/\//],
    ["sqlite:planted.db", /path of a file/],
    ["planted.example:5432/planted", /path of a file/],
    [":memory:", /path of a file/],
    ["postgres://planted:planted@one:5432,two:5432/g", /several hosts/],
    ["postgres://planted:planted@one,two/g", /several hosts/],
    ["postgres://planted@/g?host=one,two", /several hosts/],
    ["postgres://planted:1#planted@planted/g", /percent-encode/],
    ["postgres://planted:planted#planted@planted/g", /percent-encode/],
    ["postgres://planted:1/planted@planted/g", /percent-encode/],
    ["postgres://planted:planted/planted@planted/g", /percent-encode/],
    ["postgres://planted:1?planted@planted/g", /percent-encode/],
    ["postgres://planted:%E4planted@planted/g", /percent-encode/],
    ["postgres://planted/g?sslmode=planted", /sslmode; it can be/],
    ["postgres://planted/g?sslmode=verify-full&sslrootcert=planted.pem", /file in sslrootcert/],
  ]) {
    const [problem, ...others] = problems({ ...DEVELOPMENT, GATEWAY_DATABASE: value });
    assert.match(problem, /^GATEWAY_DATABASE /, value);
    assert.match(problem, expected);
    assert.ok(!problem.includes("planted") && others.length === 0, problem);
  }
  for (const value of [
    "/var/lib/gateway/gateway.db",
    "C:\\gateway.db",
    "./a:b.db",
    "postgres://gateway:a%23b%2Fc@db/gateway",
    "POSTGRESQL://gateway:a,b:c@db/gateway",
    "postgres://gateway@/gateway?host=/run/postgresql",
  ])
    assert.deepEqual(problems({ ...DEVELOPMENT, GATEWAY_DATABASE: value }), [], value);
});

test("in production, a database on another machine needs a verified certificate, or sslmode=disable", () => {
  const isRefused = (database, { GATEWAY_MODE, ...env } = {}) => {
    Object.assign(process.env, env);
    const found = problems({ GATEWAY_MODE, GATEWAY_DATABASE: database });
    for (const name of Object.keys(env)) delete process.env[name];
    assert.ok(found.every((text) => /^GATEWAY_DATABASE must end with \?sslmode=verify-full/.test(text)));
    return found.length > 0;
  };
  const remote = "postgres://gateway:planted@db.example/gateway";
  for (const [database, refused, env] of [
    [remote, true],
    [`${remote}?sslmode=no-verify`, true],
    [`${remote}?ssl=no-verify`, true],
    [`${remote}?uselibpqcompat=true&sslmode=require`, true],
    [`${remote}?uselibpqcompat=true&sslmode=verify-ca&sslrootcert=${CERTIFICATE}`, true],
    [`${remote}?sslmode=verify-full&sslmode=no-verify`, true],
    ["postgres://127.0.0.1/gateway?host=db.example", true],
    ["postgres:///gateway", true, { PGHOST: "db.example" }],
    [remote, true, { PGSSLMODE: "no-verify" }],
    [`${remote}?sslmode=verify-full`, false],
    [`${remote}?sslmode=require`, false],
    [`${remote}?uselibpqcompat=true&sslmode=verify-full`, false],
    [`${remote}?sslrootcert=${CERTIFICATE}`, false],
    [`${remote}?ssl=true`, false],
    [`${remote}?sslmode=disable`, false],
    [remote, false, { PGSSLMODE: "verify-full" }],
    [remote, false, { PGSSLMODE: "disable" }],
    [remote, false, { GATEWAY_MODE: "staging" }],
    ["postgres://127.0.0.1/gateway", false],
    ["postgres://[::1]:5433/gateway", false],
    ["postgres:///gateway", false],
    ["postgres://gateway@/gateway?host=/run/postgresql", false],
    ["postgres://%2Frun%2Fpostgresql/gateway", false],
  ])
    assert.equal(isRefused(database, env), refused, `${database} ${JSON.stringify(env)}`);
});

test("the metrics need another port than the gateway", () => {
  for (const [listen, metrics, refused] of [
    ["127.0.0.1:9464", "127.0.0.1:9464", true],
    ["localhost:9464", "127.0.0.1:9464", true],
    ["127.0.0.1:9464", "0.0.0.0:9464", true],
    ["[::1]:9464", "127.0.0.1:9464", false],
    ["127.0.0.1:9464", "127.0.0.1:9465", false],
    ["127.0.0.1:0", "127.0.0.1:0", false],
  ]) {
    const settings = { ...DEVELOPMENT, GATEWAY_LISTEN: listen, GATEWAY_METRICS_LISTEN: metrics };
    const expected = refused ? ["GATEWAY_METRICS_LISTEN must have another port than GATEWAY_LISTEN."] : [];
    assert.deepEqual(problems(settings), expected, `${listen} ${metrics}`);
  }
});
