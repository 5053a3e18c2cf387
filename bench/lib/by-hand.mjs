// Both signature schemes, hand-written with node:crypto.

import { createHash, createHmac, randomUUID } from "node:crypto";
import { keys } from "./input.mjs";

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const query = (values) =>
  Object.keys(values)
    .sort()
    .map((name) => `${encode(name)}=${encode(String(values[name]))}`)
    .join("&");
const now = () => new Date().toISOString().replace(/\.\d+/, "");

/** RPC 1.0 with every parameter in the body. */
export function signRpc(endpoint, values) {
  const form = query({
    Action: "InitFaceVerify",
    Version: "2019-03-07",
    Format: "JSON",
    AccessKeyId: keys.accessKeyId,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: randomUUID(),
    Timestamp: now(),
    ...values,
  });
  const signature = createHmac("sha1", `${keys.accessKeySecret}&`)
    .update(`POST&%2F&${encode(form)}`)
    .digest("base64");
  return {
    url: `${endpoint}/`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `${form}&Signature=${encode(signature)}`,
  };
}

/** Parameters that Alibaba Cloud's metadata places in the body under ACS3. */
const IN_BODY = ["Model", "FaceContrastPicture"];

/** ACS3-HMAC-SHA256. */
export function signAcs3(endpoint, values) {
  const { host } = new URL(endpoint);
  const entries = Object.entries(values);
  const body = query(Object.fromEntries(entries.filter(([name]) => IN_BODY.includes(name))));
  const search = query(Object.fromEntries(entries.filter(([name]) => !IN_BODY.includes(name))));
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    host,
    "x-acs-action": "InitFaceVerify",
    "x-acs-content-sha256": createHash("sha256").update(body).digest("hex"),
    "x-acs-date": now(),
    "x-acs-signature-nonce": randomUUID(),
    "x-acs-version": "2019-03-07",
  };
  const names = Object.keys(headers);
  const signed = names.join(";");
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join("");
  const canonical = `POST\n/\n${search}\n${lines}\n${signed}\n${headers["x-acs-content-sha256"]}`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const signature = createHmac("sha256", keys.accessKeySecret)
    .update(`ACS3-HMAC-SHA256\n${digest}`)
    .digest("hex");
  headers.authorization = `ACS3-HMAC-SHA256 Credential=${keys.accessKeyId},SignedHeaders=${signed},Signature=${signature}`;
  return { url: `${endpoint}/?${search}`, headers, body };
}
