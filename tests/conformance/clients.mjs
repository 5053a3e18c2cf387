// The official SDKs behind one interface, for tests that run each of them against the same server.
//
// client.call({ endpoint, accessKeyId, accessKeySecret, securityToken?, action, parameters, nonce? })
//   -> { returned: body } | { threw: { code, message, ... } }, as the SDK itself reports it.
// client.missing is the reason why a client cannot run on this machine, if there is one.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python, tools, which } from "../../scripts/lib/project.mjs";

const require = createRequire(import.meta.url);
const ACS3 = "ACS3-HMAC-SHA256";
const RPC = "1.0";
/** The time-out of all SDKs, which is long enough for a slow machine. */
const PATIENCE_MS = 60_000;
/** Time limit for a package manager. What it downloads in this time is available to the next run. */
const DOWNLOAD_MS = 4 * 60_000;

const here = (...parts) => fileURLToPath(new URL(parts.join("/"), import.meta.url));

async function reported(call, describe) {
  try {
    return { returned: await call() };
  } catch (error) {
    return { threw: describe(error) };
  }
}

/** npm @alicloud/pop-core: everything in the query (GET) or in the body (POST). */
export function popCore(method) {
  const { RPCClient } = require("@alicloud/pop-core");
  return {
    name: `npm @alicloud/pop-core, ${method}`,
    scheme: RPC,
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
        // pop-core appends the called URL to the server's message.
        ({ code, message, data, entry }) => ({
          code,
          message: data?.Message ?? message,
          status: entry?.response.statusCode,
        }),
      );
    },
  };
}

/** npm @alicloud/cloudauth20190307: ACS3 by default, RPC 1.0 with `signatureAlgorithm: "v2"`. */
export function openApi(signatureAlgorithm) {
  const { default: Client, ...models } = require("@alicloud/cloudauth20190307");
  const { $OpenApiUtil } = require("@alicloud/openapi-core");
  const { default: Utils } = require("@alicloud/openapi-core/dist/utils");
  const ownNonce = Utils.getNonce;
  return {
    name: `npm @alicloud/cloudauth20190307, ${signatureAlgorithm ?? "default"}`,
    scheme: signatureAlgorithm ? RPC : ACS3,
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
      // The SDK has no option for the nonce.
      Utils.getNonce = nonce === undefined ? ownNonce : () => nonce;
      const Request = models[`${action}Request`];
      const fields = Object.entries(Request.names()).map(([field, wire]) => [field, parameters[wire]]);
      const method = action === "InitFaceVerify" ? "initFaceVerify" : "describeFaceVerify";
      return reported(
        async () => (await client[method](new Request(Object.fromEntries(fields)))).body.toMap(),
        ({ code, message, statusCode }) => ({ code, message, status: statusCode }),
      );
    },
    close() {
      Utils.getNonce = ownNonce;
    },
  };
}

