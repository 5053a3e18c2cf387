import { SceneId } from "./routes.js";

// The two actions, hand-written in JavaScript and signed with WebCrypto, without validation or guarantees.

const encode = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const bytes = (text) => new TextEncoder().encode(text);

async function call(env, action, values) {
  const all = {
    Action: action,
    Version: "2019-03-07",
    Format: "JSON",
    AccessKeyId: env.ACCESS_KEY_ID,
    SignatureMethod: "HMAC-SHA1",
    SignatureVersion: "1.0",
    SignatureNonce: crypto.randomUUID(),
    Timestamp: new Date().toISOString().replace(/\.\d+/, ""),
    ...values,
  };
  const form = Object.keys(all)
    .sort()
    .map((name) => `${encode(name)}=${encode(all[name])}`)
    .join("&");
  const how = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.importKey("raw", bytes(`${env.ACCESS_KEY_SECRET}&`), how, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(`POST&%2F&${encode(form)}`));
  const text = btoa(String.fromCharCode(...new Uint8Array(signature)));
  const response = await fetch(env.UPSTREAM, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `${form}&Signature=${encode(text)}`,
  });
  return response.json();
}

const wire = (given) =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), value]),
  );

/** The client for `routes.js`. */
export const byHand = (env) => ({
  async init(given) {
    const answer = await call(env, "InitFaceVerify", wire(given));
    if (answer.Code !== "200") throw new Error(answer.Code);
    return answer.ResultObject.CertifyId;
  },
  async describe(certifyId) {
    const answer = await call(env, "DescribeFaceVerify", { SceneId, CertifyId: certifyId });
    return answer.ResultObject?.Passed === "T" ? "passed" : "pending";
  },
});
