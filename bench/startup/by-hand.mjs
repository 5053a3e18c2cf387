import { signRpc } from "../lib/by-hand.mjs";
import { endpoint, wired } from "./order.mjs";

const { url, headers, body } = signRpc(endpoint, wired);
await (await fetch(url, { method: "POST", headers, body })).json();
