// Lists every option, parameter and result member by name. With `Required<…>`, the compiler reports names that a list
// lacks; run as a program, it checks that the package does what its types say.

import * as edge from "cloudauth-edge";
import {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  ready,
  type AttemptReport,
  type Audience,
  type Callback,
  type CallOptions,
  type CallReport,
  type ClientOptions,
  type CommonOptions,
  type Credentials,
  type DescribeFaceVerifyParameters,
  type DescribeFaceVerifyResult,
  type ErrorKind,
  type Execution,
  type Fetch,
  type FieldProblem,
  type InitFaceVerifyParameters,
  type InitFaceVerifyResult,
  type Material,
  type Messages,
  type OrderStore,
  type PassedResult,
  type PendingResult,
  type Picture,
  type RejectedResult,
  type SceneId,
  type SettledOrder,
  type StartNotice,
  type StoredOrder,
  type SubCodeInfo,
  type Verdict,
  type WaitOptions,
} from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import type { Accepted, CertNoAccepted, Problem, Refused } from "cloudauth-edge/identity";
import * as stores from "cloudauth-edge/orders";

/** The members of a type, each listed once. */
type Members<T> = Record<keyof Required<T>, true>;

function has<T extends object>(what: string, value: T | null | undefined, members: Members<T>): T {
  if (!value) throw new Error(`${what} is missing`);
  const found = Object.keys(value).sort().join(" ");
  const named = Object.keys(members).sort().join(" ");
  if (found !== named) throw new Error(`${what} has\n  ${found}\nand by its type\n  ${named}`);
  return value;
}

function is<T>(what: string, found: T, expected: T): void {
  if (found !== expected) throw new Error(`${what} is ${String(found)}, not ${String(expected)}`);
}

has<typeof edge>("cloudauth-edge", edge, {
  FaceVerifyClient: true,
  FaceVerifyError: true,
  credentialsFromEnvironment: true,
  isFaceVerifyError: true,
  newOuterOrderNo: true,
  parseCallback: true,
  ready: true,
});
has<typeof identity>("cloudauth-edge/identity", identity, {
  checkCertName: true,
  checkCertNo: true,
  checkMobile: true,
  ready: true,
});
has<typeof stores>("cloudauth-edge/orders", stores, { memoryOrders: true });
const loaded: Promise<void>[] = [ready(), identity.ready()];
await Promise.all(loaded);

// --- requests -------------------------------------------------------------------------------------------------------

const sceneIds: SceneId[] = [1000000006, 1000000006n, "9223372036854775807"];

const init: Required<InitFaceVerifyParameters> = {
  sceneId: 1000000006n,
  outerOrderNo: newOuterOrderNo("order"),
  productCode: "PV_FV",
  model: "PHOTINUS_LIVENESS",
  userId: "user-1",
  certType: "IDENTITY_CARD",
  certName: "张三",
  certNo: "11010519491231002X",
  metaInfo: "{}",
  mobile: "13800138000",
  ip: "127.0.0.1",
  returnUrl: "https://example.com/back",
  callbackUrl: "https://example.com/callback",
  callbackToken: "token",
  certifyUrlType: "WEB",
  certifyUrlStyle: "L",
  faceContrastPicture: "aGVsbG8=",
  faceContrastPictureUrl: "https://example.com/picture.jpg",
  ossBucketName: "bucket",
  ossObjectName: "object",
  certifyId: "0123456789abcdef0123456789abcdef",
  crop: "T",
  authId: "auth",
  encryptType: "SM2",
  voluntaryCustomizedContent: '["好的"]',
  suitableType: "0",
  procedurePriority: "keep",
  mode: "1",
  readImg: "Y",
  birthday: "1949-12-31",
  validityDate: "2049-12-31",
  faceGuardOutput: "DeviceRisk",
  rarelyCharacters: "N",
  uiCustomUrl: "https://example.com/ui",
  videoEvidence: "true",
  appQualityCheck: "Y",
  cameraSelection: "N",
  needMultiFaceCheck: "Y",
  h5DegradeConfirmBtn: "N",
  enableBeauty: "Y",
};
const describe: Required<DescribeFaceVerifyParameters> = {
  sceneId: "1000000006",
  certifyId: "0123456789abcdef0123456789abcdef",
  pictureReturnType: "JPG",
};
const models: InitFaceVerifyParameters["model"][] = [
  "LIVENESS",
  "PHOTINUS_LIVENESS",
  "MULTI_ACTION",
  "MOVE_ACTION",
  "MOVE_PHOTINUS",
  "ONE_OF_TOMORROW",
];

// --- responses of Alibaba Cloud -------------------------------------------------------------------------------------

