import { FaceVerifyClient } from "cloudauth-edge";
import { endpoint, keys, parameters } from "./order.mjs";

await new FaceVerifyClient({ ...keys, endpoint }).initFaceVerify(parameters);
