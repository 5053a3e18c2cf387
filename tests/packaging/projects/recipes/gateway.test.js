import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import nock from "nock";
import { fetch, MockAgent } from "undici";
import { expect, test } from "vitest";
import { GatewayClient } from "cloudauth-edge/gateway-client";

const url = "https://verify.example.com";
const order = { outerOrderNo: "e0c34a77f5ac40a5aa5e6ed20c353888", certifyId: "91707dc2", status: "passed" };
const path = `/v1/face-verifications/${order.outerOrderNo}`;

test("msw answers the gateway's client", async () => {
  const server = setupServer(http.get(url + path, () => HttpResponse.json(order)));
  server.listen({ onUnhandledRequest: "error" });
  const gateway = new GatewayClient({ url, token: "a-token" });
  expect((await gateway.read(order.outerOrderNo)).status).toBe("passed");
  server.close();
});

test("nock answers the gateway's client", async () => {
  nock(url).get(path).reply(200, order);
  const gateway = new GatewayClient({ url, token: "a-token" });
  expect((await gateway.read(order.outerOrderNo)).status).toBe("passed");
  nock.restore();
});

test("undici's MockAgent answers the gateway's client", async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher.get(url).intercept({ path }).reply(200, order);
  const gateway = new GatewayClient({
    url,
    token: "a-token",
    fetch: (url, init) => fetch(url, { ...init, dispatcher }),
  });
  expect((await gateway.read(order.outerOrderNo)).status).toBe("passed");
});
