/**
 * The page of the simulated phone: lists what waits at this sandbox, and shows one verification on the phone. Opened as
 * CertifyUrl, it shows that verification alone, and goes back to ReturnUrl as Alibaba Cloud's page does.
 */

import { PhoneScreen, control, fill, make, troubleText } from "./phone-screen.js";
import { preferredLanguage, words } from "./phone-words.js";

const EVERY_MS = 2_000;
const RECENT = 20;
/** The stored language and theme; the control API's token is never stored. */
const KEPT = "cloudauth-edge-phone";

const part = (id) => document.getElementById(id);
/** Whether the page was opened as CertifyUrl. */
const isCertifyUrl = location.pathname.endsWith("/h5");
const kept = readKept();
let language = kept.language ?? preferredLanguage();
let token;
/** The waiting verifications, and those that have ended or expired, newest first. */
let listed;
/** The verification that is shown; undefined while it is unknown, null if it does not exist. */
let shown;
let outcomes;
/** How far the sandbox's clock is ahead of this machine's. */
let ahead = 0;
/** Counts refreshes, so that an earlier response does not overwrite a later one. */
let refreshes = 0;

const text = () => words[language];
const chosen = () => location.hash.slice(1);

function readKept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

function keep(change) {
  Object.assign(kept, change);
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    // Without storage, the choice lasts until the page is closed.
  }
}

async function ask(path, method, content) {
  const { answer, date } = await control("", { method, path, content, token });
  ahead = Date.parse(date) - Date.now();
  return answer;
}

const screen = new PhoneScreen(part("phone"), {
  act: (certifyId, verb, content) => ask(`verifications/${certifyId}/${verb}`, "POST", content),
  async changed(verification) {
    if (isCertifyUrl && verification?.returnUrl) goBack(verification);
    else await refresh();
  },
});

/** Reloads everything, and shows it or the reason why it is unavailable. */
async function refresh() {
  const mine = ++refreshes;
  try {
    outcomes ??= await ask("outcomes");
    const lists = isCertifyUrl ? undefined : await ask("verifications?waiting=both");
    const asked = chosen();
    const all = lists ? [...lists.waiting.verifications, ...lists.over.verifications] : [];
    const one = asked
      ? (all.find(({ certifyId }) => certifyId === asked) ??
        // The verification is older than the list reaches, or has been deleted.
        (await ask(`verifications/${encodeURIComponent(asked)}`).catch(ifUnknown)))
      : null;
    if (mine !== refreshes) return;
    listed = lists;
    shown = one;
    if (isCertifyUrl && one?.returnUrl && !hasGoneBack(one)) goBack(one);
    show();
  } catch (error) {
    if (mine === refreshes) show(error);
  }
}

/** The verification after whose end this page has gone to ReturnUrl. */
let goneBackFrom;

/** Goes to ReturnUrl. After an end it does so once in each tab: opened again, the page shows the result. */
function goBack({ certifyId, stage, returnUrl }) {
  if (stage === "ended") {
    goneBackFrom = certifyId;
    try {
      sessionStorage.setItem(certifyId, "gone back");
    } catch {
      // Without storage, the page goes back each time that it is opened.
    }
  }
  location.assign(returnUrl);
}

function hasGoneBack({ certifyId }) {
  try {
    return certifyId === goneBackFrom || sessionStorage.getItem(certifyId) !== null;
  } catch {
    return false;
  }
}

function ifUnknown(error) {
  if (error.status !== 404) throw error;
  return null;
}

function show(trouble) {
  showFrame();
  const isRefused = trouble?.status === 401 || trouble?.status === 403;
  const needsToken = trouble?.status === 401;
  const missing = shown === undefined || isRefused;
  part("loading").hidden = !missing || trouble !== undefined;
  part("token").hidden = !needsToken;
  part("work").hidden = missing;
  // Until a token has been entered, the form itself is explanation enough.
  const problem = needsToken && token === undefined ? undefined : trouble;
  fill(part("trouble"), [language, problem && (problem.text ?? "unreachable")], () => actOnTrouble(problem));
  if (missing) return;
  if (listed) {
    const now = Date.now() + ahead;
    fill(part("list"), listState(now), () => buildList(now));
  }
  screen.show({ language, verification: shown ?? undefined, outcomes, otherwise: otherwise() });
}

