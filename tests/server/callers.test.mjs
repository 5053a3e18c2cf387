// The commands that edit GATEWAY_CALLERS, and what they print, write and refuse.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { parseEnv } from "node:util";
import { bareEnv, gatewayProgram } from "../support/programs.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const SETTINGS = 78;
const USAGE = 64;

let folder;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "cloudauth-edge-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function caller(args, settings = { GATEWAY_SECRET: SECRET }) {
  const env = { ...bareEnv(), ...settings };
  const program = [gatewayProgram, "caller", ...args];
  const { status: code, stdout, stderr } = spawnSync("node", program, { env, cwd: folder, encoding: "utf8" });
  return { code, stdout, stderr, output: stdout + stderr };
}

/** The value of GATEWAY_CALLERS that was printed. */
const list = ({ output }) => JSON.parse(output.match(/^\[.*\]$/m)[0]);
const withCallers = (callers) => ({ GATEWAY_SECRET: SECRET, GATEWAY_CALLERS: JSON.stringify(callers) });

test("add creates a caller with its settings, and refuses an id that exists", () => {
  const options = [
    "--scopes",
    "create, read,read:material",
    "--webhook",
    "https://shop.example/hook?key=planted",
  ];
  const added = caller(["add", "shop", ...options, "--max-per-day", "100", "--max-per-user-per-day", "5"]);
  assert.equal(added.code, 0, added.output);
  const [shop] = list(added);
  assert.deepEqual(shop.scopes, ["create", "read", "read:material"]);
  assert.deepEqual(
    [shop.webhookUrl, shop.maxStartsPerDay, shop.maxStartsPerUserPerDay],
    ["https://shop.example/hook?key=planted", 100, 5],
  );
  const again = caller(["add", "shop"], withCallers([shop]));
  assert.equal(again.code, SETTINGS);
  assert.match(again.output, /already has a caller shop/);

  const shown = caller(["list"], withCallers([shop]));
  assert.match(shown.output, /^shop {3}scopes create,read,read:material$/m);
  assert.match(shown.output, /webhook https:\/\/shop\.example$/m);
  assert.match(shown.output, /at most 100 starts a day$/m);
  assert.ok(!shown.output.includes("planted") && !shown.output.includes(SECRET));
});

test("change sets and removes settings; the gateway's own rules refuse wrong ones", () => {
  const [shop] = list(
    caller(["add", "shop", "--max-per-day", "100", "--webhook", "https://shop.example/hook"]),
  );
  const options = ["--max-per-day", "none", "--webhook", "none", "--scopes", "read"];
  const [changed] = list(caller(["change", "shop", ...options], withCallers([shop])));
  assert.deepEqual(changed, {
    id: "shop",
    scopes: ["read"],
    tokenSha256: shop.tokenSha256,
    keyPairs: shop.keyPairs,
  });
  for (const [wrong, expected] of [
    [["--scopes", "reads"], /\[0\]\.scopes/],
    [["--webhook", "ftp://shop.example"], /\[0\]\.webhookUrl must be a complete https:\/\/ URL/],
    [["--max-per-day", "-1"], /must be a number or none|argument/],
    [["--max-per-day", "9999999999"], /must be a number or none/],
    [["--max-per-day", ""], /must be a number or none/],
  ]) {
    const { code, output } = caller(["change", "shop", ...wrong], withCallers([shop]));
    assert.notEqual(code, 0, wrong.join(" "));
    assert.match(output, expected);
    assert.ok(!/^\[.*\]$/m.test(output), output);
  }
  for (const id of ["nobody", "__proto__", "商户", ""]) {
    const { code, output } = caller(["change", id, "--scopes", "read"], withCallers([shop]));
    assert.equal(code, SETTINGS, output);
    assert.match(output, /has no caller/);
  }
});