const picture = {
  qualityScore: 97.5,
  verifyScore: 60,
  pictureUrl: "https://example.com/p.jpg",
  ossBucketName: "bucket",
  ossObjectName: "object",
};
const requestId = "130A2C10-B9EE-4D84-88E3-5384FF039795";
const answers: Record<string, unknown> = {
  InitFaceVerify: {
    CertifyId: init.certifyId,
    CertifyUrl: "https://example.com/verify",
  },
  DescribeFaceVerify: {
    Passed: "F",
    SubCode: "205",
    DeviceToken: "device",
    IdentityInfo: null,
    MaterialInfo: JSON.stringify({ faceAttack: "F", faceOcclusion: "F", facialPictureFront: picture }),
  },
};

/** The form of the last request. */
let form = new URLSearchParams();
let answered = 200;

const vendor: Fetch = async (url: string, request: RequestInit): Promise<Response> => {
  is("URL", url, "https://cloudauth.example.com/");
  form = new URLSearchParams(request.body === undefined ? "" : await new Response(request.body).text());
  const body = {
    RequestId: requestId,
    Code: String(answered),
    Message: "success",
    ResultObject: answers[form.get("Action") ?? ""],
  };
  return new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } });
};

function arrived(parameters: object): void {
  for (const [field, value] of Object.entries(parameters)) {
    is(field, form.get(`${field.charAt(0).toUpperCase()}${field.slice(1)}`), String(value));
  }
}

// --- the client -----------------------------------------------------------------------------------------------------

const credentials: Required<Credentials> = {
  accessKeyId: "LTAIexample",
  accessKeySecret: "example-secret",
  securityToken: "token",
  expiration: new Date(Date.now() + 3_600_000),
};
const expirations: Credentials["expiration"][] = ["2049-12-31T00:00:00Z", 2_524_521_600_000];

const reports: AttemptReport[] = [];
const memory: OrderStore = stores.memoryOrders();
// One that forgets: the client is called with one order number here.
const forgetful: Required<OrderStore> = {
  secret: memory.secret,
  begin: async (order: StoredOrder) => order.state === "starting",
  settle: async (order: SettledOrder) => order.state !== "unknown",
  read: async () => null,
};
const common: Required<CommonOptions> = {
  endpoint: ["cloudauth.example.com", "cloudauth-2.example.com"],
  signatureVersion: "1.0",
  timeoutMs: 5_000,
  totalTimeoutMs: 10_000,
  maxAttempts: 1,
  repeatInit: true,
  allowOtherProducts: true,
  allowResidencePermits: true,
  dangerouslyAllowBrowser: true,
  language: "zh",
  fetch: vendor,
  onAttempt: (report: AttemptReport) => void reports.push(report),
  orders: forgetful,
};
const everyWay: ClientOptions[] = [
  { ...common, accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret },
  { ...common, ...credentials },
  { ...common, credentials },
  { ...common, credentials: async () => credentials },
  { ...common, credentials, endpoint: "cloudauth.example.com", signatureVersion: "ACS3-HMAC-SHA256" },
  { credentials, fetch: globalThis.fetch },
];
// With the credentials in the environment.
const unconfigured: (() => FaceVerifyClient)[] = [
  () => new FaceVerifyClient(),
  () => new FaceVerifyClient({ endpoint: "http://127.0.0.1:8788" }),
];
if (unconfigured.length !== 2) throw new Error();
for (const options of everyWay) new FaceVerifyClient(options);

const client = new FaceVerifyClient({ ...common, credentials: async () => credentials });
const call: Required<CallOptions> = { signal: new AbortController().signal };

// A photo can be given in only one way, so the parameters are split.
const { faceContrastPicture, faceContrastPictureUrl, ossBucketName, ossObjectName, certifyId, ...rest } =
  init;
for (const photo of [
  { faceContrastPicture },
  { faceContrastPictureUrl },
  { ossBucketName, ossObjectName },
  { certifyId },
]) {
  const parameters: InitFaceVerifyParameters = { ...rest, ...photo };
  await client.initFaceVerify(parameters, call);
  arrived(parameters);
}
for (const sceneId of sceneIds) {
  await client.initFaceVerify({ ...rest, faceContrastPicture, sceneId });
  is("SceneId", form.get("SceneId"), String(sceneId));
}
for (const model of models)
  await client.initFaceVerify({ ...rest, faceContrastPicture, ...(model && { model }) });

has<AttemptReport>("a report", reports[0], {
  action: true,
  attempt: true,
  endpoint: true,
  beganAt: true,
  durationMs: true,
  httpStatus: true,
  kind: true,
  code: true,
  requestId: true,
  retryInMs: true,
});

