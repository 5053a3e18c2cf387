import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { defineEventHandler, getQuery } from "h3";
import { verify } from "../verify.mjs";

export default defineEventHandler((event) => {
  const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };
  return verify(edge, identity, { endpoint: getQuery(event).sandbox });
});