test("rotate adds a token and a key pair, then removes the old ones", () => {
  const secret = { GATEWAY_SECRET: "0123456789abcdef0123456789abcdef" };
  const made = list(caller(["add", "shop"], secret));
  const callers = JSON.stringify([...made, { id: "bank", tokenSha256: ["0".repeat(64)] }]);
  const begun = list(caller(["rotate", "shop"], { ...secret, GATEWAY_CALLERS: callers }));
  assert.deepEqual(
    begun.map(({ id, tokenSha256, keyPairs = [] }) => [id, tokenSha256.length, keyPairs.length]),
    [
      ["shop", 2, 2],
      ["bank", 1, 0],
    ],
  );
  const settings = { ...secret, GATEWAY_CALLERS: JSON.stringify(begun) };
  const [shop, bank] = list(caller(["rotate", "shop", "--finish"], settings));
  assert.deepEqual(shop.tokenSha256, begun[0].tokenSha256.slice(1));
  assert.deepEqual(shop.keyPairs, begun[0].keyPairs.slice(1));
  assert.deepEqual(bank, begun[1]);
  // The token and key pair of another user of the caller, which have fewer scopes, are kept.
  const support = { sha256: "1".repeat(64), scopes: ["read"] };
  const reader = { accessKeyId: "gwk-shop-support", scopes: ["read"] };
  begun[0].tokens = [support];
  begun[0].keyPairs.push(reader);
  const scoped = { ...secret, GATEWAY_CALLERS: JSON.stringify(begun) };
  const [finished] = list(caller(["rotate", "shop", "--finish"], scoped));
  assert.deepEqual(finished.tokenSha256, shop.tokenSha256);
  assert.deepEqual(finished.tokens, [support]);
  assert.deepEqual(finished.keyPairs, [...shop.keyPairs, reader]);
  const stranger = caller(["rotate", "nobody"], settings);
  assert.equal(stranger.code, SETTINGS);
  assert.match(stranger.output, /no caller nobody/);
});

test("rotate --finish keeps the newest token of both lists, or refuses if it is not known", () => {
  const [one, two, support] = ["1", "2", "3"].map((digit) => digit.repeat(64));
  const own = { sha256: support, scopes: ["read"] };
  const both = { id: "shop", tokenSha256: [one], tokens: [{ sha256: two }, own] };
  // Nobody knows which of the two is newer.
  const refused = caller(["rotate", "shop", "--finish"], withCallers([both]));
  assert.equal(refused.code, SETTINGS, refused.output);
  assert.match(refused.output, /do not show the newest: remove the old ones with revoke shop --key/);
  assert.match(refused.output, /无法判断哪个最新/);
  const [revoked] = list(caller(["revoke", "shop", "--key", one], withCallers([both])));
  const [chosen] = list(caller(["rotate", "shop", "--finish"], withCallers([revoked])));
  assert.deepEqual([chosen.tokenSha256, chosen.tokens], [[], [{ sha256: two }, own]]);

  const begun = caller(["rotate", "shop"], withCallers([both]));
  const token = /bearer token +(\S+)/.exec(begun.output)[1];
  const newest = createHash("sha256").update(token).digest("hex");
  const [shop] = list(begun);
  assert.deepEqual([shop.tokenSha256, shop.tokens], [[one, two, newest], [own]]);
  const [finished] = list(caller(["rotate", "shop", "--finish"], withCallers([shop])));
  assert.deepEqual([finished.tokenSha256, finished.tokens], [[newest], [own]]);
});

test("rotate --scopes adds a token and a key pair that can do less than the caller", () => {
  const [shop] = list(caller(["add", "shop"]));
  for (const wrong of ["", "reads", "read,"]) {
    const { code, output } = caller(["rotate", "shop", "--scopes", wrong], withCallers([shop]));
    assert.equal(code, SETTINGS, wrong);
    assert.match(output, /scopes/, wrong);
  }
  assert.equal(caller(["rotate", "shop", "--finish", "--scopes", "read"], withCallers([shop])).code, USAGE);
  const [rotated] = list(caller(["rotate", "shop", "--scopes", "read"], withCallers([shop])));
  assert.deepEqual(rotated.tokenSha256, shop.tokenSha256);
  assert.deepEqual(
    rotated.tokens.map(({ scopes }) => scopes),
    [["read"]],
  );
  assert.deepEqual(
    rotated.keyPairs.map(({ scopes }) => scopes),
    [undefined, ["read"]],
  );
});

