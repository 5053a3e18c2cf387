// The CommonJS build.

import edge = require("cloudauth-edge");
import identity = require("cloudauth-edge/identity");
import gatewayClient = require("cloudauth-edge/gateway-client");
import sandboxed = require("cloudauth-edge/sandbox");
import testing = require("cloudauth-edge/testing");

const options: edge.ClientOptions = { accessKeyId: "LTAIexample", accessKeySecret: "example-secret" };
const client: edge.FaceVerifyClient = new edge.FaceVerifyClient(options);
const sandbox: sandboxed.Sandbox = sandboxed.createSandbox();
const card: identity.CertNoAccepted | identity.Refused = identity.checkCertNo("11010519491231002X");

const gateway: gatewayClient.GatewayClient = new gatewayClient.GatewayClient({
  url: "https://a.example",
  token: "t",
});
const error: edge.FaceVerifyError = testing.createFaceVerifyError({ kind: "vendor", code: "401" });
void [gateway, error];

if (!(client instanceof edge.FaceVerifyClient) || !card.ok) throw new Error("not what it should be");
void sandbox.close();
