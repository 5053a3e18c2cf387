// The rows of the tables in docs/codes.md and docs/codes.zh-CN.md, from the Rust tables of codes.

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
    credentials: "once by the client, if its credentials function returns others",
    time: "once by the client, with the server's time",
    maybe: "unknown",
    init: "InitFaceVerify",
    describe: "DescribeFaceVerify",
    both: "both",
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
    credentials: "凭证函数返回新凭证时，客户端自动重试一次",
    time: "客户端按阿里云服务器的时间自动重试一次",
    maybe: "不确定",
    init: "InitFaceVerify",
    describe: "DescribeFaceVerify",
    both: "两个接口",
  },
};

const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |\n`;

/** The page in one language, "en" or "zh", with new rows below the heads of its tables. */
export function codesPage(page, tables, language) {
  const rows = rowsOf(tables, language);
  return page.replaceAll(/(?<=^<!-- generated rows: (\w+) -->\n\n(?:\|.*\n){2})(?:\|.*\n)*/gm, (_, name) =>
    rows[name].map(row).join(""),
  );
}

function rowsOf(tables, language) {
  const { codes, maybeExecuted, tomorrow, subCodes, gatewayCodes, localFailures, problems } = tables;
  const words = WORDS[language];
  const yes = (value) => (value ? words.yes : words.no);
  const retry = ({ code, retryable }, unknown = false) => {
    if (tables.otherCredentials.includes(code)) return words.credentials;
    if (tables.otherTime.includes(code)) return words.time;
    if (!retryable) return words.no;
    if (unknown) return words.queryOnly;
    return tomorrow.includes(code) ? words.tomorrow : words.later;
  };
  const started = ({ code, meaning, usedBy }) => {
    if (usedBy === "describe") return words.nobody;
    if (meaning === "success") return words.yes;
    return maybeExecuted.includes(code) ? words.maybe : words.no;
  };

  return {
    codes: codes.map((code) => [
      `\`${code.code}\``,
      `\`${code.vendorMessage}\``,
      words[code.usedBy],
      code.text[language],
      code.meaning === "success" ? words.nobody : words[code.audience],
      code.meaning === "success" ? words.nobody : retry(code, maybeExecuted.includes(code.code)),
      started(code),
    ]),
    subCodes: subCodes.map((code) => [
      `\`${code.code}\``,
      `\`${code.vendorMessage}\``,
      code.passing ? "T" : "F",
      code.messages[language],
      code.passing ? words.nobody : words[code.audience],
      code.passing ? words.nobody : yes(code.retryable),
      code.billed === null ? words.unless : yes(code.billed),
      yes(code.inVendorDocument),
    ]),
    gatewayCodes: gatewayCodes.map((code) => [
      `\`${code.prefix}\``,
      code.text[language],
      words[code.audience],
      retry({ ...code, code: code.prefix }, !code.notExecuted),
      code.notExecuted ? words.no : words.maybe,
    ]),
    localFailures: localFailures.map((failure) => [
      `\`${failure.code}\``,
      `\`${failure.kind}\``,
      // The errors continue with the fields.
      failure.message[language].replace(/:$/, "."),
      words[failure.audience],
      retry(failure, !failure.notExecuted),
    ]),
    problems: problems.map((problem) => [
      `\`${problem.code}\``,
      problem.status,
      problem.title[language],
      problem.detail[language],
      words[problem.audience],
      retry(problem),
    ]),
  };
}