/** A client in its own process, which reads and writes one JSON message per line. */
function program(client, command, settings = {}) {
  let child;
  let lines;
  let trouble = "";
  return {
    ...client,
    open() {
      const [name, ...args] = command();
      child = spawn(name, args, { env: { ...process.env, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" } });
      child.stderr.setEncoding("utf8").on("data", (text) => (trouble += text));
      child.stdin.on("error", () => {}); // the process has ended; the code that reads its output reports it
      lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    },
    async call(request) {
      child.stdin.write(`${JSON.stringify({ ...request, ...settings })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${client.name} ended: ${trouble}`);
      return JSON.parse(value);
    },
    close: () => child?.stdin.end(),
  };
}

const pythonCommand = (sdk) => () => {
  if (!existsSync(python))
    throw new Error("Alibaba Cloud's Python SDKs are missing; `npm run conformance` installs them.");
  return [python, here("python/client.py"), sdk];
};

/** PyPI aliyun-python-sdk-core with aliyun-python-sdk-cloudauth. */
export function pythonSdkCore(method) {
  const explainsWrongSecret = { code: "InvalidAccessKeySecret", wording: /The AccessKeySecret is incorrect/ };
  const client = { name: `PyPI aliyun-python-sdk-cloudauth, ${method}`, scheme: RPC, explainsWrongSecret };
  return program(client, pythonCommand("sdk-core"), { method });
}

/** PyPI alibabacloud-cloudauth20190307. */
export function pythonOpenApi(algorithm) {
  const name = `PyPI alibabacloud-cloudauth20190307, ${algorithm ?? "default"}`;
  return program({ name, scheme: algorithm ? RPC : ACS3 }, pythonCommand("openapi"), { algorithm });
}

const conformanceTools = join(tools, "conformance");

/** The messages of package managers about an unreachable registry; any other message is a bug. */
const REGISTRY_UNREACHABLE =
  /forbidden|not available|could not transfer|could not resolve|timed? ?out|no such host|connection|network/i;

/** Why a program that downloads libraries failed; undefined if it succeeded. */
function fetching(what, name, args, options) {
  if (!which(name)) return `${name} is not installed`;
  mkdirSync(conformanceTools, { recursive: true });
  const { status, error, stdout, stderr } = spawnSync(name, args, {
    timeout: DOWNLOAD_MS,
    encoding: "utf8",
    ...options,
  });
  if (status === 0) return undefined;
  const said = `${error?.message ?? ""}\n${stderr}${stdout}`;
  const reason = said.split("\n").find((text) => REGISTRY_UNREACHABLE.test(text));
  if (!reason) throw new Error(`${what} could not be set up: ${said}`);
  return `${what} could not be fetched: ${reason.trim()}`;
}

const javaClasspath = join(conformanceTools, "java-classpath");
let javaMissing;

/** The classpath of Alibaba Cloud's Java SDKs, or the reason why it is not available. */
export function javaLibraries() {
  javaMissing ??= {
    missing: fetching("Alibaba Cloud's Java SDKs", "mvn", [
      ...["--quiet", "--batch-mode", "--file", here("java/pom.xml")],
      ...["dependency:build-classpath", `-Dmdep.outputFile=${javaClasspath}`],
    ]),
  };
  const { missing } = javaMissing;
  return { missing, classpath: () => readFileSync(javaClasspath, "utf8").trim() };
}

function javaProgram(client, argument, settings) {
  const { missing, classpath } = javaLibraries();
  const command = () => ["java", "-cp", classpath(), here("java/Client.java"), argument];
  return program({ ...client, missing }, command, settings);
}

/**
 * The Java SDK from Alibaba Cloud's own page: aliyun-java-sdk-core 4.4.3. With GET, it signs a body that it does not
 * send.
 */
export function javaSdk() {
  const explainsWrongSecret = {
    code: "SDK.InvalidAccessKeySecret",
    wording: /Specified Access Key Secret is not valid/,
  };
  return javaProgram({ name: "Maven aliyun-java-sdk-cloudauth", scheme: RPC, explainsWrongSecret }, "sdk");
}

/** Maven cloudauth20190307, in a version that signs with RPC 1.0. */
export const javaOpenApi = () => javaProgram({ name: "Maven cloudauth20190307", scheme: RPC }, "openapi");

/** Maven tea-openapi, called in the way of newer versions of cloudauth20190307. */
export function javaCallApi(algorithm) {
  const client = {
    name: `Maven tea-openapi, ${algorithm ?? "default"}`,
    scheme: algorithm ? RPC : ACS3,
  };
  return javaProgram(client, "callApi", { algorithm });
}

let goMissing;

/** Why the Go SDKs are not available; undefined if they are. */
export function goLibraries() {
  goMissing ??= {
    missing: fetching("Alibaba Cloud's Go SDKs", "go", ["mod", "download"], { cwd: here("go") }),
  };
  return goMissing;
}

function goProgram(client, argument, settings) {
  const { missing } = goLibraries();
  const binary = join(conformanceTools, "go-client");
  const command = () => {
    const env = { ...process.env, CGO_ENABLED: "0" };
    const built = spawnSync("go", ["build", "-o", binary, "."], { cwd: here("go"), env, encoding: "utf8" });
    if (built.status !== 0) throw new Error(`The Go client does not build: ${built.stderr}`);
    return [binary, argument];
  };
  return program({ ...client, missing }, command, settings);
}

/** Go github.com/aliyun/alibaba-cloud-sdk-go, services/cloudauth. */
export function goSdk() {
  const explainsWrongSecret = {
    code: "SignatureDoesNotMatch",
    wording: /Specified signature is not matched with our calculation/,
    recommend: "InvalidAccessKeySecret: Please check you AccessKeySecret",
  };
  return goProgram({ name: "Go alibaba-cloud-sdk-go", scheme: RPC, explainsWrongSecret }, "sdk");
}

/** Go github.com/alibabacloud-go/cloudauth-20190307. */
export function goOpenApi(algorithm) {
  const name = `Go cloudauth-20190307, ${algorithm ?? "default"}`;
  return goProgram({ name, scheme: algorithm ? RPC : ACS3 }, "openapi", { algorithm });
}
