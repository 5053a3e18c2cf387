// The contestants, behind one interface. Each runs in its own process (contestant-process.mjs).
//
//   make({ endpoint, stub }) -> call(parameters) -> Promise<CertifyId>
//
// With `stub`, the transport calls `stub(url, headers, body)` and returns a prepared response. The same layer is
// replaced for every contestant: the one that sends a finished request and returns status, headers and body.

import { readFileSync } from "node:fs";
import { request as httpRequest, Agent } from "node:http";
import { createRequire } from "node:module";
import { signAcs3, signRpc } from "./by-hand.mjs";
import { answer, keys, parameters as sample, wire } from "./input.mjs";

const require = createRequire(import.meta.url);

/** This package; its transport is `send` of pkg/src/transport.ts. */
const ours =
  (signatureVersion, options = {}) =>
  async ({ endpoint, stub }) => {
    const { FaceVerifyClient } = stub ? await stubbedPackage(stub) : await import("cloudauth-edge");
    const client = new FaceVerifyClient({ ...keys, endpoint, signatureVersion, ...(stub ? {} : options) });
    return async (parameters) => (await client.initFaceVerify(parameters)).certifyId;
  };

/** As pkg/src/entry/universal.ts creates it, with another `send`. */
async function stubbedPackage(stub) {
  const { useHost } = await import("../../pkg/dist/host.js");
  const { guard } = await import("../../pkg/dist/core.js");
  const glue = await import("../../pkg/wasm/client/cloudauth_edge.js");
  const module = new URL("../../pkg/wasm/client/cloudauth_edge_bg.wasm", import.meta.url);
  glue.initSync({ module: readFileSync(module) });
  const core = guard(glue);
  const body = new TextEncoder().encode(answer);
  const send = async (request) => {
    stub(request.url, request.headers, request.body);
    return { kind: "answered", status: 200, headers: [], body };
  };
  useHost({ core: () => core, ready: async () => {}, atOnce: true, inBrowser: false, send });
  return import("../../pkg/dist/index.js");
}

/** The official SDKs send with httpx.request and read with httpx.read or a stream reader over it. */
function stubHttpx(stub) {
  const httpx = require("httpx");
  httpx.request = async (url, { headers, data }) => {
    stub(url, headers, data);
    return { statusCode: 200, headers: {}, req: { getHeaders: () => ({}) } };
  };
  httpx.read = async () => answer;
  const { Stream } = require("@darabonba/typescript");
  Stream.readAsJSON = async () => JSON.parse(answer);
}

const popCore =
  (method) =>
  async ({ endpoint, stub }) => {
    if (stub) stubHttpx(stub);
    const { RPCClient } = require("@alicloud/pop-core");
    const client = new RPCClient({ ...keys, endpoint, apiVersion: "2019-03-07" });
    return async (parameters) =>
      (await client.request("InitFaceVerify", wire(parameters), { method })).ResultObject.CertifyId;
  };

const official =
  (signatureAlgorithm) =>
  async ({ endpoint, stub }) => {
    if (stub) stubHttpx(stub);
    const { default: Client, InitFaceVerifyRequest } = require("@alicloud/cloudauth20190307");
    const { $OpenApiUtil } = require("@alicloud/openapi-core");
    const { host, protocol } = new URL(endpoint);
    const config = { ...keys, endpoint: host, protocol: protocol.slice(0, -1), signatureAlgorithm };
    const client = new Client(new $OpenApiUtil.Config(config));
    return async (parameters) =>
      (await client.initFaceVerify(new InitFaceVerifyRequest(parameters))).body.resultObject.certifyId;
  };

const byHand =
  (sign) =>
  async ({ endpoint, stub }) => {
    const send = stub
      ? async ({ url, headers, body }) => (stub(url, headers, body), JSON.parse(answer))
      : async ({ url, headers, body }) => (await fetch(url, { method: "POST", headers, body })).json();
    return async (parameters) => (await send(sign(endpoint, wire(parameters)))).ResultObject.CertifyId;
  };

/** Signs for AWS: an example of the cost of a small signer for the edge. */
const aws4fetch = async ({ endpoint, stub }) => {
  const { AwsClient } = await import("aws4fetch");
  const names = { accessKeyId: keys.accessKeyId, secretAccessKey: keys.accessKeySecret };
  const client = new AwsClient({ ...names, service: "cloudauth", region: "cn-hangzhou", retries: 0 });
  const url = `${endpoint}/`;
  return async (parameters) => {
    const init = { method: "POST", body: new URLSearchParams(wire(parameters)).toString() };
    if (!stub) return (await (await client.fetch(url, init)).json()).ResultObject.CertifyId;
    stub(await client.sign(url, init));
    return JSON.parse(answer).ResultObject.CertifyId;
  };
};

/** The lower bound for any client: a form that is signed once and sent repeatedly. */
const floorHttp = async ({ endpoint }) => {
  const agent = new Agent({ keepAlive: true });
  const { headers, body } = signRpc(endpoint, wire(sample));
  return () =>
    new Promise((resolve, reject) => {
      const sending = httpRequest(endpoint, { method: "POST", agent, headers }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks)).ResultObject.CertifyId));
      });
      sending.on("error", reject);
      sending.end(body);
    });
};
const floorFetch = async ({ endpoint }) => {
  const { headers, body } = signRpc(endpoint, wire(sample));
  return async () =>
    (await (await fetch(endpoint, { method: "POST", headers, body })).json()).ResultObject.CertifyId;
};

export const RPC = "1.0";
export const ACS3 = "ACS3";

/**
 * `scheme` is the one that the sandbox must accept; without it, there is no Alibaba Cloud signature to verify.
 */
export const contestants = {
  "cloudauth-edge": { scheme: RPC, make: ours("1.0") },
  "cloudauth-edge, ACS3": { scheme: ACS3, make: ours("ACS3-HMAC-SHA256") },
  "cloudauth-edge by fetch": { scheme: RPC, make: ours("1.0", { fetch: globalThis.fetch }) },
  "pop-core": { scheme: RPC, make: popCore("POST") },
  "pop-core, GET": { scheme: RPC, make: popCore("GET") },
  "official SDK, ACS3": { scheme: ACS3, make: official() },
  "official SDK, v2": { scheme: RPC, make: official("v2") },
  "node:crypto by hand": { scheme: RPC, make: byHand(signRpc) },
  "node:crypto by hand, ACS3": { scheme: ACS3, make: byHand(signAcs3) },
  "aws4fetch (SigV4)": { make: aws4fetch },
  "node:http alone": { make: floorHttp },
  "fetch alone": { make: floorFetch },
};