test("revoke removes a caller, or the one token or key pair that is named", () => {
  const [first] = list(caller(["add", "shop"]));
  const [shop] = list(caller(["rotate", "shop"], withCallers([first])));
  const bank = { id: "bank", tokenSha256: ["0".repeat(64)] };
  const both = withCallers([shop, bank]);
  const [hash] = first.tokenSha256;
  const [withoutToken] = list(caller(["revoke", "shop", "--key", hash.slice(0, 12).toUpperCase()], both));
  assert.deepEqual(withoutToken.tokenSha256, shop.tokenSha256.slice(1));
  assert.deepEqual(withoutToken.keyPairs, shop.keyPairs);
  // As `list` prints it.
  const [printed] = list(caller(["revoke", "shop", "--key", `${hash.slice(0, 12)}…`], both));
  assert.deepEqual(printed, withoutToken);
  const [withoutPair] = list(caller(["revoke", "shop", "--key", first.keyPairs[0].accessKeyId], both));
  assert.deepEqual(withoutPair.keyPairs, shop.keyPairs.slice(1));
  for (const key of [hash.slice(0, 7), "f".repeat(64), "", "gwk-"]) {
    const { code, output } = caller(["revoke", "shop", "--key", key], both);
    assert.equal(code, SETTINGS, key);
    assert.match(output, /has no token or key pair/);
  }
  assert.deepEqual(list(caller(["revoke", "shop"], both)), [bank]);
  // A gateway without callers serves nobody, and a caller without keys cannot call.
  const last = caller(["revoke", "bank"], withCallers([bank]));
  assert.match(last.output, /needs at least one\. .* rotate \S+ --finish/);
  const none = caller(["revoke", "bank", "--key", "0".repeat(64)], both);
  assert.match(none.output, /has none of tokens, tokenSha256 and keyPairs/);
});

test("a webhook secret is replaced in two steps, and the token stays", () => {
  const added = caller(["add", "shop", "--webhook", "https://shop.example/hook"]);
  const secretOf = ({ output }) => /whsec_\S+/.exec(output)?.[0];
  const [shop] = list(added);
  const both = caller(["rotate", "shop", "--webhook-secret"], withCallers([shop]));
  assert.deepEqual(list(both), [{ ...shop, webhookKeys: [1, 2] }]);
  assert.ok(secretOf(both) !== secretOf(added) && secretOf(both));
  assert.ok(!both.output.includes("bearer token"));
  // A second run shows the new secret again, and keeps the one that the receiver has.
  const again = caller(["rotate", "shop", "--webhook-secret"], withCallers(list(both)));
  assert.deepEqual([list(again), secretOf(again)], [list(both), secretOf(both)]);
  assert.match(caller(["list"], withCallers(list(both))).output, /two webhook secrets/);
  const finished = caller(["rotate", "shop", "--webhook-secret", "--finish"], withCallers(list(both)));
  assert.deepEqual(list(finished), [{ ...shop, webhookKeys: [2] }]);
  assert.equal(secretOf(finished), undefined);
  // Another token comes with the secret that is valid now.
  assert.equal(secretOf(caller(["rotate", "shop"], withCallers(list(finished)))), secretOf(both));
  for (const webhookKeys of [[], [0], [1, 1], [1, 2, 3], ["1"], 1]) {
    const { code, output } = caller(["list"], withCallers([{ ...shop, webhookKeys }]));
    assert.equal(code, SETTINGS, output);
  }
});

