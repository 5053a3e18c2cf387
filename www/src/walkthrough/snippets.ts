import type { Snippets } from "../parts/code";

/** The code for each step, with the values shown on the page. */

const DEVELOPMENT_TOKEN = "dev-token";

interface Context {
  gateway: string;
  token: string;
}

/** A token that is a secret is read from the environment. */
const tokenInShell = (token: string) => (token === DEVELOPMENT_TOKEN ? token : "$GATEWAY_TOKEN");
const tokenInCode = (token: string) =>
  token === DEVELOPMENT_TOKEN ? JSON.stringify(token) : "process.env.GATEWAY_TOKEN!";
/** The npm package's client of the gateway. */
const clientInCode = ({ gateway, token }: Context) =>
  `import { GatewayClient } from "cloudauth-edge/gateway-client";

const gateway = new GatewayClient({ url: ${JSON.stringify(gateway)}, token: ${tokenInCode(token)} });`;
const quote = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const java = (text: string) => JSON.stringify(text);

export function startSnippets({ gateway, token }: Context, input: Record<string, string>): Snippets {
  const url = `${gateway}/v1/face-verifications`;
  return {
    typescript: `${clientInCode({ gateway, token })}
const { certifyId } = await gateway.start(${JSON.stringify(input, null, 2)});`,
    curl: `curl ${url} \\
  -H "authorization: Bearer ${tokenInShell(token)}" \\
  -H 'content-type: application/json' \\
  -d ${quote(JSON.stringify(input))}`,
    java: `${javaClient(token)}

InitFaceVerifyRequest request = new InitFaceVerifyRequest();
${javaEndpoint(gateway)}
${javaSetters(input)}

InitFaceVerifyResponse response = client.getAcsResponse(request);
String certifyId = response.getResultObject().getCertifyId();`,
  };
}

export function phoneSnippets(sandbox: string, certifyId: string, outcome: string): Snippets {
  const url = `${sandbox}/_sandbox/verifications/${certifyId}/submit`;
  return {
    typescript: `await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ outcome: ${JSON.stringify(outcome)} }),
});`,
    curl: `curl ${url} \\
  -H 'content-type: application/json' \\
  -d ${quote(JSON.stringify({ outcome }))}`,
  };
}

export function readSnippets(
  { gateway, token }: Context,
  outerOrderNo: string,
  certifyId: string,
  sceneId: string,
): Snippets {
  const url = `${gateway}/v1/face-verifications/${outerOrderNo}`;
  return {
    typescript: `${clientInCode({ gateway, token })}
const order = await gateway.read(${JSON.stringify(outerOrderNo)});
if (order.status === "passed") {
  const picture = order.material?.facialPictureFront?.pictureUrl; // valid for 15 minutes; a secret
}`,
    curl: `curl ${url} \\
  -H "authorization: Bearer ${tokenInShell(token)}"`,
    java: `${javaClient(token)}

DescribeFaceVerifyRequest request = new DescribeFaceVerifyRequest();
${javaEndpoint(gateway)}
request.setSceneId(${sceneId || "1000000006"}L);
request.setCertifyId(${java(certifyId)});

DescribeFaceVerifyResponse response = client.getAcsResponse(request);
boolean passed = "T".equals(response.getResultObject().getPassed());`,
  };
}

/** The official SDK uses Alibaba Cloud's RPC protocol, with a key pair that the gateway issued. */
function javaClient(token: string): string {
  const [id, secret] =
    token === DEVELOPMENT_TOKEN
      ? [java("dev-key-id"), java("dev-key-secret")]
      : ['System.getenv("GATEWAY_KEY_ID")', 'System.getenv("GATEWAY_KEY_SECRET")'];
  return `DefaultProfile profile = DefaultProfile.getProfile("cn-hangzhou", ${id}, ${secret});
IAcsClient client = new DefaultAcsClient(profile);`;
}

function javaEndpoint(gateway: string): string {
  const { host, protocol } = new URL(gateway);
  return `request.setSysEndpoint(${java(host)}); // the gateway instead of cloudauth.aliyuncs.com
request.setSysProtocol(ProtocolType.${protocol === "http:" ? "HTTP" : "HTTPS"});`;
}

function javaSetters(input: Record<string, string>): string {
  const values = { productCode: "LR_FR", certType: "IDENTITY_CARD", ...input };
  return Object.entries(values)
    .map(([field, value]) => {
      const setter = `set${field.charAt(0).toUpperCase()}${field.slice(1)}`;
      return `request.${setter}(${field === "sceneId" ? `${value}L` : java(value)});`;
    })
    .join("\n");
}
