// POST /api/verifications starts a verification; GET /api/verifications?outerOrderNo=… tells how it ended.

import {
  FaceVerifyClient,
  credentialsFromEnvironment,
  isFaceVerifyError,
  newOuterOrderNo,
} from "cloudauth-edge";
import { checkCertName, checkCertNo } from "cloudauth-edge/identity";

/** Whose order has which CertifyId. A real backend keeps this in its database. */
const orders = new Map();

// Made at the first request: what is set when the server starts is not set while it is built.
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
  const { certifyId } = await client().initFaceVerify({
    sceneId: process.env.CLOUDAUTH_SCENE_ID,
    outerOrderNo,
    userId,
    certName,
    certNo,
    metaInfo, // unchanged from the app's SDK
  });
  orders.set(outerOrderNo, { userId, certifyId });
  return Response.json({ outerOrderNo, certifyId }, { status: 201 });
});

export const GET = answering(async (request) => {
  const order = orders.get(new URL(request.url).searchParams.get("outerOrderNo"));
  // Another user's order looks like an unknown one.
  if (order?.userId !== signedIn(request)) {
    return Response.json({ message: "没有这笔订单" }, { status: 404 });
  }
  const { certifyId } = order;
  const { status } = await client().describeFaceVerify({
    sceneId: process.env.CLOUDAUTH_SCENE_ID,
    certifyId,
  });
  return Response.json({ status }); // pending, passed or rejected
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
  return request.headers.get("x-user-id") ?? "";
}

/** A route whose failed calls are answered for whoever can put them right. */
function answering(route) {
  return async (request) => {
    try {
      return await route(request);
    } catch (error) {
      if (!isFaceVerifyError(error)) throw error;
      const { kind, code, audience, requestId, messages, fields } = error; // free of personal data
      console.error({ kind, code, requestId });
      // Of the app's input, only metaInfo is validated by the client and not by mistyped().
      const sent = fields.some(({ field }) => field === "metaInfo");
      if (sent) return Response.json({ message: "metaInfo 有误" }, { status: 400 });
      if (audience === "user") return Response.json({ message: messages.zh }, { status: 422 });
      return Response.json({ message: "认证服务暂不可用，请稍后再试" }, { status: 502 });
    }
  };
}
