// Mistakes that the types must reject. Each comment covers the next line; a mistake that compiles is an error.

import {
  FaceVerifyClient,
  FaceVerifyError,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
  type DescribeFaceVerifyResult,
  type InitFaceVerifyParameters,
  type RejectedResult,
} from "cloudauth-edge";
import { checkCertNo } from "cloudauth-edge/identity";
import { memoryOrders } from "cloudauth-edge/orders";

declare const client: FaceVerifyClient;
declare const result: DescribeFaceVerifyResult;
declare const error: unknown;
const memory = memoryOrders();
const { begin, settle, read } = memory;
const keys = { accessKeyId: "LTAIexample", accessKeySecret: "example-secret" };
const order = { sceneId: 1, outerOrderNo: newOuterOrderNo(), metaInfo: "{}" };

export const options = [
  // @ts-expect-error half of a key pair
  new FaceVerifyClient({ accessKeyId: "LTAIexample" }),
  // @ts-expect-error two sources of credentials
  new FaceVerifyClient({ ...keys, credentials: async () => keys }),
  // @ts-expect-error credentials without a secret
  new FaceVerifyClient({ credentials: { accessKeyId: "LTAIexample" } }),
  // @ts-expect-error an option's typo
  new FaceVerifyClient({ ...keys, timeout: 1_000 }),
  // @ts-expect-error a duration with its unit
  new FaceVerifyClient({ ...keys, timeoutMs: "10s" }),
  // @ts-expect-error a scheme that does not exist
  new FaceVerifyClient({ ...keys, signatureVersion: "2.0" }),
  // @ts-expect-error an unsupported language
  new FaceVerifyClient({ ...keys, language: "fr" }),
  // @ts-expect-error an endpoint as a URL object
  new FaceVerifyClient({ ...keys, endpoint: new URL("https://cloudauth.aliyuncs.com") }),
  // @ts-expect-error a fetch that does not return a Response
  new FaceVerifyClient({ ...keys, fetch: async () => "{}" }),
  // @ts-expect-error a hook that reads a member that does not exist
  new FaceVerifyClient({ ...keys, onAttempt: (report) => report.parameters }),
  // @ts-expect-error a store without a secret
  new FaceVerifyClient({ ...keys, orders: { begin, settle, read } }),
  // @ts-expect-error a store that does not say whether it inserted
  new FaceVerifyClient({ ...keys, orders: { ...memory, begin: async () => {} } }),
];

export const parameters: InitFaceVerifyParameters[] = [
  // @ts-expect-error a parameter's typo
  { ...order, certNumber: "" },
  // @ts-expect-error Alibaba Cloud's capitalization
  { ...order, CertName: "" },
  // @ts-expect-error no order number
  { sceneId: 1, metaInfo: "{}" },
  // @ts-expect-error no scene
  { outerOrderNo: "", metaInfo: "{}" },
  // @ts-expect-error a scene that is not a number
  { ...order, sceneId: { id: 1 } },
  // @ts-expect-error MetaInfo parsed
  { ...order, metaInfo: { zimVer: "3.0.0" } },
  // @ts-expect-error T or F
  { ...order, crop: "Y" },
  // @ts-expect-error Y or N
  { ...order, readImg: true },
  // @ts-expect-error the words true and false
  { ...order, videoEvidence: true },
  // @ts-expect-error WEB or H5
  { ...order, certifyUrlType: "APP" },
  // @ts-expect-error a date as an object
  { ...order, birthday: new Date() },
  // @ts-expect-error a list that must be JSON
  { ...order, voluntaryCustomizedContent: ["好的"] },
];

export const calls = [
  // @ts-expect-error no parameters
  () => client.initFaceVerify(),
  // @ts-expect-error only the CertifyId
  () => client.describeFaceVerify("0123456789abcdef0123456789abcdef"),
  // @ts-expect-error no CertifyId
  () => client.describeFaceVerify({ sceneId: 1 }),
  // @ts-expect-error a controller instead of its signal
  () => client.describeFaceVerify({ sceneId: 1, certifyId: "" }, { signal: new AbortController() }),
  // @ts-expect-error an option of the client
  () => client.describeFaceVerify({ sceneId: 1, certifyId: "" }, { timeoutMs: 1 }),
  // @ts-expect-error a deadline as a date
  () => client.waitForResult({ sceneId: 1, certifyId: "" }, { deadlineMs: new Date() }),
  // @ts-expect-error an order number instead of a prefix
  () => newOuterOrderNo(1),
  // @ts-expect-error no token to compare with
  () => parseCallback("/callback"),
  // @ts-expect-error an environment without any of the variables
  () => credentialsFromEnvironment({ ACCESS_KEY: "" }),
  // @ts-expect-error an identity number as a number
  () => checkCertNo(11010519491231002),
];

declare const rejected: RejectedResult;
/** In each branch, and where nobody has looked at `status`. */
export function material(): unknown {
  // @ts-expect-error nothing is known yet
  const photo: unknown = result.material;
  // @ts-expect-error nor the SubCode
  const early: unknown[] = [photo, result.subCode];
  switch (result.status) {
    case "pending":
      // @ts-expect-error the user has not finished
      return [early, result.material];
    case "rejected":
      return result.material?.faceAttack;
    case "passed":
      return result.material?.facialPictureFront?.pictureUrl;
  }
}

export const results = [
  // @ts-expect-error Alibaba Cloud's member, which does not decide by itself
  () => result.passed,
  // @ts-expect-error a status that does not exist
  () => result.status === "ok",
  // @ts-expect-error a material that may be missing
  () => rejected.material.facialPictureFront,
  // @ts-expect-error a picture that may be missing
  () => rejected.material?.facialPictureFront.pictureUrl,
  // @ts-expect-error a SubCode outside of the tables
  () => rejected.subCodeInfo.messages,
  // @ts-expect-error raw members are unknown
  (): string => result.raw["Passed"],
  // @ts-expect-error a rejected number has no parts
  () => checkCertNo("").birthDate,
];

export function errors() {
  // @ts-expect-error unknown until it is narrowed
  const early = error.kind;
  if (!isFaceVerifyError(error)) return early;
  // @ts-expect-error errors are read-only
  error.kind = "timeout";
  // @ts-expect-error and so are their fields
  error.fields.push(error.fields[0]);
  // @ts-expect-error a kind that does not exist
  if (error.kind === "network") return error;
  // @ts-expect-error may be null
  const id: string = error.requestId;
  // @ts-expect-error only the client creates errors
  return new FaceVerifyError(id);
}
