// The universal entry points, loaded as in a browser, work immediately.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const url = (entry) => new URL(`../../pkg/dist/entry/${entry}.js`, import.meta.url).href;
const [client, identity] = [url("universal"), url("identity-universal")];

/**
 * What a page provides, as far as the entry points use it. Node's own Request, created once, needs
 * no Buffer later.
 */
const PAGE = `
  new Request("http://127.0.0.1");
  delete globalThis.Buffer;
  delete globalThis.process;
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "Mozilla/5.0 (X11; Linux x86_64)" } });`;
/** Chrome versions before mid-2023 do not compile a module of this size synchronously on a page. */
const OLD_CHROME = `
  WebAssembly.Module = class {
    constructor() {
      throw new RangeError("WebAssembly.Compile is disallowed on the main thread");
    }
  };`;

/**
 * Runs a program in its own process, because the glue keeps one instance, and returns its output.
 */
const run = (program) =>
  JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }),
  );

for (const [where, setting] of [
  ["Node", ""],
  ["a page", PAGE],
]) {
  test(`the identity rules need no ready() in ${where}`, () => {
    const birthDate = run(`${setting}
      const { checkCertNo } = await import("${identity}");
      console.log(JSON.stringify(checkCertNo("11010519491231002X").birthDate));`);
    assert.equal(birthDate, "1949-12-31");
  });

  test(`the client needs no ready() in ${where}`, () => {
    const order = run(`${setting}
      const { newOuterOrderNo } = await import("${client}");
      console.log(JSON.stringify(newOuterOrderNo("shop")));`);
    assert.match(order, /^shop[0-9A-Za-z]+$/);
  });
}

const REFUSED = `
  let refused = [];
  try { new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret" }); }
  catch (error) { refused = error.fields.map(({ field, rule }) => [field, rule]); }`;

test("the constructor refuses a secret in a page and accepts it on Node", () => {
  const found = (setting) =>
    run(`${setting}
      const { FaceVerifyClient } = await import("${client}");
      ${REFUSED}
      console.log(JSON.stringify(refused));`);
  assert.deepEqual(found(PAGE), [["accessKeySecret", "browser"]]);
  assert.deepEqual(found(""), []);
  // Test environments simulate a browser on Node.
  assert.deepEqual(found(PAGE.replace("delete globalThis.process;", "")), []);
});

test("ready() compiles the module where a page may not compile it synchronously", () => {
  const seen = run(`${PAGE}${OLD_CHROME}
    const { checkCertNo, ready } = await import("${identity}");
    let early = "";
    try { checkCertNo("11010519491231002X"); } catch (error) { early = error.message; }
    await ready();
    console.log(JSON.stringify({ early, birthDate: checkCertNo("11010519491231002X").birthDate }));`);
  assert.match(seen.early, /await ready\(\)/);
  assert.equal(seen.birthDate, "1949-12-31");
});

test("before ready(), a client checks its options at its first call", () => {
  const fields = run(`${PAGE}${OLD_CHROME}
    const { FaceVerifyClient } = await import("${client}");
    const made = new FaceVerifyClient({ accessKeyId: "testid", accessKeySecret: "testsecret" });
    const error = await made.describeFaceVerify({}).catch((error) => error);
    console.log(JSON.stringify(error.fields.map(({ field, rule }) => [field, rule])));`);
  assert.deepEqual(fields, [["accessKeySecret", "browser"]]);
});

test("ready() tries again after a module could not be loaded", () => {
  const seen = run(`${PAGE}${OLD_CHROME}
    const { instantiate } = WebAssembly;
    WebAssembly.instantiate = async () => {
      WebAssembly.instantiate = instantiate;
      throw new RangeError("Out of memory");
    };
    const { checkCertNo, ready } = await import("${identity}");
    const failed = await ready().catch(({ message }) => message);
    await ready();
    console.log(JSON.stringify({ failed, birthDate: checkCertNo("11010519491231002X").birthDate }));`);
  assert.deepEqual(seen, { failed: "Out of memory", birthDate: "1949-12-31" });
});

test("on Node, without memory for the module, the import fails", () => {
  const messages = run(`
    WebAssembly.Instance = class {
      constructor() {
        throw new RangeError("WebAssembly.Instance(): Out of memory");
      }
    };
    const imports = ["${client}", "${identity}"].map((url) => import(url).catch(({ message }) => message));
    console.log(JSON.stringify(await Promise.all(imports)));`);
  assert.deepEqual(messages, Array(2).fill("WebAssembly.Instance(): Out of memory"));
});

test("without WebAssembly, the import fails and says why", () => {
  for (const entry of [client, identity]) {
    const message = run(`
      for (const name of ["WebAssembly", "TextDecoder", "TextEncoder"]) delete globalThis[name];
      const failed = await import(${JSON.stringify(entry)}).catch((error) => error);
      console.log(JSON.stringify(failed.message));`);
    assert.match(message, /needs WebAssembly, .* import it dynamically.*请动态导入/);
  }
});

test("a missing value is reported as missing", () => {
  const rules = run(`
    const { checkCertNo, checkCertName, checkMobile } = await import("${identity}");
    const checks = [checkCertNo, checkCertName, checkMobile];
    console.log(JSON.stringify(checks.flatMap((check) => [check(undefined).rule, check(null).rule, check("").rule])));`);
  assert.deepEqual(rules, Array(9).fill("missing"));
});
