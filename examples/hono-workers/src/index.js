// A Cloudflare Worker with two routes for an app: start a verification, and return its result.

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
  // Stored before the start, so that the order is known whatever happens next.
  await save(env, `order:${outerOrderNo}`, { userId, since: Date.now() });
  try {
    const { certifyId } = await clientOf(env).initFaceVerify({
      sceneId: env.CLOUDAUTH_SCENE_ID,
      outerOrderNo,
      userId,
      certName,
      certNo,
      metaInfo, // unchanged from the app's SDK
    });
    await save(env, `result:${outerOrderNo}`, { state: "started", certifyId });
    return json({ outerOrderNo, certifyId }, 201);
  } catch (error) {
    const failed = isFaceVerifyError(error) && error.execution === "none";
    await save(env, `result:${outerOrderNo}`, { state: failed ? "failed" : "unknown" });
    if (failed) throw error;
    console.error({ outerOrderNo, state: "unknown", code: error.code });
    return json({ outerOrderNo, status: "unknown", message: "未能确认本次认证，请重新发起认证" }, 502);
  }
});

app.get("/verifications/:outerOrderNo", async ({ env, req, json }) => {
  const order = await find(env, req.param("outerOrderNo"));
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(req)) return json({ message: "没有这笔订单" }, 404);
  const { state, certifyId } = order;
  if (state !== "started") return json({ status: state }); // starting, failed or unknown
  const { status } = await clientOf(env).describeFaceVerify({ sceneId: env.CLOUDAUTH_SCENE_ID, certifyId });
  return json({ status }); // pending, passed or rejected
});

/** Resolves an unknown order after an operator has asked Alibaba Cloud: `certifyId` is the one it has, or null. */
app.put("/verifications/:outerOrderNo", async ({ env, req, json }) => {
  const outerOrderNo = req.param("outerOrderNo");
  if (!isOperator(req, env)) return json({ message: "仅限运维" }, 403);
  const order = await find(env, outerOrderNo);
  if (order?.state !== "unknown") return json({ message: "无须核对" }, 409);
  const { certifyId } = (await req.json().catch(() => null)) ?? {};
  const state = certifyId ? "started" : "failed";
  await save(env, `result:${outerOrderNo}`, { state, certifyId });
  return json({ status: state });
});

/**
 * An order is two values: the owner, written before the start, and the state with the CertifyId, written after it. KV
 * accepts one write per second to a key, and a start can be faster. KV is eventually consistent: another place may see
 * a write a minute later. Where an order must have one state everywhere, use a Durable Object or D1.
 */
function save({ ORDERS }, key, value) {
  return ORDERS.put(key, JSON.stringify(value), { expirationTtl: KEPT_SECONDS });
}

/** An order's owner, state and CertifyId; null if there is none. */
async function find({ ORDERS }, outerOrderNo) {
  const read = (key) => ORDERS.get(`${key}:${outerOrderNo}`, "json");
  const [order, result] = await Promise.all([read("order"), read("result")]);
  if (!order) return null;
  // A Worker that ends during a start leaves no result. No call takes a minute, and its result is seen within another.
  const state = Date.now() - order.since > 120_000 ? "unknown" : "starting";
  return { ...order, state, ...result };
}

/** What the user must correct before anything is sent; undefined if the input is valid. */
function mistyped({ certName, certNo }) {
  const name = checkCertName(certName);
  const number = checkCertNo(certNo);
  if (!name.ok) return `姓名${name.messages.zh}`;
  if (!number.ok) return `证件号码${number.messages.zh}`;
}

/** The signed-in user. A real backend takes it from the session. */
function signedIn(request) {
  return request.header("x-user-id") ?? "";
}

/** Whether the user may reconcile orders. A real backend uses its own access control. */
function isOperator(request, { OPERATOR_TOKEN }) {
  return Boolean(OPERATOR_TOKEN) && request.header("authorization") === `Bearer ${OPERATOR_TOKEN}`;
}

app.onError((error, { json }) => {
  if (!isFaceVerifyError(error)) throw error;
  const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
  console.error({ kind, code, requestId });
  // Of the app's input, mistyped() does not validate metaInfo; only the client does.
  const sent = fields.some(({ field }) => field === "metaInfo");
  if (sent) return json({ message: "metaInfo 有误" }, 400);
  if (audience === "user") return json({ message: messages.zh }, 422);
  // The SDK in the app is too old: its developer must update it, and then the user the app.
  if (code === "415") return json({ message: "App 版本过低，请更新 App 后重试" }, 422);
  return json({ message: "认证服务暂不可用，请稍后再试" }, 502);
});

export default app;