test("--to puts the secrets into a new file, and only the value on the standard output", () => {
  const file = join(folder, "shop.json");
  const { code, stdout, stderr } = caller(["add", "shop", "--to", file]);
  assert.equal(code, 0, stderr);
  const [shop] = JSON.parse(stdout);
  const credentials = JSON.parse(readFileSync(file, "utf8"));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(credentials.accessKeyId, shop.keyPairs[0].accessKeyId);
  for (const secret of [credentials.token, credentials.accessKeySecret, credentials.webhookSecret])
    assert.ok(secret.length >= 32 && !(stdout + stderr).includes(secret));
  // A person with fewer permissions must not be able to sign deliveries.
  const support = join(folder, "support.json");
  assert.equal(caller(["rotate", "shop", "--scopes", "read", "--to", support], withCallers([shop])).code, 0);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(support, "utf8"))), [
    "id",
    "token",
    "accessKeyId",
    "accessKeySecret",
  ]);
  const before = readFileSync(file, "utf8");
  const again = caller(["add", "shop", "--to", file]);
  assert.equal(again.code, SETTINGS);
  assert.match(again.output, /cannot be created \(EEXIST\)\. Nothing was changed/);
  assert.equal(again.stdout, "");
  assert.equal(readFileSync(file, "utf8"), before);
});

test("a caller is added to, found in and changed in any of the lists", () => {
  const [shop] = list(caller(["add", "shop"]));
  const first = withCallers([shop]);
  const added = caller(["add", "bank", "--list", "2"], first);
  assert.equal(added.code, 0, added.output);
  assert.match(added.output, /Store this as GATEWAY_CALLERS_2 /);
  const [bank, ...others] = list(added);
  assert.deepEqual([bank.id, others], ["bank", []]);

  const both = { ...first, GATEWAY_CALLERS_2: JSON.stringify([bank]) };
  assert.match(caller(["list"], both).output, /^bank {3}scopes create,read {3}in GATEWAY_CALLERS_2$/m);
  const changed = caller(["change", "bank", "--max-per-day", "5"], both);
  assert.match(changed.output, /Store this as GATEWAY_CALLERS_2 /);
  assert.deepEqual(list(changed), [{ ...bank, maxStartsPerDay: 5 }]);
  // A list may become empty, as long as another one is not.
  assert.deepEqual(list(caller(["revoke", "bank"], both)), []);

  // What is piped into GATEWAY_CALLERS must not be another list.
  const to = join(folder, "bank.json");
  const piped = caller(["rotate", "bank", "--to", to], both);
  assert.deepEqual([piped.code, piped.stdout, existsSync(to)], [SETTINGS, "", false]);
  assert.match(piped.stderr, /bank is in GATEWAY_CALLERS_2: say --list 2/);
  const rotated = caller(["rotate", "bank", "--to", to, "--list", "2"], both);
  assert.deepEqual(
    JSON.parse(rotated.stdout).map(({ id, tokenSha256 }) => [id, tokenSha256.length]),
    [["bank", 2]],
  );
  for (const [args, message] of [
    [["add", "bank"], /GATEWAY_CALLERS_2 already has a caller bank/],
    [["add", "bank", "--list", "3"], /GATEWAY_CALLERS_2 already has a caller bank/],
    [["change", "shop", "--scopes", "read", "--list", "2"], /shop is in GATEWAY_CALLERS: say --list 1/],
    [["add", "third", "--list", "10"], /GATEWAY_CALLERS_10 is not a known setting/],
    [["add", "third", "--list", ".*"], /Nothing was changed/],
  ]) {
    const refused = caller(args, both);
    assert.equal(refused.code, SETTINGS, args.join(" "));
    assert.match(refused.output, message);
    assert.ok(!/^\[.*\]$/m.test(refused.output), refused.output);
  }
  const twice = caller(["list"], { ...first, GATEWAY_CALLERS_3: JSON.stringify([shop]) });
  assert.match(twice.output, /GATEWAY_CALLERS_3 \[0\]\.id is the id of another caller/);

  const file = join(folder, "gateway.env");
  writeFileSync(file, `GATEWAY_SECRET=${SECRET}\nGATEWAY_CALLERS='${JSON.stringify([shop])}'\n`);
  for (const id of ["bank", "books"]) {
    const saved = caller(["add", id, "--list", "2", "--settings", file, "--save"], {});
    assert.equal(saved.code, 0, saved.output);
  }
  const { GATEWAY_CALLERS: kept, GATEWAY_CALLERS_2: more } = parseEnv(readFileSync(file, "utf8"));
  assert.deepEqual(JSON.parse(kept), [shop]);
  assert.deepEqual(
    JSON.parse(more).map(({ id }) => id),
    ["bank", "books"],
  );
});

