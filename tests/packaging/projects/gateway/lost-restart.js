// Lists orders and starts one again at the gateway on the command line, and prints the execution of the start's error.

import { GatewayClient } from "cloudauth-edge/gateway-client";

const [url, outerOrderNo] = process.argv.slice(2);
const client = new GatewayClient({ url, token: "the-token", maxAttempts: 1 });
await client.list();
const order = { outerOrderNo, metaInfo: '{"zimVer":"3.0.0"}' };
const { execution } = await client.start(order, { restartUnknown: true }).catch((error) => error);
console.log(JSON.stringify({ execution }));
