// The HMACs of the shipped modules for the keys and messages of Wycheproof's vectors. The exports accept text, so
// keys and messages are passed in Base64, and OpenSSL computes the expected results. `tests/vectors/check.rs` checks
// the vectors themselves, natively and in WebAssembly.

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FaceVerifyClient } from "cloudauth-edge";
import { at } from "../../scripts/lib/project.mjs";
import { wasmFile } from "../../scripts/build.mjs";

const inputs = ["sha1", "sha256"].flatMap((hash) => {
  const file = at("tests", "vectors", "wycheproof", `hmac_${hash}_test.json`);
  const cases = JSON.parse(readFileSync(file, "utf8")).testGroups.flatMap(({ tests }) => tests);
  const base64 = (hex) => Buffer.from(hex, "hex").toString("base64");
  return cases.map(({ key, msg }) => ({ key: base64(key), message: base64(msg) }));
});

const encoded = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
const canonical = (pairs) =>
  [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&");

/** The request that the npm client sends if it starts an order with this MetaInfo and has this secret. */
async function sent(signatureVersion, accessKeySecret, metaInfo) {
  let request;
  const client = new FaceVerifyClient({
    accessKeyId: "testid",
    accessKeySecret,
    signatureVersion,
    fetch: async (url, init) => {
      request = new Request(url, init);
      return Response.json({ Code: "200", RequestId: "r", ResultObject: { CertifyId: "c" } });
    },
  });
  const order = { sceneId: 1, outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888", userId: "1" };
  await client.initFaceVerify({ ...order, metaInfo, certName: "张三", certNo: "11010519491231002X" });
  return request;
}

test("there are 344 inputs", () => assert.equal(inputs.length, 344));

test("the console's module computes HMAC-SHA1", async () => {
  const lab = await import("../../pkg/wasm/lab/cloudauth_edge.js");
  lab.initSync({ module: readFileSync(wasmFile("lab")) });
  for (const { key, message } of inputs)
    assert.equal(
      lab.rpcSignature(key, message),
      createHmac("sha1", `${key}&`).update(message).digest("base64"),
    );
});

test("the client's module computes HMAC-SHA1", async () => {
  for (const { key, message } of inputs) {
    const request = await sent("1.0", key, JSON.stringify({ message }));
    const form = new URLSearchParams(await request.text());
    const signature = form.get("Signature");
    form.delete("Signature");
    const text = `POST&%2F&${encoded(canonical(form))}`;
    assert.equal(signature, createHmac("sha1", `${key}&`).update(text).digest("base64"));
  }
});

test("the client's module computes HMAC-SHA256", async () => {
  for (const { key, message } of inputs) {
    const request = await sent("ACS3-HMAC-SHA256", key, JSON.stringify({ message }));
    const { host, pathname, searchParams } = new URL(request.url);
    const [, names, signature] = request.headers
      .get("authorization")
      .match(/^ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})$/);
    const value = (name) => (name === "host" ? host : request.headers.get(name));
    const headers = names.split(";").map((name) => `${name}:${value(name)}\n`);
    const hash = (bytes) => createHash("sha256").update(bytes).digest("hex");
    const body = hash(Buffer.from(await request.arrayBuffer()));
    const parts = [request.method, pathname, canonical(searchParams), headers.join(""), names, body];
    const text = `ACS3-HMAC-SHA256\n${hash(parts.join("\n"))}`;
    assert.equal(signature, createHmac("sha256", key).update(text).digest("hex"));
  }
});
