// A backend with two routes of its own, for its app: start a verification, and tell how it ended.

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

/** Whose order has which CertifyId. A real backend keeps this in its database. */
const orders = new Map();

const app = express();
app.use(express.json());

app.post("/verifications", async (request, response) => {
  const userId = signedIn(request);
  const { certName, certNo, metaInfo } = request.body ?? {}; // undefined if the body is empty
  const problem = mistyped({ certName, certNo });
  if (problem) return response.status(422).json({ message: problem });
  const outerOrderNo = newOuterOrderNo("shop");
  const { certifyId } = await client.initFaceVerify({
    sceneId,
    outerOrderNo,
    userId,
    certName,
    certNo,
    metaInfo, // unchanged from the app's SDK
  });
  orders.set(outerOrderNo, { userId, certifyId });
  response.status(201).json({ outerOrderNo, certifyId });
});

app.get("/verifications/:outerOrderNo", async (request, response) => {
  const order = orders.get(request.params.outerOrderNo);
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(request)) return response.status(404).json({ message: "没有这笔订单" });
  const { status } = await client.describeFaceVerify({ sceneId, certifyId: order.certifyId });
  response.json({ status }); // pending, passed or rejected
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
  return request.get("x-user-id") ?? "";
}

app.use((error, request, response, next) => {
  if (!isFaceVerifyError(error)) return next(error);
  const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
  console.error({ kind, code, requestId });
  // Of the app's input, only metaInfo is validated by the client and not by mistyped().
  const sent = fields.some(({ field }) => field === "metaInfo");
  if (sent) return response.status(400).json({ message: "metaInfo 有误" });
  if (audience === "user") return response.status(422).json({ message: messages.zh });
  response.status(502).json({ message: "认证服务暂不可用，请稍后再试" });
});

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`);
});
