import * as client from "cloudauth-edge/gateway-client";
import { use } from "./use.js";

export default {
  async fetch(request, env) {
    return Response.json(await use(client, env.GATEWAY, new URL(request.url).pathname.slice(1)));
  },
};
