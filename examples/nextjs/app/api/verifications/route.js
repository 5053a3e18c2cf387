// POST /api/verifications starts a verification; GET /api/verifications?outerOrderNo=… returns its result.

import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";
import { checkCertName, checkCertNo } from "cloudauth-edge/identity";

/** Orders by number: owner, state and CertifyId. A real backend keeps them in its database. */
const orders = new Map();

// Created at the first request, because the server's environment variables are not set during the build.
let made;
function client() {
  const endpoint = process.env.CLOUDAUTH_ENDPOINT;
  return (made ??= new FaceVerifyClient({
    credentials: credentialsFromEnvironment(),
    endpoint, // default: Alibaba Cloud
  }));
}

export const POST = answering(async (request) => {
  const userId = signedIn(request);
  const { certName, certNo, metaInfo } = (await request.json().catch(() => null)) ?? {};
  const problem = mistyped({ certName, certNo });
  if (problem) return Response.json({ message: problem }, { status: 422 });
  const outerOrderNo = newOuterOrderNo("shop");
  // Stored before the start, so that the order is known whatever happens next.
  orders.set(outerOrderNo, { userId, state: "starting", since: Date.now() });
  try {
    const { certifyId } = await client().initFaceVerify({
      sceneId: process.env.CLOUDAUTH_SCENE_ID,
      outerOrderNo,
      userId,
      certName,
      certNo,
      metaInfo, // unchanged from the app's SDK
    });
    orders.set(outerOrderNo, { userId, state: "started", certifyId });
    return Response.json({ outerOrderNo, certifyId }, { status: 201 });
  } catch (error) {
    const failed = isFaceVerifyError(error) && error.execution === "none";
    orders.set(outerOrderNo, { userId, state: failed ? "failed" : "unknown" });
    if (failed) throw error;
    console.error({ outerOrderNo, state: "unknown", code: error.code });
    const message = "未能确认本次认证，请重新发起认证";
    return Response.json({ outerOrderNo, status: "unknown", message }, { status: 502 });
  }
});

export const GET = answering(async (request) => {
  const order = orders.get(new URL(request.url).searchParams.get("outerOrderNo"));
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(request)) {
    return Response.json({ message: "没有这笔订单" }, { status: 404 });
  }
  const state = stateOf(order);
  if (state !== "started") return Response.json({ status: state }); // starting, failed or unknown
  const { certifyId } = order;
  const { status } = await client().describeFaceVerify({
    sceneId: process.env.CLOUDAUTH_SCENE_ID,
    certifyId,
  });
  return Response.json({ status }); // pending, passed or rejected
});

/**
 * Resolves an unknown order after an operator has asked Alibaba Cloud: `certifyId` is the one it has, or
 * null.
 */
export const PUT = answering(async (request) => {
  const outerOrderNo = new URL(request.url).searchParams.get("outerOrderNo");
  if (!isOperator(request)) return Response.json({ message: "仅限运维" }, { status: 403 });
  const order = orders.get(outerOrderNo);
  if (!order || stateOf(order) !== "unknown") return Response.json({ message: "无须核对" }, { status: 409 });
  const { certifyId } = (await request.json().catch(() => null)) ?? {};
  const state = certifyId ? "started" : "failed";
  orders.set(outerOrderNo, { userId: order.userId, state, certifyId });
  return Response.json({ status: state });
});

/** A process that ends during a start leaves the order `starting`; no call takes a minute. */
function stateOf({ state, since }) {
  return state === "starting" && Date.now() - since > 60_000 ? "unknown" : state;
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
  return request.headers.get("x-user-id") ?? "";
}

/** Whether the user may reconcile orders. A real backend uses its own access control. */
function isOperator(request) {
  const { OPERATOR_TOKEN } = process.env;
  return Boolean(OPERATOR_TOKEN) && request.headers.get("authorization") === `Bearer ${OPERATOR_TOKEN}`;
}

/** Wraps a route and reports its errors to the party that can correct them. */
function answering(route) {
  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      if (!isFaceVerifyError(error)) throw error;
      const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
      console.error({ kind, code, requestId });
      // Of the app's input, mistyped() does not validate metaInfo; only the client does.
      const sent = fields.some(({ field }) => field === "metaInfo");
      if (sent) return Response.json({ message: "metaInfo 有误" }, { status: 400 });
      if (audience === "user") return Response.json({ message: messages.zh }, { status: 422 });
      // The SDK in the app is too old: its developer must update it, and then the user the app.
      if (code === "415") {
        return Response.json({ message: "App 版本过低，请更新 App 后重试" }, { status: 422 });
      }
      return Response.json({ message: "认证服务暂不可用，请稍后再试" }, { status: 502 });
    }
  };
}