function otherwise() {
  const t = text();
  if (chosen() || isCertifyUrl) return { title: t.goneTitle, note: t.gone };
  return { note: listed?.waiting.total ? t.choose : t.empty };
}

function showFrame() {
  document.documentElement.lang = text().locale;
  document.title = isCertifyUrl ? text().pageTitle : text().title;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = text()[element.dataset.word];
  }
  if (isCertifyUrl) document.querySelector("h1").textContent = text().pageTitle;
  part("listed").hidden = isCertifyUrl;
  part("work").classList.toggle("columns", !isCertifyUrl);
  part("language").textContent = text().language;
  part("language").lang = language === "zh" ? "en" : "zh-CN";
  part("theme").textContent = isDark() ? text().light : text().dark;
  if (kept.theme) document.documentElement.dataset.theme = kept.theme;
}

const isDark = () =>
  (kept.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function actOnTrouble(trouble) {
  if (!trouble) return [];
  // The control API's own message addresses developers.
  if (trouble.status === 401) return [make("p", {}, text().tokenWrong)];
  const said = make("p", {}, troubleText(trouble, language));
  if (trouble.text) return [said];
  return [said, make("button", { type: "button", click: refresh, "data-key": "retry" }, text().retry)];
}

const waits = ({ stage }) => stage === "created" || stage === "opened";
const minutesLeft = ({ expiresAt }, now) => Math.floor((Date.parse(expiresAt) - now) / 60_000);

/** How long a verification has been waiting, or how and when it ended. */
function standing(one, now) {
  const t = text();
  if (waits(one)) return `${t.stages[one.stage]} · ${t.left(minutesLeft(one, now))}`;
  const at = new Date(one.endedAt ?? one.expiresAt).toLocaleTimeString(t.locale);
  if (one.stage === "expired") return `${t.stages.expired} · ${at}`;
  const verdict = one.subCode === null ? "failed" : one.passed ? "passed" : "rejected";
  return `${t.verdicts[verdict]} · ${one.subCode ?? one.code} · ${at}`;
}

function listState(now) {
  const rows = [listed.waiting, listed.over].map(({ total, verifications }) => [
    total,
    verifications.map((one) => [one.certifyId, standing(one, now)]),
  ]);
  return [language, chosen(), rows];
}

function buildList(now) {
  const { waiting, over } = listed;
  const item = (one) =>
    make(
      "li",
      {},
      make(
        "button",
        {
          type: "button",
          "data-key": one.certifyId,
          "aria-pressed": String(one.certifyId === chosen()),
          click: () => choose(one),
        },
        make("span", { class: "hidden" }, `${text().order} `),
        make("code", {}, one.outerOrderNo),
        make("span", { class: "stage" }, standing(one, now)),
      ),
    );
  const rows = (some) => make("ul", { class: "verifications" }, ...some.map(item));
  const more = waiting.total - waiting.verifications.length;
  return [
    waiting.total > 0
      ? rows(waiting.verifications)
      : make("div", {}, make("p", {}, text().empty), make("p", { class: "muted" }, text().emptyNote)),
    ...(more > 0 ? [make("p", { class: "muted" }, text().older(more))] : []),
    ...(over.total > 0
      ? [
          make(
            "details",
            { "data-key": "recent" },
            make("summary", {}, text().recent),
            rows(over.verifications.slice(0, RECENT)),
          ),
        ]
      : []),
  ];
}

function choose(one) {
  history.replaceState(null, "", `#${one.certifyId}`);
  shown = one;
  show();
  screen.focus();
}

part("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  keep({ language });
  refresh();
});
part("theme").addEventListener("click", () => {
  keep({ theme: isDark() ? "light" : "dark" });
  showFrame();
});
part("token").addEventListener("submit", async (event) => {
  event.preventDefault();
  token = part("token-value").value;
  await refresh();
  if (part("token").hidden) part("token-value").value = "";
});
addEventListener("hashchange", refresh);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showFrame);

showFrame();
/** Polls while the page is visible. */
async function watch() {
  if (document.visibilityState === "visible" && part("token").hidden) await refresh();
  setTimeout(watch, EVERY_MS);
}
watch();
