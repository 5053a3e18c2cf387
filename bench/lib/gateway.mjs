// The gateway, and the Workers that it is compared with, all with the same upstream; and the requests
// to measure.

import { createHash } from "node:crypto";
import { signRpc } from "./by-hand.mjs";
import { keys, parameters, wire } from "./input.mjs";
import { startNode } from "./node-gateway.mjs";
import { gatewayWorker, plainWorker } from "./workerd.mjs";

const TOKEN = "dev-token";
export const ROUTE = "/v1/face-verifications";

const settings = (upstream, more) => ({
  GATEWAY_MODE: "development",
  CLOUDAUTH_ENDPOINTS: upstream,
  // Measures the gateway without its rate limit of 50 calls per second.
  CLOUDAUTH_CALLS_PER_SECOND: "10000",
  ...more,
});

export const gateway = (upstream, more) => gatewayWorker(settings(upstream, more));
export const nodeGateway = (upstream, { settings: more, ...options } = {}) =>
  startNode(settings(upstream, more), options);

export const passThrough = (upstream) => plainWorker("pass-through", { UPSTREAM: upstream });

/** The same routes in a Worker from `bench/workers/`, which calls the upstream itself. */
export const ownWorker = (name, upstream, durableObjects) =>
  plainWorker(
    name,
    {
      UPSTREAM: upstream,
      ACCESS_KEY_ID: keys.accessKeyId,
      ACCESS_KEY_SECRET: keys.accessKeySecret,
      TOKEN_SHA256: createHash("sha256").update(TOKEN).digest("hex"),
    },
    durableObjects,
  );

let orders = 0;

/** A new order each time. */
export function start(url, token = TOKEN) {
  const body = { ...parameters, outerOrderNo: `e0c34a77f5ac40a5aa5e${String(++orders).padStart(12, "0")}` };
  return {
    url: `${url}${ROUTE}`,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    status: 201,
  };
}

export const newest = () => `e0c34a77f5ac40a5aa5e${String(orders).padStart(12, "0")}`;

export const read = (url, order, query = "", token = TOKEN) => ({
  url: `${url}${ROUTE}/${order}${query}`,
  method: "GET",
  headers: { authorization: `Bearer ${token}` },
});

/** The call to Alibaba Cloud. */
export function direct(url) {
  const { headers, body } = signRpc(url, wire(parameters));
  return { url, headers, body };
}
