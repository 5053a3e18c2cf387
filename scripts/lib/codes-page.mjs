// The pages docs/codes.md and docs/codes.zh-CN.md, from the Rust tables of codes.

const WORDS = {
  en: {
    user: "user",
    developer: "developer",
    operator: "operator",
    yes: "yes",
    no: "no",
    nobody: "–",
    unless: "not documented",
    later: "yes, later",
    tomorrow: "yes, tomorrow",
    queryOnly: "a query: yes; a start: reconcile first",
    maybe: "unknown",
  },
  zh: {
    user: "用户",
    developer: "开发者",
    operator: "运维",
    yes: "是",
    no: "否",
    nobody: "—",
    unless: "文档未说明",
    later: "稍后可重试",
    tomorrow: "次日可重试",
    queryOnly: "查询可重试；发起须先核对",
    maybe: "不确定",
  },
};

const TEXTS = {
  en: {
    title: "Codes, and who does what",
    other: "[中文](codes.zh-CN.md)",
    written:
      "Written by `npm run generate` from the tables in src/vendor/codes.rs and src/gateway/problem.rs. Change them there.",
    intro: `This page lists every code that Alibaba Cloud or the gateway returns, with the party that must act. The errors of the
npm client, the crate and the gateway contain the same data: \`audience\` (who acts), \`retryable\` (whether the same
call can succeed later without any change) and \`execution\` (whether a verification may have been started).

- **user**: the person being verified; you can show them the text.
- **developer**: the author of the program that made the call.
- **operator**: the team that runs it, with access to the Alibaba Cloud console, the key, the clock and the network.

The client retries by itself where this page says that a retry is safe. A start is repeated only if it was provably not
executed; otherwise, [reconcile the order](guide/client.md#start-each-order-at-most-once) first. The
[sandbox](sandbox.md) produces each Code and SubCode.`,
    codes: "Code of a response with HTTP status 200",
    codesIntro:
      "200 means that the call succeeded, not that the person passed: that is stated by `Passed`. 403 and 424 are not errors; the client returns `pending`.",
    subCodes: "SubCode of a verdict",
    subCodesIntro:
      'DescribeFaceVerify returns a SubCode with the verdict. "New verification" states whether a new order for the same person can have a different result; a finished verification does not change. "Billed" is as documented by Alibaba Cloud.',
    gatewayCodes: "Code of Alibaba Cloud's API gateway (HTTP status 4xx or 5xx)",
    gatewayCodesIntro:
      "Alibaba Cloud adds suffixes, such as `Throttling.User`: the entry with the longest matching prefix applies. A code without an entry is classified by its HTTP status alone.",
    problems: "Code of a problem of this project's gateway",
    problemsIntro:
      "The member `code` of a response with `application/problem+json`. `audience`, `retryable` and `execution` of the response are more precise than this table if the cause was an error of Alibaba Cloud; `vendorCode` is then its code.",
    heads: {
      codes: ["Code", "Message", "Action", "Meaning and remedy", "Who acts", "Retry", "Started?"],
      subCodes: [
        "SubCode",
        "Alibaba Cloud's text",
        "Passed",
        "Meaning and remedy",
        "Who acts",
        "New verification",
        "Billed",
        "With LR_FR",
      ],
      gatewayCodes: ["Code", "Meaning and remedy", "Who acts", "Retry", "Executed?"],
      problems: ["Code", "HTTP", "Title", "Meaning and remedy", "Who acts", "Retry"],
    },
    action: { init: "InitFaceVerify", describe: "DescribeFaceVerify", both: "both" },
  },
  zh: {
    title: "返回码与处理办法",
    other: "[English](codes.md)",
    written:
      "本页由 `npm run generate` 根据 src/vendor/codes.rs 和 src/gateway/problem.rs 中的表生成，请在该处修改。",
    intro: `本页列出阿里云和网关返回的所有代码，以及各自由谁处理。npm 客户端、Rust crate 和网关的错误中带有同样的信息：\`audience\`
（由谁处理）、\`retryable\`（不做任何修改，同一调用稍后能否成功）和 \`execution\`（是否可能已发起认证）。

- **用户**：接受认证的人。表中文字可以直接展示给用户。
- **开发者**：编写调用程序的人。
- **运维**：运行该程序的人，可操作阿里云控制台、密钥、时钟与网络。

凡本页标明可重试的情况，客户端都会自动重试。发起认证只有在确定未被执行时才会重试，否则请先
[核对订单](guide/client.zh-CN.md#每个订单最多发起一次)。每个 Code 和 SubCode 都可以在[沙箱](sandbox.md)中模拟。`,
    codes: "Code：HTTP 状态码为 200 的响应",
    codesIntro:
      "200 只表示调用成功，不表示认证通过；是否通过以 `Passed` 为准。403 和 424 不是错误，客户端返回 `pending`。",
    subCodes: "SubCode：认证结果",
    subCodesIntro:
      "DescribeFaceVerify 返回认证结果时附带 SubCode。“重新认证”指同一人以新订单再次认证，结果是否可能不同；已完成的认证结果不会改变。“计费”以阿里云文档为准。",
    gatewayCodes: "阿里云 API 网关的错误码（HTTP 状态码 4xx 或 5xx）",
    gatewayCodesIntro:
      "阿里云会在错误码后附加后缀，如 `Throttling.User`，以能匹配的最长前缀为准。表中没有的错误码仅按 HTTP 状态码归类。",
    problems: "本项目网关的错误码",
    problemsIntro:
      "即 `application/problem+json` 响应中的 `code`。若错误源自阿里云，响应中的 `audience`、`retryable` 和 `execution` 比本表更准确，`vendorCode` 为阿里云的错误码。",
    heads: {
      codes: ["Code", "Message", "接口", "含义与处理", "由谁处理", "重试", "是否已发起"],
      subCodes: ["SubCode", "阿里云的描述", "Passed", "含义与处理", "由谁处理", "重新认证", "计费", "LR_FR"],
      gatewayCodes: ["错误码", "含义与处理", "由谁处理", "重试", "是否已执行"],
      problems: ["code", "HTTP", "标题", "含义与处理", "由谁处理", "重试"],
    },
    action: { init: "InitFaceVerify", describe: "DescribeFaceVerify", both: "两个接口" },
  },
};

