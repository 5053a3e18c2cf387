import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { verify } from "../../../verify.mjs";

export const runtime = "edge";

export async function GET(request) {
  const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
  const endpoint = new URL(request.url).searchParams.get("sandbox");
  return Response.json(await verify(edge, identity, { endpoint }));
}