const started: InitFaceVerifyResult = has<InitFaceVerifyResult>(
  "the result of InitFaceVerify",
  await client.initFaceVerify({ ...rest, faceContrastPicture }),
  { certifyId: true, certifyUrl: true, code: true, message: true, requestId: true, notices: true, raw: true },
);
const noticed: StartNotice[] = started.notices;
is(
  "notices of a start",
  noticed.map(({ field, rule, message }) => typeof message.zh + field + rule).join(),
  "",
);
const texts: (string | null)[] = [
  started.certifyId,
  started.certifyUrl,
  started.code,
  started.message,
  started.requestId,
];
is("texts", texts.join(" "), `${init.certifyId} https://example.com/verify 200 success ${requestId}`);
is("raw", started.raw["CertifyId"], init.certifyId);

const described: DescribeFaceVerifyResult = await client.describeFaceVerify(describe, call);
arrived(describe);
if (described.status === "pending") throw new Error("pending");
const verdict: PassedResult | RejectedResult = described;
has<PassedResult | RejectedResult>("the result of DescribeFaceVerify", verdict, {
  status: true,
  code: true,
  message: true,
  subCode: true,
  subCodeInfo: true,
  material: true,
  identityInfo: true,
  deviceToken: true,
  deviceRisk: true,
  userInfo: true,
  requestId: true,
  raw: true,
});
const outcome: [DescribeFaceVerifyResult["status"], string, string | null, string | null] = [
  described.status,
  described.code,
  described.message,
  described.subCode,
];
is("outcome", outcome.join(" "), "rejected 200 success 205");
const common2: Verdict = described;
is("a verdict's RequestId", common2.requestId, requestId);
const others: [unknown, string | null, string[], unknown, string | null] = [
  described.identityInfo,
  described.deviceToken,
  described.deviceRisk,
  described.userInfo,
  described.requestId,
];
is("others", others.length, 5);

const info: SubCodeInfo = has<SubCodeInfo>("subCodeInfo", described.subCodeInfo, {
  code: true,
  vendorMessage: true,
  billed: true,
  passing: true,
  inVendorDocument: true,
  audience: true,
  retryable: true,
  messages: true,
});
has<Messages>("messages", info.messages, { zh: true, en: true });
const facts: [string, string, boolean | null, boolean, boolean, Audience, boolean] = [
  info.code,
  info.vendorMessage,
  info.billed,
  info.passing,
  info.inVendorDocument,
  info.audience,
  info.retryable,
];
is("facts", facts.length, 7);

const material: Material = has<Material>("material", described.material, {
  faceAttack: true,
  faceOcclusion: true,
  facialPictureFront: true,
  raw: true,
});
is<boolean | null>("faceAttack", material.faceAttack, false);
is<boolean | null>("faceOcclusion", material.faceOcclusion, false);
const front: Picture = has<Picture>("facialPictureFront", material.facialPictureFront, {
  qualityScore: true,
  verifyScore: true,
  pictureUrl: true,
  pictureUrlExpiresAt: true,
  ossBucketName: true,
  ossObjectName: true,
});
const shown: (string | null)[] = [
  front.pictureUrl,
  front.pictureUrlExpiresAt,
  front.ossBucketName,
  front.ossObjectName,
];
is("pictureUrl", shown[0], picture.pictureUrl);
const scores: (number | null)[] = [front.qualityScore, front.verifyScore];
is("scores", scores.join(" "), "97.5 60");

const waiting: Required<WaitOptions> = {
  ...call,
  deadlineMs: 1_000,
  onPending: (result: PendingResult) => is("pending", result.status, "pending"),
};
answered = 424;
const waited: DescribeFaceVerifyResult = await client.waitForResult(describe, waiting);
if (waited.status !== "pending") throw new Error(waited.status);
const unfinished: [string, string | null, string | null, Record<string, unknown>] = [
  waited.code,
  waited.message,
  waited.requestId,
  waited.raw,
];
is("unfinished", unfinished.slice(0, 3).join(" "), `424 success ${requestId}`);
for (const name of ["subCode", "subCodeInfo", "material", "identityInfo", "deviceToken", "userInfo"])
  is(name, (waited as unknown as Record<string, unknown>)[name], null);

// --- errors ---------------------------------------------------------------------------------------------------------

