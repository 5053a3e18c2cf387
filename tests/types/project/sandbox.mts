// Lists every member of the sandbox by name, as every.mts does for the client.

import { FaceVerifyClient, newOuterOrderNo } from "cloudauth-edge";
import {
  createSandbox,
  type Sandbox,
  type SandboxAccount,
  type SandboxClock,
  type SandboxError,
  type SandboxFault,
  type SandboxKey,
  type SandboxOptions,
  type SandboxRam,
  type SandboxScene,
  type SandboxServer,
  type SandboxState,
  type SandboxStore,
  type SandboxVerification,
} from "cloudauth-edge/sandbox";

const ram: SandboxRam[] = ["allowed", "denied", "forbidden"];
const key: Required<SandboxKey> = {
  accessKeyId: "key-id",
  accessKeySecret: "key-secret",
  securityToken: "token",
  disabled: false,
  ram: "allowed",
};
const scene: Required<SandboxScene> = { sceneId: 1000000007, pictures: true };
const account: Required<SandboxAccount> = {
  accountId: "1",
  keys: [key],
  scenes: [scene, { sceneId: "9223372036854775807" }, { sceneId: 9007199254740993n }],
  callsPerSecond: 0,
};
const rows = new Map<string, string>();
const store: SandboxStore = {
  get: (row) => rows.get(row) ?? null,
  list: (prefix) => [...rows].filter(([row]) => row.startsWith(prefix)),
  put: (row, value, _expiresAt: number | null, _now: number) => void rows.set(row, value),
  clear: () => rows.clear(),
};
const options: Omit<Required<SandboxOptions>, "file"> & Pick<SandboxOptions, "file"> = {
  accounts: [account],
  store,
  now: Date.now,
  fetch: globalThis.fetch,
  controlToken: "control-token",
};

const sandbox: Sandbox = createSandbox(options);
const server: SandboxServer = await sandbox.listen({ port: 0, host: "127.0.0.1" });
if (!server.url.endsWith(`:${server.port}`)) throw new Error(server.url);
await server.close();

const client = new FaceVerifyClient({
  accessKeyId: key.accessKeyId,
  accessKeySecret: key.accessKeySecret,
  securityToken: key.securityToken,
  endpoint: "http://127.0.0.1:1",
  fetch: sandbox.fetch,
});
const order = { sceneId: 1000000007, outerOrderNo: newOuterOrderNo(), metaInfo: "{}" };
const { certifyId } = await client.initFaceVerify(order);

const opened: SandboxVerification = await sandbox.open(certifyId);
const named: Record<keyof SandboxVerification, true> = {
  certifyId: true,
  accountId: true,
  sceneId: true,
  outerOrderNo: true,
  productCode: true,
  stage: true,
  createdAt: true,
  expiresAt: true,
  openedAt: true,
  endedAt: true,
  passed: true,
  subCode: true,
  code: true,
  callback: true,
  certifyUrl: true,
  returnUrl: true,
};
const [found, expected] = [opened, named].map((value) => Object.keys(value).sort().join(" "));
if (found !== expected) throw new Error(`a verification has\n  ${found}\nand by its type\n  ${expected}`);

const submitted = await sandbox.submit(certifyId, "205", { qualityScore: 60 });
const again: SandboxVerification = await sandbox.verification(certifyId);
const all: SandboxVerification[] = await sandbox.verifications({ outerOrderNo: order.outerOrderNo });
if (submitted.stage !== "ended" || again.subCode !== "205" || all.length !== 1)
  throw new Error("not submitted");

const fault: Required<SandboxFault> = {
  kind: "error",
  action: "DescribeFaceVerify",
  outerOrderNo: order.outerOrderNo,
  accessKeyId: key.accessKeyId,
  count: 1,
  skip: 0,
  millis: 1,
  status: 500,
  code: "500",
  body: "",
  executed: false,
};
const { status: _, body: __, ...error } = fault;
await sandbox.injectFault(error);
await sandbox.clearFaults();
const clocks: SandboxClock[] = [
  await sandbox.advanceClock(1_000),
  await sandbox.setClock(new Date()),
  await sandbox.setClock("2049-12-31T00:00:00Z"),
];
if (!clocks[2]?.now.startsWith("2049-12-31")) throw new Error("the clock was not set");
const state: SandboxState = await sandbox.state();
if (state.accounts[0]?.accountId !== account.accountId) throw new Error("another account");
if (state.faults.length !== 0 || state.clock.offsetMillis <= 0) throw new Error("another state");

try {
  await sandbox.verification("unknown");
  throw new Error("no error");
} catch (thrown) {
  const { code, status } = thrown as SandboxError;
  if (status !== 404 || !code) throw thrown;
}
await sandbox.reset();
await sandbox.close();
if (ram.length !== 3) throw new Error("ram");
