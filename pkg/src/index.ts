/**
 * A typed client of Alibaba Cloud face verification (Cloudauth 2019-03-07).
 *
 * With ProductCode `LR_FR`, `passed` means that a live face was in front of the camera. It does **not** mean that the
 * name and the number are genuine or belong to that face.
 *
 * @module cloudauth-edge
 */

export { FaceVerifyClient, type FaceVerifyClientConstructor } from "./client.js";
export { credentialsFromEnvironment } from "./environment.js";
export { FaceVerifyError, isFaceVerifyError } from "./errors.js";
export { newOuterOrderNo, parseCallback, ready } from "./orders.js";
export type * from "./types.js";
