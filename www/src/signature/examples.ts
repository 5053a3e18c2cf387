/** Initial requests: Alibaba Cloud's published examples, and the two actions under its test key. */

import type { Core } from "../core";

export interface Example {
  request: string;
  secret: string;
  answer: string;
}

export const exampleNames = ["right", "init", "plus", "mismatch", "acs3"] as const;
export type ExampleName = (typeof exampleNames)[number];

const SECRET = "testsecret";
/** A space as the program signed it, and as it is in the string to sign. */
const [SPACE, PLUS] = ["%2520", "%2B"];

const initFaceVerify = (timestamp: string, signature: string) => `curl 'https://cloudauth.aliyuncs.com/' \\
  -d AccessKeyId=testid -d Action=InitFaceVerify -d Version=2019-03-07 -d Format=json \\
  -d SignatureMethod=HMAC-SHA1 -d SignatureVersion=1.0 \\
  -d SignatureNonce=3156853299f313e23d1673dc12e1703d \\
  --data-urlencode Timestamp=${timestamp} \\
  -d SceneId=1000000006 -d OuterOrderNo=e0c34a77f5ac40a5aa5e6ed20c353888 \\
  -d ProductCode=LR_FR -d Model=LIVENESS -d CertType=IDENTITY_CARD -d UserId=123456789 \\
  --data-urlencode CertName=张三 -d CertNo=330103xxxxxxxxxxxx \\
  --data-urlencode 'MetaInfo={"zimVer":"3.0.0","appVersion": "1","a":"x*y~z+ /"}' \\
  --data-urlencode Signature=${signature}`;

/**
 * A request with the current time, whose signature covers its string to sign as modified by
 * `change`.
 */
function signedNow(core: Core, now: number, change = (text: string) => text): string {
  const timestamp = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const signature = core.rpcSignature(SECRET, change(stringToSign(core, initFaceVerify(timestamp, ""), now)));
  return initFaceVerify(timestamp, signature);
}

function stringToSign(core: Core, request: string, now: number): string {
  const subject = { request, scheme: null, method: null, secret: "", answer: "" };
  const examined = core.examineSignature(subject, now);
  return "Ok" in examined ? examined.Ok.stages.stringToSign : "";
}

/**
 * The server received MetaInfo without the space before the version, which the program had signed.
 */
const rewritten = (text: string) => text.replace("%253A%2520%25221", "%253A%25221");

function refusal(serverText: string): string {
  return JSON.stringify(
    {
      RequestId: "130A2C10-B9EE-4D84-88E3-5384FF039795",
      HostId: "cloudauth.aliyuncs.com",
      Code: "SignatureDoesNotMatch",
      Message: `Specified signature is not matched with our calculation. server string to sign is:${serverText}`,
    },
    null,
    2,
  );
}

/** The published examples keep their original time; the others use the current time. */
export function example(core: Core, name: ExampleName, now: number): Example {
  const made = { secret: SECRET, answer: "" };
  switch (name) {
    case "init":
      return { ...made, request: signedNow(core, now) };
    case "plus":
      return { ...made, request: signedNow(core, now, (text) => text.replaceAll(SPACE, PLUS)) };
    case "mismatch": {
      const request = signedNow(core, now);
      return { ...made, request, answer: refusal(rewritten(stringToSign(core, request, now))) };
    }
    default:
      return published[name];
  }
}

const published: Record<"right" | "acs3", Example> = {
  right: {
    request:
      "https://ecs.aliyuncs.com/?AccessKeyId=testid&Action=DescribeDedicatedHosts&Format=JSON&RegionId=cn-beijing&SignatureMethod=HMAC-SHA1&SignatureNonce=edb2b34af0af9a6d14deaf7c1a5315eb&SignatureVersion=1.0&Timestamp=2023-03-13T08%3A34%3A30Z&Version=2014-05-26&Signature=9NaGiOspFP5UPcwX8Iwt2YJXXuk%3D",
    secret: "testsecret",
    answer: "",
  },
  acs3: {
    request: `curl -X POST 'https://ecs.cn-shanghai.aliyuncs.com/?ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai' \\
  -H 'x-acs-action: RunInstances' -H 'x-acs-version: 2014-05-26' \\
  -H 'x-acs-date: 2023-10-26T10:22:32Z' \\
  -H 'x-acs-signature-nonce: 3156853299f313e23d1673dc12e1703d' \\
  -H 'x-acs-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' \\
  -H 'Authorization: ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0'`,
    secret: "YourAccessKeySecret",
    answer: "",
  },
};
