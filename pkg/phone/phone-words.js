/**
 * The texts of the simulated phone and its page. Messages of the control API are in both languages.
 */

/**
 * The meaning of a Code or SubCode: in Chinese, Alibaba Cloud's own message; in English, this
 * project's text.
 */
export const vendorWords = (language, vendorMessage, text) => (language === "zh" ? vendorMessage : text.en);

/** The first clause of `vendorWords`, which fits a button or a cell. */
export function label(language, vendorMessage, text) {
  const said = vendorWords(language, vendorMessage, text);
  return said.split(/[;,.:，；。：]/)[0] ?? said;
}

export const words = {
  zh: {
    locale: "zh-CN",
    title: "模拟手机",
    pageTitle: "实人认证（模拟）",
    lead: "沙箱的一部分：不打开摄像头，不做真实核验，结果由你选择。",
    language: "English",
    dark: "深色",
    light: "浅色",
    loading: "正在读取…",
    waiting: "等待中的认证",
    phone: "手机",
    empty: "还没有等待中的认证。",
    emptyNote: "用任意 SDK 向本地址调用 InitFaceVerify，认证会自动出现在这里。",
    older: (count) => `另有 ${count} 个更早的认证未列出。`,
    recent: "最近结束的认证",
    order: "订单号",
    left: (minutes) => (minutes > 0 ? `还剩 ${minutes} 分钟` : "不足 1 分钟"),
    stages: { created: "未打开", opened: "进行中", expired: "已过期" },
    verdicts: { passed: "通过", rejected: "未通过", failed: "查询报错" },
    steps: { open: "打开", blink: "眨眼", submit: "提交" },
    progress: "步骤",
    choose: "从列表中选择一个认证",
    ready: "App 已收到 CertifyId",
    readyInBrowser: "浏览器已打开 CertifyUrl",
    open: "打开认证",
    blink: "请正对屏幕并眨眼",
    outcomes: "选择结果并提交",
    more: "其他产品的结果",
    codes: "查询时报错",
    giveUp: "放弃",
    gaveUp: "已放弃：没有提交任何内容，查询得到 Code 424；在发起后的 30 分钟内仍可再次打开。",
    scripted: "按脚本自动结束",
    scriptedNote: (time) => `OuterOrderNo 或 UserId 指定了结果，将于 ${time} 结束。`,
    passed: "已提交：通过",
    rejected: "已提交：未通过",
    failed: "已提交：查询将报错",
    askNow: "请由服务端调用 DescribeFaceVerify 查询，以其结果为准。",
    callback: (attempts, status) => `回调 ${attempts} 次，最近一次响应：${status ?? "无"}。`,
    back: "返回 ReturnUrl",
    expired: "已过期",
    expiredNote: "CertifyId 创建 30 分钟后失效，请重新发起认证。",
    goneTitle: "这个认证已不存在",
    gone: "沙箱可能已重置或重启，请重新发起认证。",
    unreachable: "沙箱没有响应。请确认它仍在运行；恢复后本页会自动继续。",
    retry: "立即重试",
    tokenLabel: "控制接口的访问令牌",
    tokenNote: "由沙箱运维设置。仅保存在本页内存中，关闭页面后即清除。",
    tokenUse: "使用",
    tokenWrong: "令牌错误，请向沙箱运维核对后重试。",
  },
  en: {
    locale: "en-GB",
    title: "Simulated phone",
    pageTitle: "Face verification (simulated)",
    lead: "Part of the sandbox: it does not use the camera or verify anyone; you choose the outcome.",
    language: "中文",
    dark: "Dark",
    light: "Light",
    loading: "Loading…",
    waiting: "Waiting verifications",
    phone: "Phone",
    empty: "No verification is waiting.",
    emptyNote:
      "Call InitFaceVerify at this address with any SDK; the verification appears here automatically.",
    older: (count) => `${count} older ones are not listed.`,
    recent: "Recently ended",
    order: "Order",
    left: (minutes) => (minutes > 0 ? `${minutes} min left` : "less than 1 min left"),
    stages: { created: "not opened", opened: "in progress", expired: "expired" },
    verdicts: { passed: "passed", rejected: "not passed", failed: "the query fails" },
    steps: { open: "Open", blink: "Blink", submit: "Submit" },
    progress: "Steps",
    choose: "Choose a verification from the list",
    ready: "The app has its CertifyId",
    readyInBrowser: "The browser has opened CertifyUrl",
    open: "Open verification",
    blink: "Look at the screen and blink",
    outcomes: "Choose the outcome to submit",
    more: "Outcomes of other products",
    codes: "Errors of the query",
    giveUp: "Give up",
    gaveUp:
      "Given up: nothing was submitted, and the query returns Code 424. It can be opened again within its 30 minutes.",
    scripted: "Ends automatically",
    scriptedNote: (time) => `Its OuterOrderNo or UserId determines the outcome; it ends at ${time}.`,
    passed: "Submitted: passed",
    rejected: "Submitted: not passed",
    failed: "Submitted: the query will fail",
    askNow: "Query the result with DescribeFaceVerify on the server; only that result counts.",
    callback: (attempts, status) => `${attempts} callback attempts; last response: ${status ?? "none"}.`,
    back: "Back to ReturnUrl",
    expired: "Expired",
    expiredNote: "A CertifyId is valid for 30 minutes. Start a new verification.",
    goneTitle: "This verification no longer exists",
    gone: "The sandbox may have been reset or restarted. Start a new verification.",
    unreachable:
      "The sandbox does not respond. Make sure that it is running; this page then continues automatically.",
    retry: "Retry now",
    tokenLabel: "Token of the control API",
    tokenNote:
      "Set by the sandbox's operator. Kept only in this page's memory, and discarded when you leave.",
    tokenUse: "Use",
    tokenWrong: "The token is invalid; check it with the sandbox's operator and try again.",
  },
};

/** The first of the browser's languages that has texts, otherwise English. */
export function preferredLanguage() {
  const preferred = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]);
  return preferred.find((tag) => tag in words) ?? "en";
}
