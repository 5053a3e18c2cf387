/**
 * What an evaluator needs to try a gateway in front of a sandbox: addresses, credentials, and a
 * first request.
 */

import { randomUUID } from "node:crypto";

/** The sandbox's demo account; the gateway signs with it in development. */
const sandboxKey = { id: "sandbox-key-id", secret: "sandbox-key-secret", scene: "1000000006" };
/** The gateway's own credentials, only for development. */
const callerKey = { token: "dev-token", id: "dev-key-id", secret: "dev-key-secret" };

/** Sample values from Alibaba Cloud's documentation, with a new order number. */
const sample = () => ({
  outerOrderNo: randomUUID().replaceAll("-", ""),
  userId: "123456789",
  metaInfo:
    '{"zimVer":"3.0.0","appVersion":"1","bioMetaInfo":"4.1.0:11501568,0","appName":"com.aliyun.antcloudauth",' +
    '"deviceType":"ios","osVersion":"iOS 10.3.2","apdidToken":"","deviceModel":"iPhone9,1"}',
  certName: "张三",
  certNo: "11010519491231002X",
});

const WORDS = {
  en: {
    console: "Gateway and console",
    sandbox: "Sandbox",
    phone: "Simulated phone",
    keys: "Demo credentials, valid only here",
    scene: "scene",
    first: "Try it:",
    stop: "Press Ctrl-C to stop.",
  },
  zh: {
    console: "网关与控制台",
    sandbox: "沙箱",
    phone: "模拟手机",
    keys: "演示凭证，仅限本次演示使用",
    scene: "场景",
    first: "试一试：",
    stop: "按 Ctrl-C 停止。",
  },
};

/** The terminal's language, which Node derives from the locale. */
const terminalLanguage = () =>
  Intl.DateTimeFormat().resolvedOptions().locale.startsWith("zh") ? "zh" : "en";

/**
 * @param {{ gateway: string, sandbox: string }} urls
 * @param {keyof typeof WORDS} [language]
 */
export function welcome({ gateway, sandbox }, language = terminalLanguage()) {
  const t = WORDS[language];
  const request = [
    `curl ${gateway}/v1/face-verifications`,
    `-H 'authorization: Bearer ${callerKey.token}'`,
    "-H 'content-type: application/json'",
    `-d '${JSON.stringify(sample())}'`,
  ].join(" ");
  return `${t.console}  ${gateway}
${t.sandbox}  ${sandbox}
${t.phone}  ${sandbox}/_sandbox/phone

${t.keys}
  REST     bearer token ${callerKey.token}
  RPC      AccessKeyId ${callerKey.id}, AccessKeySecret ${callerKey.secret}
  ${t.sandbox}  AccessKeyId ${sandboxKey.id}, AccessKeySecret ${sandboxKey.secret}, ${t.scene} ${sandboxKey.scene}

${t.first}
${request}

${t.stop}`;
}
