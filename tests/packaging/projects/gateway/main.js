import * as client from "cloudauth-edge/gateway-client";
import { use } from "./use.js";

const [url, outerOrderNo] = process.argv.slice(2);
console.log(JSON.stringify(await use(client, url, outerOrderNo)));
