// A backend with two routes for its app: start a verification, and return its result.

import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";
import { checkCertName, checkCertNo } from "cloudauth-edge/identity";
import express from "express";

const { CLOUDAUTH_ENDPOINT: endpoint, CLOUDAUTH_SCENE_ID: sceneId = "", PORT = "3000" } = process.env;
const client = new FaceVerifyClient({
  credentials: credentialsFromEnvironment(),
  endpoint, // default: Alibaba Cloud
});

/** Orders by number: owner, state and CertifyId. A real backend keeps them in its database. */
const orders = new Map();

const app = express();
app.use(express.json());

app.post("/verifications", async (request, response) => {
  const userId = signedIn(request);
  const { certName, certNo, metaInfo } = request.body ?? {}; // undefined if the body is empty
  const problem = mistyped({ certName, certNo });
  if (problem) return response.status(422).json({ message: problem });
  const outerOrderNo = newOuterOrderNo("shop");
  // Stored before the start, so that the order is known whatever happens next.
  orders.set(outerOrderNo, { userId, state: "starting", since: Date.now() });
  try {
    const { certifyId } = await client.initFaceVerify({
      sceneId,
      outerOrderNo,
      userId,
      certName,
      certNo,
      metaInfo, // unchanged from the app's SDK
    });
    orders.set(outerOrderNo, { userId, state: "started", certifyId });
    response.status(201).json({ outerOrderNo, certifyId });
  } catch (error) {
    const failed = isFaceVerifyError(error) && error.execution === "none";
    orders.set(outerOrderNo, { userId, state: failed ? "failed" : "unknown" });
    if (failed) throw error;
    console.error({ outerOrderNo, state: "unknown", code: error.code });
    const message = "未能确认本次认证，请重新发起认证";
    response.status(502).json({ outerOrderNo, status: "unknown", message });
  }
});

app.get("/verifications/:outerOrderNo", async (request, response) => {
  const order = orders.get(request.params.outerOrderNo);
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(request)) return response.status(404).json({ message: "没有这笔订单" });
  const state = stateOf(order);
  if (state !== "started") return response.json({ status: state }); // starting, failed or unknown
  const { status } = await client.describeFaceVerify({ sceneId, certifyId: order.certifyId });
  response.json({ status }); // pending, passed or rejected
});

/** Resolves an unknown order with what Alibaba Cloud has for it: a CertifyId, or null. */
app.put("/verifications/:outerOrderNo", (request, response) => {
  const order = orders.get(request.params.outerOrderNo);
  if (!isOperator(request)) return response.status(403).json({ message: "仅限运维" });
  if (!order || stateOf(order) !== "unknown") return response.status(409).json({ message: "无须核对" });
  const { certifyId } = request.body ?? {};
  const state = certifyId ? "started" : "failed";
  orders.set(request.params.outerOrderNo, { userId: order.userId, state, certifyId });
  response.json({ status: state });
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
  return request.get("x-user-id") ?? "";
}

/** Whether the user may reconcile orders. A real backend uses its own access control. */
function isOperator(request) {
  const { OPERATOR_TOKEN } = process.env;
  return Boolean(OPERATOR_TOKEN) && request.get("authorization") === `Bearer ${OPERATOR_TOKEN}`;
}

app.use((error, request, response, next) => {
  // The error of express.json() contains the body, and Express logs every error that it receives from next().
  if (error.status < 500) return response.status(error.status).json({ message: "请求有误" });
  if (!isFaceVerifyError(error)) return next(error);
  const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
  console.error({ kind, code, requestId });
  // Of the app's input, mistyped() does not validate metaInfo; only the client does.
  const sent = fields.some(({ field }) => field === "metaInfo");
  if (sent) return response.status(400).json({ message: "metaInfo 有误" });
  if (audience === "user") return response.status(422).json({ message: messages.zh });
  // The SDK in the app is too old: its developer must update it, and then the user the app.
  if (code === "415") return response.status(422).json({ message: "App 版本过低，请更新 App 后重试" });
  response.status(502).json({ message: "认证服务暂不可用，请稍后再试" });
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
