/**
 * Helpers for the tests of programs that use the client. See docs/guide/testing.md.
 *
 * @module cloudauth-edge/testing
 */

// Imported by the package's name, so that the classes are the program's, whichever entry its tests load.
import { FaceVerifyClient, FaceVerifyError, ready } from "cloudauth-edge";
import type { Audience, CommonOptions, ErrorKind, Execution, FieldProblem, Messages } from "cloudauth-edge";
import { createSandbox } from "cloudauth-edge/sandbox";
import type { Sandbox, SandboxOptions } from "cloudauth-edge/sandbox";
import { assertObject } from "./options.js";

/** Options of the sandbox and of its client. */
export interface TestClientOptions extends SandboxOptions {
  /** Options of the client, such as `language` or `maxAttempts`. */
  client?: Omit<CommonOptions, "endpoint" | "fetch"> | undefined;
}

/** A client and the sandbox that it calls. `await using` closes the sandbox. */
export interface TestClient {
  /** Calls the sandbox. */
  client: FaceVerifyClient;
  /** Plays the phone, injects faults and moves the clock. */
  sandbox: Sandbox;
  /** The scene of the sandbox's first account. */
  sceneId: string;
  /** Closes the sandbox. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Creates a sandbox with its own state, and a client that calls it in this process, without a port or the network.
 *
 * @param options options of the sandbox and of the client; default: the demo account
 */
export async function createTestClient(options: TestClientOptions = {}): Promise<TestClient> {
  assertObject("options", options);
  const { client: given, ...sandboxOptions } = options;
  const clientOptions = given ?? {};
  assertObject("client", clientOptions);
  const { keys, scenes } = sandboxOptions.accounts?.[0] ?? DEMO;
  const [key, scene] = [keys?.[0], scenes?.[0]];
  if (!key || !scene)
    throw new TypeError("The first account needs a key and a scene. 第一个账号应有密钥与场景。");
  await ready();
  const sandbox = createSandbox(sandboxOptions);
  const { accessKeyId, accessKeySecret, securityToken } = key;
  const client = new FaceVerifyClient({
    ...clientOptions,
    accessKeyId,
    accessKeySecret,
    securityToken,
    // Never called, because `fetch` is replaced. The client rejects the demo key for Alibaba Cloud's host.
    endpoint: "http://127.0.0.1:8788",
    fetch: sandbox.fetch,
  });
  const close = () => sandbox.close();
  return { client, sandbox, sceneId: String(scene.sceneId), close, [Symbol.asyncDispose]: close };
}

/** The account that a sandbox has by default. */
const DEMO = {
  keys: [{ accessKeyId: "sandbox-key-id", accessKeySecret: "sandbox-key-secret", securityToken: undefined }],
  scenes: [{ sceneId: "1000000006" }],
};

/** Properties of a `FaceVerifyError`. */
export interface TestErrorOptions {
  /** Why the call failed. */
  kind: ErrorKind;
  /** Alibaba Cloud's Code, or the client's name for a local failure. */
  code: string;
  /** Default false; must be false if `execution` is `unknown`. */
  retryable?: boolean | undefined;
  /** Default `none`. */
  execution?: Execution | undefined;
  /** Default `developer`. */
  audience?: Audience | undefined;
  /** Default: that it is an error of a test. */
  messages?: Messages | undefined;
  /** The language of `message`; default `en`. */
  language?: keyof Messages | undefined;
  /** Alibaba Cloud's RequestId; default null. */
  requestId?: string | undefined;
  /** HTTP status of the response; default null. */
  httpStatus?: number | undefined;
  /** The CertifyId that `orders` could not keep, for the code `OrderNotStored`; default null. */
  certifyId?: string | undefined;
  /** What is wrong with each parameter, for the kind `validation`. */
  fields?: readonly Pick<FieldProblem, "field" | "rule" | "messages">[] | undefined;
  /** The error that a function of the program threw; `cause` is a sanitized copy of it. */
  cause?: unknown;
}

/**
 * Creates an error like those of the client, for a mock of it. Recognize it by `isFaceVerifyError`: it is not an instance
 * of the class that `cloudauth-edge/gateway-client` exports. To make a real call fail, use a fault of the sandbox.
 *
 * @param options its properties; only `kind` and `code` are required
 * @throws a TypeError if the client never throws such an error: `retryable` with an `execution` of `unknown`
 */
export function createFaceVerifyError(options: TestErrorOptions): FaceVerifyError {
  assertObject("options", options);
  const {
    kind,
    code,
    retryable = false,
    execution = "none",
    audience = "developer",
    messages = { zh: `测试错误 ${code}`, en: `Error ${code} of a test` },
    language = "en",
    requestId,
    httpStatus,
    certifyId,
    fields,
    cause,
  } = options;
  if (retryable && execution === "unknown")
    throw new TypeError(
      "An error whose execution is unknown is never retryable. execution 为 unknown 的错误，retryable 恒为 false。",
    );
  const description = {
    kind,
    code,
    message: messages,
    audience,
    retryable,
    execution,
    requestId: requestId ?? null,
    httpStatus: httpStatus ?? null,
    ...(certifyId !== undefined && { certifyId }),
    fields: (fields ?? []).map(({ field, rule, messages: message }) => ({ field, rule, message })),
  };
  return FaceVerifyError.of(description, language, cause);
}
