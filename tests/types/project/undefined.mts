// Every optional member also accepts undefined, the value of a setting that the environment does not have.

import {
  FaceVerifyClient,
  newOuterOrderNo,
  type CallOptions,
  type ClientOptions,
  type Credentials,
  type DescribeFaceVerifyParameters,
  type InitFaceVerifyParameters,
  type WaitOptions,
} from "cloudauth-edge";
import { checkCertNo } from "cloudauth-edge/identity";
import {
  createSandbox,
  type SandboxAccount,
  type SandboxFault,
  type SandboxKey,
  type SandboxOptions,
  type SandboxScene,
} from "cloudauth-edge/sandbox";

type Optional<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];
type TakesUndefined<T> = { [K in Optional<T>]: undefined } extends Pick<T, Optional<T>> ? true : never;

export const all: [
  TakesUndefined<CallOptions>,
  TakesUndefined<ClientOptions>,
  TakesUndefined<Credentials>,
  TakesUndefined<DescribeFaceVerifyParameters>,
  TakesUndefined<InitFaceVerifyParameters>,
  TakesUndefined<WaitOptions>,
  TakesUndefined<SandboxAccount>,
  TakesUndefined<SandboxFault>,
  TakesUndefined<SandboxKey>,
  TakesUndefined<SandboxOptions>,
  TakesUndefined<SandboxScene>,
] = [true, true, true, true, true, true, true, true, true, true, true];

const unset: { string?: string } = {};
const sandbox = createSandbox({ accounts: undefined, controlToken: unset.string, file: unset.string });
const server = await sandbox.listen({ port: undefined, host: unset.string });
const client = new FaceVerifyClient({
  accessKeyId: "sandbox-key-id",
  accessKeySecret: "sandbox-key-secret",
  securityToken: unset.string,
  endpoint: unset.string ?? server.url,
  timeoutMs: undefined,
  signatureVersion: undefined,
  fetch: undefined,
  language: undefined,
  onAttempt: undefined,
  orders: undefined,
});
const parameters: InitFaceVerifyParameters = {
  sceneId: 1000000006,
  outerOrderNo: newOuterOrderNo(undefined),
  userId: unset.string,
  metaInfo: '{"zimVer":"3.0.0","appVersion":"1"}',
  certName: "张三",
  certNo: "11010519491231002X",
  callbackUrl: unset.string,
};
const { certifyId } = await client.initFaceVerify(parameters, { signal: undefined });
await sandbox.submit(certifyId, undefined);
const result = await client.waitForResult(
  { sceneId: 1000000006, certifyId },
  { deadlineMs: undefined, onPending: undefined, signal: undefined },
);
const card = checkCertNo(unset.string, { allowResidencePermits: undefined });
await sandbox.close();
if (result.status !== "passed" || card.ok || card.rule !== "missing")
  throw new Error(JSON.stringify({ result, card }));
