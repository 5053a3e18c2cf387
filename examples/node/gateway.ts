// The same with the gateway in between: this program has a token, and no AccessKey.

import { GatewayClient, isFaceVerifyError } from "cloudauth-edge/gateway-client";

const gateway = new GatewayClient({
  url: process.env.GATEWAY_URL ?? "http://127.0.0.1:8787",
  token: process.env.GATEWAY_TOKEN ?? "dev-token",
});
const outerOrderNo = crypto.randomUUID().replaceAll("-", ""); // stored with your order

try {
  // Can be called again with the same order, after any error: it starts at most once.
  const { certifyId } = await gateway.start({
    outerOrderNo,
    userId: "123456789",
    metaInfo: '{"zimVer":"3.0.0","deviceType":"ios"}', // pass the app SDK's string unchanged
    certName: "张三",
    certNo: "11010519491231002X",
  });
  console.log("CertifyId for the app:", certifyId);

  // The user now scans their face in the app.
  const order = await gateway.waitForResult(outerOrderNo);
  console.log(order.status); // passed, rejected, expired, or still pending
} catch (error) {
  if (!isFaceVerifyError(error)) throw error;
  console.error(error.kind, error.code, error.audience, error.requestId, error.message);
}