test("--save changes one line of the file of settings", () => {
  const file = join(folder, "gateway.env");
  const written = `# Settings\nGATEWAY_SECRET=${SECRET}\nGATEWAY_CALLERS=\nGATEWAY_LISTEN="127.0.0.1:1"\n`;
  writeFileSync(file, written, { mode: 0o600 });
  const at = ["--settings", file, "--save"];
  const added = caller(["add", "shop", "--webhook", "https://shop.example/it's", ...at], {});
  assert.equal(added.code, 0, added.output);
  const added2 = caller(["add", "bank", ...at], {});
  assert.equal(added2.code, 0, added2.output);
  const { GATEWAY_CALLERS: callers, ...rest } = parseEnv(readFileSync(file, "utf8"));
  assert.deepEqual(rest, { GATEWAY_SECRET: SECRET, GATEWAY_LISTEN: "127.0.0.1:1" });
  assert.deepEqual(
    JSON.parse(callers).map(({ id, webhookUrl }) => [id, webhookUrl]),
    [
      ["shop", "https://shop.example/it's"],
      ["bank", undefined],
    ],
  );
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ["gateway.env"]);

  // docker and kubectl take quotes as a part of the value.
  const bare = caller(["revoke", "shop", ...at], {});
  assert.equal(bare.code, 0, bare.output);
  const [, value] = readFileSync(file, "utf8").match(/^GATEWAY_CALLERS=(.*)$/m);
  assert.deepEqual(
    JSON.parse(value).map(({ id }) => id),
    ["bank"],
  );
  caller(["add", "shop", ...at], {});

  // A link remains, and its file is changed.
  const link = join(folder, "link.env");
  symlinkSync(file, link);
  assert.equal(caller(["change", "shop", "--webhook", "none", "--settings", link, "--save"], {}).code, 0);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.doesNotMatch(readFileSync(file, "utf8"), /shop\.example/);
  rmSync(link);

  // What it cannot write safely, it leaves to the operator.
  const several = `GATEWAY_SECRET=${SECRET}\nGATEWAY_CALLERS='\n${callers}\n'\n`;
  writeFileSync(file, several);
  const manual = caller(["revoke", "bank", ...at], {});
  assert.equal(manual.code, SETTINGS);
  assert.match(manual.output, /does not stand on one line/);
  assert.equal(readFileSync(file, "utf8"), several);
  // New secrets are shown nevertheless, with the list that accepts them.
  const rotated = caller(["rotate", "bank", ...at], {});
  assert.equal(rotated.code, SETTINGS);
  const [, token] = rotated.output.match(/bearer token +(\S+)/);
  assert.ok(rotated.output.includes(createHash("sha256").update(token).digest("hex")), rotated.output);
  // An interrupted command left its file.
  writeFileSync(file, written);
  writeFileSync(`${file}.new`, "");
  assert.match(caller(["add", "shop", ...at], {}).output, /gateway\.env\.new \(EEXIST\).*Delete /);
  rmSync(`${file}.new`);
  writeFileSync(file, several);
  // The environment sets another value, which would still count.
  const other = caller(["revoke", "bank", ...at], { GATEWAY_CALLERS: "[]" });
  assert.equal(other.code, SETTINGS);
  assert.match(
    caller(["add", "shop", "--save"]).output,
    /--save needs the file of --settings to set GATEWAY_CALLERS/,
  );
  assert.ok(!existsSync(`${file}.new`));
});
