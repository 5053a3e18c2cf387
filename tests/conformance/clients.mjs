// The vendor's official SDKs behind one shape, for tests that run each of them against the same server.
//
// client.call({ endpoint, accessKeyId, accessKeySecret, securityToken?, action, parameters, nonce? })
//   -> { returned: body } | { threw: { code, message, ... } }, as the SDK itself reports it.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python } from "../../scripts/lib/project.mjs";

const require = createRequire(import.meta.url);
/** No SDK waits longer than this for an answer; a slow machine is no reason to fail. */
const PATIENCE_MS = 60_000;

async function reported(call, describe) {
  try {
    return { returned: await call() };
  } catch (error) {
    return { threw: describe(error) };
  }
}

/** npm @alicloud/pop-core: RPC 1.0, everything in the query (GET) or in the body (POST). */
function popCore(method) {
  const { RPCClient } = require("@alicloud/pop-core");
  return {
    name: `@alicloud/pop-core ${method}`,
    scheme: "1.0",
    throwsOnServiceCodes: true,
    call({ endpoint, action, parameters, nonce, ...credentials }) {
      const client = new RPCClient({
        endpoint: `http://${endpoint}`,
        apiVersion: "2019-03-07",
        opts: { timeout: PATIENCE_MS },
        ...credentials,
      });
      const forced = nonce === undefined ? {} : { SignatureNonce: nonce };
      return reported(
        () => client.request(action, { ...parameters, ...forced }, { method }),
        ({ code, message, entry }) => ({ code, message, status: entry?.response.statusCode }),
      );
    },
    close() {},
  };
}

/** npm @alicloud/cloudauth20190307: ACS3 by default, RPC 1.0 with `signatureAlgorithm: "v2"`. */
function openApi(signatureAlgorithm) {
  const { default: Client, ...models } = require("@alicloud/cloudauth20190307");
  const { $OpenApiUtil, OpenApiUtil } = require("@alicloud/openapi-core");
  const { default: Utils } = require("@alicloud/openapi-core/dist/utils");
  const ownNonce = OpenApiUtil.getNonce;
  return {
    name: `@alicloud/cloudauth20190307 ${signatureAlgorithm ?? "default"}`,
    scheme: signatureAlgorithm ? "1.0" : "ACS3-HMAC-SHA256",
    throwsOnServiceCodes: false,
    call({ endpoint, action, parameters, nonce, ...credentials }) {
      const client = new Client(
        new $OpenApiUtil.Config({
          ...credentials,
          endpoint,
          protocol: "http",
          signatureAlgorithm,
          connectTimeout: PATIENCE_MS,
          readTimeout: PATIENCE_MS,
        }),
      );
      // The SDK has no option for it.
      Utils.getNonce = nonce === undefined ? ownNonce : () => nonce;
      const Request = models[`${action}Request`];
      const fields = Object.entries(Request.names()).map(([field, wire]) => [field, parameters[wire]]);
      const method = action === "InitFaceVerify" ? "initFaceVerify" : "describeFaceVerify";
      return reported(
        async () => {
          const { body } = await client[method](new Request(Object.fromEntries(fields)));
          return body.toMap();
        },
        ({ code, message, statusCode }) => ({ code, message, status: statusCode }),
      );
    },
    close() {
      Utils.getNonce = ownNonce;
    },
  };
}

/** One of the Python SDKs, in a process of its own. */
function pythonSdk(name, sdk, scheme, settings = {}) {
  if (!existsSync(python))
    throw new Error("The vendor's Python SDKs are not installed: run `npm test`, which does that.");
  const env = { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };
  const child = spawn(python, [fileURLToPath(new URL("python/client.py", import.meta.url)), sdk], { env });
  let trouble = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (trouble += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    scheme,
    throwsOnServiceCodes: false,
    explainsWrongSecret: sdk === "sdk-core",
    async call(request) {
      child.stdin.write(`${JSON.stringify({ ...request, ...settings })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} ended: ${trouble}`);
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}

/** Every client, each made when its turn comes. */
export const clients = [
  () => popCore("GET"),
  () => popCore("POST"),
  () => openApi(undefined),
  () => openApi("v2"),
  () => pythonSdk("aliyun-python-sdk-cloudauth POST", "sdk-core", "1.0"),
  () => pythonSdk("aliyun-python-sdk-cloudauth GET", "sdk-core", "1.0", { method: "GET" }),
  () => pythonSdk("alibabacloud-cloudauth20190307 default", "openapi", "ACS3-HMAC-SHA256"),
  () => pythonSdk("alibabacloud-cloudauth20190307 v2", "openapi", "1.0", { algorithm: "v2" }),
];