const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
const table = (head, rows) => [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");

/** The page in one language, "en" or "zh". */
export function codesPage({ codes, maybeExecuted, subCodes, gatewayCodes, problems }, language) {
  const words = WORDS[language];
  const texts = TEXTS[language];
  const yes = (value) => (value ? words.yes : words.no);
  /** Alibaba Cloud's failures that last for the day say so in their text. */
  const when = (text) => (/tomorrow/.test(text.en) && !/later/.test(text.en) ? words.tomorrow : words.later);
  const retry = ({ retryable, text }, unknown) => {
    if (!retryable) return words.no;
    return unknown ? words.queryOnly : when(text);
  };

  const ofService = codes.map((code) => [
    `\`${code.code}\``,
    `\`${code.vendorMessage}\``,
    texts.action[code.usedBy],
    code.text[language],
    code.meaning === "success" ? words.nobody : words[code.audience],
    code.meaning === "success" ? words.nobody : retry(code, maybeExecuted.includes(code.code)),
    started(code),
  ]);
  function started({ code, meaning, usedBy }) {
    if (usedBy === "describe") return words.nobody;
    if (meaning === "success") return words.yes;
    return maybeExecuted.includes(code) ? words.maybe : words.no;
  }

  const ofVerdict = subCodes.map(({ messages, billed, passing, ...code }) => [
    `\`${code.code}\``,
    `\`${code.vendorMessage}\``,
    passing ? "T" : "F",
    messages[language],
    passing ? words.nobody : words[code.audience],
    passing ? words.nobody : yes(code.retryable),
    billed === null ? words.unless : yes(billed),
    yes(code.inVendorDocument),
  ]);

  const ofApiGateway = gatewayCodes.map((code) => [
    `\`${code.prefix}\``,
    code.text[language],
    words[code.audience],
    retry(code, !code.notExecuted),
    code.notExecuted ? words.no : words.maybe,
  ]);

  const ofGateway = problems.map((problem) => [
    `\`${problem.code}\``,
    problem.status,
    problem.title[language],
    problem.detail[language],
    words[problem.audience],
    retry({ retryable: problem.retryable, text: problem.detail }, false),
  ]);

  const section = (name, rows) => [
    `## ${texts[name]}`,
    texts[`${name}Intro`],
    table(texts.heads[name], rows),
  ];
  return `${[
    `# ${texts.title}`,
    texts.other,
    texts.intro,
    ...section("codes", ofService),
    ...section("subCodes", ofVerdict),
    ...section("gatewayCodes", ofApiGateway),
    ...section("problems", ofGateway),
    texts.written,
  ].join("\n\n")}\n`;
}
