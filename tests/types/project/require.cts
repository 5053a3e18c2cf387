// The CommonJS build.

import edge = require("cloudauth-edge");
import identity = require("cloudauth-edge/identity");
import sandboxed = require("cloudauth-edge/sandbox");

const options: edge.ClientOptions = { accessKeyId: "LTAIexample", accessKeySecret: "example-secret" };
const client: edge.FaceVerifyClient = new edge.FaceVerifyClient(options);
const sandbox: sandboxed.Sandbox = sandboxed.createSandbox();
const card: identity.CertNoAccepted | identity.Refused = identity.checkCertNo("11010519491231002X");

if (!(client instanceof edge.FaceVerifyClient) || !card.ok) throw new Error("not what it should be");
void sandbox.close();
