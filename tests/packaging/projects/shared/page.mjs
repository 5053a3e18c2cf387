// The page of every project for browsers; `?sandbox=` gives the sandbox's URL.

import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { verify } from "./verify.mjs";

const endpoint = new URLSearchParams(location.search).get("sandbox");

/** A secret on a page is public: the client must reject it. */
function withSecretInPage() {
  try {
    return new FaceVerifyClient({ accessKeyId: "LTAIexample", accessKeySecret: "example", endpoint });
  } catch (error) {
    if (!isFaceVerifyError(error)) throw error;
    return { kind: error.kind, fields: error.fields.map(({ field, rule }) => `${field} ${rule}`) };
  }
}

async function run() {
  const refused = withSecretInPage();
  const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
  return { refused, ...(await verify(edge, identity, { endpoint, dangerouslyAllowBrowser: true })) };
}

run().then(
  (result) => (document.querySelector("output").value = JSON.stringify(result)),
  (error) => (document.querySelector("output").value = `${error}\n${error.stack}`),
);