const kinds: Record<ErrorKind, true> = {
  validation: true,
  signature: true,
  credentials: true,
  throttled: true,
  vendor: true,
  transport: true,
  timeout: true,
  aborted: true,
  protocol: true,
  order: true,
};
answered = 401;
try {
  await client.describeFaceVerify(describe);
  throw new Error("no error");
} catch (error) {
  if (!isFaceVerifyError(error)) throw error;
  const typed: FaceVerifyError = error;
  is("instanceof", typed instanceof FaceVerifyError && typed instanceof Error, true);
  is<"FaceVerifyError">("name", typed.name, "FaceVerifyError");
  is("kind", typed.kind in kinds, true);
  is("message", typed.message, typed.messages.zh);
  const audience: Audience = typed.audience;
  const members: [string, boolean, Execution, string | null, number | null, string | null, number] = [
    typed.code,
    typed.retryable,
    typed.execution,
    typed.requestId,
    typed.httpStatus,
    typed.certifyId,
    typed.fields.length,
  ];
  is("members", [audience, ...members].join(" "), `developer 401 false none ${requestId} 200  0`);
}
try {
  new FaceVerifyClient({ accessKeyId: "", accessKeySecret: "" });
} catch (error) {
  if (!isFaceVerifyError(error)) throw error;
  const [field] = error.fields;
  const problem: FieldProblem = has<FieldProblem>("a field", field, {
    field: true,
    rule: true,
    message: true,
    messages: true,
  });
  const words: string[] = [
    problem.field,
    problem.rule,
    problem.message,
    problem.messages.zh,
    problem.messages.en,
  ];
  is("field", words[0], "accessKeyId");
}

// --- orders ---------------------------------------------------------------------------------------------------------

answered = 200;
const keeping = new FaceVerifyClient({ ...common, credentials, orders: memory });
const { ossBucketName: _, ossObjectName: __, certifyId: ___, faceContrastPictureUrl: ____, ...once } = init;
await keeping.initFaceVerify(once);
const again: InitFaceVerifyResult = await keeping.initFaceVerify(once);
is("the same CertifyId", again.certifyId, init.certifyId);
is("no Message", again.message, null);
const kept: StoredOrder = has<StoredOrder>("an order", await memory.read(init.outerOrderNo), {
  outerOrderNo: true,
  fingerprint: true,
  attempt: true,
  state: true,
  until: true,
  certifyId: true,
  certifyUrl: true,
  requestId: true,
});
const columns: [string, string, string, StoredOrder["state"], number, string | null, string | null] = [
  kept.outerOrderNo,
  kept.fingerprint,
  kept.attempt,
  kept.state,
  kept.until,
  kept.certifyUrl,
  kept.requestId,
];
is("columns", columns.length, 7);
const report: Required<CallReport> = {
  action: "InitFaceVerify",
  beganAt: 0,
  durationMs: 1,
  attempts: reports,
  kind: null,
  code: "200",
  requestId: null,
};
is("a report's code", report.code, started.code);

// --- helpers --------------------------------------------------------------------------------------------------------

const callback: Callback | null = parseCallback(
  "/callback?callbackToken=token&certifyId=abc&passed=T&subCode=200",
  "token",
);
const claims = has<Callback>("a callback", callback, {
  certifyId: true,
  tokenValid: true,
  claimsPassed: true,
  claimedSubCode: true,
});
const claimed: [string, boolean, boolean | null, string | null] = [
  claims.certifyId,
  claims.tokenValid,
  claims.claimsPassed,
  claims.claimedSubCode,
];
is("claims", claimed.join(" "), "abc true true 200");

interface Env {
  ALIBABA_CLOUD_ACCESS_KEY_ID: string;
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: string;
  ANOTHER_SETTING: { of: "any kind" };
}
const env: Env = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample",
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: "example-secret",
  ANOTHER_SETTING: { of: "any kind" },
};
const fromEnvironment: Credentials = credentialsFromEnvironment(env);
is("accessKeyId", fromEnvironment.accessKeyId, "LTAIexample");
new FaceVerifyClient({ credentials: fromEnvironment });

const card = identity.checkCertNo("11010519491231002X", { allowResidencePermits: true });
if (!card.ok) throw new Error(card.rule);
has<CertNoAccepted>("an accepted number", card, {
  ok: true,
  normalized: true,
  notices: true,
  document: true,
  provinceZh: true,
  provinceEn: true,
  birthDate: true,
  male: true,
});
const parts: [CertNoAccepted["document"], string | null, string | null, string, boolean] = [
  card.document,
  card.provinceZh,
  card.provinceEn,
  card.birthDate,
  card.male,
];
is("parts", parts.join(" "), "resident-identity-card 北京 Beijing 1949-12-31 false");

const name: Accepted | Refused = identity.checkCertName("张三", { allowResidencePermits: true });
if (!name.ok) throw new Error(name.rule);
has<Accepted>("an accepted name", name, { ok: true, normalized: true, notices: true });
const notices: Problem[] = name.notices;
is("notices", notices.length, 0);

const mobile = identity.checkMobile("1");
if (mobile.ok) throw new Error(mobile.normalized);
has<Refused>("a refused number", mobile, { ok: true, rule: true, messages: true });
const both: string[] = [mobile.messages.zh, mobile.messages.en];
is("messages", both.length, 2);
is("expirations", expirations.length, 2);
