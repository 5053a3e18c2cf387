// A backend for verifications on a web page (H5): start, Alibaba Cloud's callback, the page to which the user returns,
// and the result.

import { randomBytes, randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
  parseCallback,
} from "cloudauth-edge";
import { checkCertName, checkCertNo } from "cloudauth-edge/identity";
import express from "express";

const { CLOUDAUTH_ENDPOINT: endpoint, CLOUDAUTH_SCENE_ID: sceneId = "", PORT = "3001" } = process.env;
/** This backend's address: the one on the internet or, to try it with the sandbox, the local one. */
const { PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;
/** Alibaba Cloud calls back over HTTPS only. Without a callback, the readers below get the verdict. */
const hasCallback = PUBLIC_URL.startsWith("https:");
/** How long a CertifyUrl is valid. */
const VALID_MS = 30 * 60_000;
const client = new FaceVerifyClient({
  credentials: credentialsFromEnvironment(),
  endpoint, // default: Alibaba Cloud
});

/** Orders by number. A real backend keeps them in its database. */
const orders = new Map();
/** Users by session. A real backend has a login; here, each browser is a new user. */
const users = new Map();

const app = express();
app.use(express.json());

app.get("/", (request, response) => {
  if (!signedIn(request)) {
    const session = randomBytes(16).toString("hex");
    users.set(session, randomUUID());
    // With `strict`, the browser would not send the cookie when Alibaba Cloud's page returns the user.
    response.cookie("session", session, { httpOnly: true, sameSite: "lax", secure: hasCallback });
  }
  response.sendFile(fileURLToPath(new URL("h5.html", import.meta.url)));
});

app.post("/verifications", async (request, response) => {
  const userId = signedIn(request);
  if (!userId) return response.status(401).json({ message: "请重新打开页面" });
  const { certName, certNo, metaInfo } = request.body ?? {}; // undefined if the body is empty
  const problem = mistyped({ certName, certNo });
  if (problem) return response.status(422).json({ message: problem });
  const outerOrderNo = newOuterOrderNo("shop");
  const until = Date.now() + VALID_MS;
  const order = { userId, until, callbackToken: randomBytes(16).toString("hex") };
  // Stored before the start, because Alibaba Cloud calls the callback's URL during the start to test it.
  orders.set(outerOrderNo, order);
  try {
    const { certifyId, certifyUrl } = await client.initFaceVerify({
      sceneId,
      outerOrderNo,
      userId: order.userId,
      certName,
      certNo,
      metaInfo, // from getMetaInfo() of this browser
      certifyUrlType: "H5",
      returnUrl: `${PUBLIC_URL}/verifications/${outerOrderNo}/return`,
      callbackUrl: hasCallback ? `${PUBLIC_URL}/callbacks/${outerOrderNo}` : undefined,
      callbackToken: hasCallback ? order.callbackToken : undefined,
    });
    order.certifyId = certifyId;
    response.status(201).json({ outerOrderNo, certifyUrl });
  } catch (error) {
    if (!isFaceVerifyError(error)) throw error;
    order.start = error.execution === "unknown" ? "unknown" : "failed"; // to reconcile the former, see server.js
    console.error({ outerOrderNo, code: error.code, execution: error.execution });
    const [status, message] =
      error.audience === "user" ? [422, error.messages.zh] : [502, TEXTS[order.start]];
    response.status(status).json({ outerOrderNo, message });
  }
});

/** Alibaba Cloud's callback. It is not signed and may come several times, so it only causes a query. */
app.get("/callbacks/:outerOrderNo", (request, response) => {
  // Always and at once: any other response, or a late one, makes Alibaba Cloud repeat the callback.
  response.sendStatus(200);
  const order = orders.get(request.params.outerOrderNo);
  const callback = order && parseCallback(request.originalUrl, order.callbackToken);
  if (!callback?.tokenValid || callback.certifyId !== order.certifyId) return;
  statusOf(order).catch((error) => console.error({ code: error.code })); // the next reader queries again
});

/** ReturnUrl: the user is back. Its parameter `response` comes from the browser and is not read. */
app.get("/verifications/:outerOrderNo/return", async (request, response) => {
  const order = orderFor(request);
  if (!order) return response.status(404).send("没有这笔订单");
  const status = await statusOf(order);
  const expired = status === "pending" && Date.now() > order.until; // nothing more can be submitted
  const refresh = status === "pending" && !expired ? '<meta http-equiv="refresh" content="3">' : "";
  const text = TEXTS[expired ? "expired" : status];
  response
    .set({ "cache-control": "no-store", "referrer-policy": "no-referrer" })
    .send(`<!doctype html><html lang="zh-CN"><meta charset="utf-8">${refresh}<p>${text}</p></html>`);
});

const TEXTS = {
  pending: "正在确认认证结果……若尚未完成刷脸，请返回继续。",
  expired: "认证未在 30 分钟内完成，请重新认证。",
  passed: "认证通过。",
  rejected: "认证未通过，请重新认证或联系客服。",
  failed: "认证未能发起，请返回重试或联系客服。",
  unknown: "未能确认本次认证，请重新发起认证。",
};

app.get("/verifications/:outerOrderNo", async (request, response) => {
  const order = orderFor(request);
  if (!order) return response.status(404).json({ message: "没有这笔订单" });
  response.json({ status: await statusOf(order) });
});

/** What the user must correct before anything is sent; undefined if the input is valid. */
function mistyped({ certName, certNo }) {
  const name = checkCertName(certName);
  const number = checkCertNo(certNo);
  if (!name.ok) return `姓名${name.messages.zh}`;
  if (!number.ok) return `证件号码${number.messages.zh}`;
}

/** The signed-in user's order. Another user's order looks like an unknown one: undefined. */
function orderFor(request) {
  const order = orders.get(request.params.outerOrderNo);
  return order && order.userId === signedIn(request) ? order : undefined;
}

/** Returns the stored verdict; without one, queries Alibaba Cloud and stores the verdict once. */
async function statusOf(order) {
  if (order.verdict) return order.verdict;
  if (!order.certifyId) return order.start ?? "pending";
  const { status } = await client.describeFaceVerify({ sceneId, certifyId: order.certifyId });
  // In a database: UPDATE … SET verdict = … WHERE verdict IS NULL, and act if it changed a row.
  if (status !== "pending" && !order.verdict) {
    order.verdict = status;
    console.log(`Verdict: ${status}`); // what has to happen once per order
  }
  return order.verdict ?? status;
}

/** The signed-in user; undefined without a session. */
function signedIn(request) {
  const [, session] = /(?:^|; )session=([0-9a-f]{32})/.exec(request.get("cookie") ?? "") ?? [];
  return users.get(session);
}

app.use((error, request, response, next) => {
  // The error of express.json() contains the body, and Express logs every error that it receives from next().
  if (error.status < 500) return response.status(error.status).json({ message: "请求有误" });
  if (!isFaceVerifyError(error)) return next(error);
  console.error({ code: error.code, requestId: error.requestId });
  response.status(502).json({ message: "认证服务暂不可用，请稍后再试" });
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
