import { FaceVerifyError, GatewayClient, type FaceVerification } from "cloudauth-edge/gateway-client";

const order = (found: FaceVerification): string => found.certifyId;

const client = new GatewayClient({ url: "https://verify.example.com", token: async () => "token" });
const verdict = await client.waitForResult("e0c34a77f5ac40a5aa5e6ed20c353888", { onPending: order });
if (verdict.status === "passed")
  verdict.material?.facialPictureFront?.pictureUrl satisfies string | undefined;
// @ts-expect-error: there is no material before the verdict
if (verdict.status === "pending") verdict.material;
// @ts-expect-error: the gateway needs MetaInfo
await client.start({ outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888" });

export const own: FaceVerifyError | undefined = undefined;
