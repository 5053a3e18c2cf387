import { AwsClient } from "aws4fetch";
import { endpoint, keys, wired } from "./order.mjs";

const names = { accessKeyId: keys.accessKeyId, secretAccessKey: keys.accessKeySecret };
const client = new AwsClient({ ...names, service: "cloudauth", region: "cn-hangzhou", retries: 0 });
await client.fetch(endpoint, { method: "POST", body: new URLSearchParams(wired).toString() });
