// A Cloudflare Worker with two routes, for an app: start a verification, and tell how it ended.

import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";
import { checkCertName, checkCertNo } from "cloudauth-edge/identity";
import { Hono } from "hono";

const KEPT_SECONDS = 24 * 60 * 60;

const app = new Hono();

function clientOf({ CLOUDAUTH_ENDPOINT: endpoint, ...env }) {
  return new FaceVerifyClient({
    credentials: credentialsFromEnvironment(env),
    endpoint, // default: Alibaba Cloud
  });
}

app.post("/verifications", async ({ env, req, json }) => {
  const userId = signedIn(req);
  const { certName, certNo, metaInfo } = (await req.json().catch(() => null)) ?? {};
  const problem = mistyped({ certName, certNo });
  if (problem) return json({ message: problem }, 422);
  const outerOrderNo = newOuterOrderNo("shop");
  const { certifyId } = await clientOf(env).initFaceVerify({
    sceneId: env.CLOUDAUTH_SCENE_ID,
    outerOrderNo,
    userId,
    certName,
    certNo,
    metaInfo, // unchanged from the app's SDK
  });
  const order = JSON.stringify({ userId, certifyId });
  await env.ORDERS.put(outerOrderNo, order, { expirationTtl: KEPT_SECONDS });
  return json({ outerOrderNo, certifyId }, 201);
});

app.get("/verifications/:outerOrderNo", async ({ env, req, json }) => {
  const order = await env.ORDERS.get(req.param("outerOrderNo"), "json");
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(req)) return json({ message: "没有这笔订单" }, 404);
  const { certifyId } = order;
  const { status } = await clientOf(env).describeFaceVerify({ sceneId: env.CLOUDAUTH_SCENE_ID, certifyId });
  return json({ status }); // pending, passed or rejected
});

/** What the user must correct before anything is sent; undefined if nothing. */
function mistyped({ certName, certNo }) {
  const name = checkCertName(certName);
  const number = checkCertNo(certNo);
  if (!name.ok) return `姓名${name.message.zh}`;
  if (!number.ok) return `证件号码${number.message.zh}`;
}

/** Who is signed in. A real backend takes this from its session. */
function signedIn(request) {
  return request.header("x-user-id") ?? "";
}

app.onError((error, { json }) => {
  if (!isFaceVerifyError(error)) throw error;
  const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
  console.error({ kind, code, requestId });
  // Of the app's input, only metaInfo is validated by the client and not by mistyped().
  const sent = fields.some(({ field }) => field === "metaInfo");
  if (sent) return json({ message: "metaInfo 有误" }, 400);
  if (audience === "user") return json({ message: messages.zh }, 422);
  return json({ message: "认证服务暂不可用，请稍后再试" }, 502);
});

export default app;
