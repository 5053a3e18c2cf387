import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { verify } from "./verify.mjs";

const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo };

verify(edge, identity, { endpoint: process.env.SANDBOX }).then((result) =>
  console.log(JSON.stringify(result)),
);
