import sdk, { InitFaceVerifyRequest } from "@alicloud/cloudauth20190307";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import { endpoint, keys, parameters } from "./order.mjs";

const config = { ...keys, endpoint: new URL(endpoint).host, protocol: "http" };
const client = new sdk.default(new $OpenApiUtil.Config(config));
await client.initFaceVerify(new InitFaceVerifyRequest(parameters));
