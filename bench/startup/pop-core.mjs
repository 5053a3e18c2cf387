import { RPCClient } from "@alicloud/pop-core";
import { endpoint, keys, wired } from "./order.mjs";

const client = new RPCClient({ ...keys, endpoint, apiVersion: "2019-03-07" });
await client.request("InitFaceVerify", wired, { method: "POST" });
