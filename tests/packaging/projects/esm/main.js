import { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo, ready } from "cloudauth-edge";
import * as identity from "cloudauth-edge/identity";
import { verify } from "./verify.mjs";

const edge = { FaceVerifyClient, isFaceVerifyError, newOuterOrderNo, ready };
console.log(JSON.stringify(await verify(edge, identity, { endpoint: process.env.SANDBOX })));
