import { FaceVerifyClient } from "cloudauth-edge";
import { SceneId, worker } from "./routes.js";

/** The two actions with the npm client. */
export default worker((env) => {
  const client = new FaceVerifyClient({
    endpoint: env.UPSTREAM,
    accessKeyId: env.ACCESS_KEY_ID,
    accessKeySecret: env.ACCESS_KEY_SECRET,
  });
  return {
    init: async (given) => (await client.initFaceVerify(given)).certifyId,
    describe: async (certifyId) => (await client.describeFaceVerify({ sceneId: SceneId, certifyId })).status,
  };
});
