/** The simulated phone: shows what waits at this sandbox and does what a phone does, all by the control API. */

import { words } from "./phone-words.js";

const EVERY_MS = 2_000;
const TIMEOUT_MS = 15_000;
const RECENT = 20;
/** Language and theme; the token of the control API is never stored. */
const KEPT = "cloudauth-edge-phone";

const part = (id) => document.getElementById(id);
const kept = readKept();
let language = kept.language ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let token;
let verifications;
let outcomes;
/** By which the sandbox's clock is ahead of this machine's. */
let ahead = 0;
let busy = false;
/** CertifyId of what was given up last, until something else is done. */
let gaveUp;
/** Why the last thing that was tried did not work. */
let refused;

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
    // Without storage, the choice lasts as long as the page.
  }
}

/** An element; attributes whose value is undefined or false are left out, functions listen. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

class Refused extends Error {
  constructor(status, { message }) {
    super(message.en);
    this.status = status;
    this.text = message;
  }
}

async function ask(method, path, content) {
  const response = await fetch(path, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: content && JSON.stringify(content),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await response.json();
  ahead = Date.parse(response.headers.get("date")) - Date.now();
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** Reads everything again, and shows it or what stands in the way. */
async function refresh() {
  try {
    outcomes ??= await ask("GET", "outcomes");
    ({ verifications } = await ask("GET", "verifications"));
    const asked = chosen();
    if (asked && !verifications.some(({ certifyId }) => certifyId === asked)) {
      // Older than the list goes back, or gone.
      const one = await ask("GET", `verifications/${encodeURIComponent(asked)}`).catch(ifUnknown);
      if (one) verifications.push(one);
    }
    show();
  } catch (error) {
    show(error);
  }
}

function ifUnknown(error) {
  if (error.status !== 404) throw error;
}

/** Does something with a verification; one thing at a time. */
async function act(certifyId, verb, content) {
  if (busy) return;
  busy = true;
  refused = undefined;
  show();
  try {
    await ask("POST", `verifications/${certifyId}/${verb}`, content);
    gaveUp = verb === "give-up" ? certifyId : undefined;
  } catch (error) {
    refused = error;
  }
  busy = false;
  await refresh();
  if (refused) return;
  const title = part("screen").querySelector("strong");
  part("said").textContent = title?.textContent ?? "";
  part("screen").focus();
}

/** What is shown, so that nothing is built again, and no focus lost, while it stays the same. */
const shown = new Map();

function fill(id, state, build) {
  const target = part(id);
  const key = JSON.stringify([language, busy, state]);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  const focused = target.contains(document.activeElement) && document.activeElement.dataset.key;
  const open = [...target.querySelectorAll("details[open]")].map(({ dataset }) => dataset.key);
  target.replaceChildren(...build());
  for (const details of target.querySelectorAll("details")) details.open = open.includes(details.dataset.key);
  if (focused) target.querySelector(`[data-key="${focused}"]`)?.focus();
}

function show(trouble = refused) {
  showFrame();
  const needsToken = trouble?.status === 401;
  const missing = verifications === undefined || trouble?.status === 401 || trouble?.status === 403;
  part("loading").hidden = !missing || trouble !== undefined;
  part("token").hidden = !needsToken;
  part("work").hidden = missing;
  // Before anything was typed there, the form says it alone.
  const problem = needsToken && token === undefined ? undefined : trouble;
  fill("trouble", problem && (problem.text ?? "unreachable"), () => actOnTrouble(problem));
  if (missing) return;
  const now = Date.now() + ahead;
  fill("list", listState(now), () => buildList(now));
  const one = verifications.find(({ certifyId }) => certifyId === chosen());
  fill("screen", [one ?? chosen(), gaveUp, verifications.some(waits)], () => buildScreen(one));
}

function showFrame() {
  document.documentElement.lang = text().locale;
  document.title = text().title;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = text()[element.dataset.word];
  }
  part("language").textContent = text().language;
  part("language").lang = language === "zh" ? "en" : "zh-CN";
  part("theme").textContent = isDark() ? text().light : text().dark;
  if (kept.theme) document.documentElement.dataset.theme = kept.theme;
}

const isDark = () =>
  (kept.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

function actOnTrouble(trouble) {
  if (!trouble) return [];
  // The control API's own words for this are for who writes requests.
  if (trouble.status === 401) return [make("p", {}, text().tokenWrong)];
  if (trouble.text) return [make("p", {}, trouble.text[language])];
  const retry = make("button", { type: "button", click: refresh, "data-key": "retry" }, text().retry);
  return [make("p", {}, text().unreachable), retry];
}

const waits = ({ stage }) => stage === "created" || stage === "opened";
const minutesLeft = ({ expiresAt }, now) => Math.floor((Date.parse(expiresAt) - now) / 60_000);

function listState(now) {
  return [
    chosen(),
    verifications.map((one) => [one.certifyId, one.stage, waits(one) && minutesLeft(one, now)]),
  ];
}

function buildList(now) {
  const waiting = verifications.filter(waits);
  const recent = verifications.filter((one) => !waits(one)).slice(0, RECENT);
  const item = (one) => {
    const left = waits(one) ? ` · ${text().left(minutesLeft(one, now))}` : "";
    return make(
      "li",
      {},
      make(
        "button",
        {
          type: "button",
          "data-key": one.certifyId,
          "aria-pressed": String(one.certifyId === chosen()),
          click: () => choose(one.certifyId),
        },
        make("span", { class: "hidden" }, `${text().order} `),
        make("code", {}, one.outerOrderNo),
        make("span", { class: "stage" }, `${text().stages[one.stage]}${left}`),
      ),
    );
  };
  const listed = (some) => make("ul", { class: "verifications" }, ...some.map(item));
  return [
    waiting.length > 0
      ? listed(waiting)
      : make("div", {}, make("p", {}, text().empty), make("p", { class: "muted" }, text().emptyNote)),
    ...(recent.length > 0
      ? [make("details", { "data-key": "recent" }, make("summary", {}, text().recent), listed(recent))]
      : []),
  ];
}

function choose(certifyId) {
  history.replaceState(null, "", `#${certifyId}`);
  gaveUp = undefined;
  refused = undefined;
  show();
  part("screen").focus();
  part("screen").scrollIntoView({ block: "nearest" });
}

const centre = (...children) => [make("div", { class: "centre" }, ...children)];
const title = (words, tone) => make("strong", { class: tone }, words);
const note = (words) => make("p", { class: "muted" }, words);

function buildScreen(one) {
  const t = text();
  if (!one) {
    if (!chosen()) return centre(note(verifications.some(waits) ? t.choose : t.empty));
    return centre(title(t.goneTitle), note(t.gone));
  }
  const about = [
    make("p", {}, make("span", { class: "muted" }, "CertifyId "), make("code", {}, one.certifyId)),
    buildSteps(one),
  ];
  if (waits(one) && one.endedAt) {
    const time = new Date(one.endedAt).toLocaleTimeString(t.locale);
    return [...about, ...centre(title(t.scripted), note(t.scriptedNote(time)))];
  }
  const screens = { created: toOpen, opened: toSubmit, ended: done, expired };
  return [...about, ...screens[one.stage](one)];
}

function buildSteps({ stage }) {
  const at = { created: 0, opened: 1 }[stage] ?? 3;
  const steps = Object.values(text().steps).map((step, index) =>
    make("li", { class: index < at && "past", "aria-current": index === at && "step" }, step),
  );
  return make("ol", { class: "steps", "aria-label": text().progress }, ...steps);
}

function toOpen({ certifyId }) {
  const t = text();
  return centre(
    title(t.ready),
    gaveUp === certifyId ? note(t.gaveUp) : undefined,
    make(
      "button",
      {
        type: "button",
        class: "primary",
        "data-key": "open",
        disabled: busy,
        click: () => act(certifyId, "open"),
      },
      t.open,
    ),
  );
}

function toSubmit({ certifyId }) {
  const t = text();
  const button = ({ outcome, passed, vendorMessage, text: explained }) =>
    make(
      "li",
      {},
      make(
        "button",
        {
          type: "button",
          class: passed && "pass",
          "data-key": outcome,
          disabled: busy,
          click: () => act(certifyId, "submit", { outcome }),
        },
        make("code", {}, outcome),
        make("span", { lang: "zh-CN" }, vendorMessage),
        language === "zh" ? undefined : make("small", {}, explained.en),
      ),
    );
  const listed = (some) => make("ul", { class: "outcomes" }, ...some.map(button));
  const folded = (key, summary, some) =>
    make("details", { "data-key": key }, make("summary", {}, summary), listed(some));
  return [
    part("face").content.cloneNode(true),
    title(t.blink, "instruction"),
    make("h3", {}, t.outcomes),
    listed(outcomes.subCodes.filter(({ ofLrFr }) => ofLrFr)),
    make(
      "button",
      { type: "button", "data-key": "give-up", disabled: busy, click: () => act(certifyId, "give-up") },
      t.giveUp,
    ),
    folded(
      "more",
      t.more,
      outcomes.subCodes.filter(({ ofLrFr }) => !ofLrFr),
    ),
    folded("codes", t.codes, outcomes.codes),
  ];
}

function done({ passed, subCode, code, callback }) {
  const t = text();
  const [words, tone] =
    subCode === null ? [t.failed, "bad"] : passed ? [t.passed, "good"] : [t.rejected, "bad"];
  const [label, value] = subCode === null ? ["Code", code] : ["SubCode", subCode];
  const known = [...outcomes.subCodes, ...outcomes.codes].find(({ outcome }) => outcome === value);
  return centre(
    title(words, tone),
    make(
      "p",
      {},
      make("code", {}, `${label} ${value}`),
      " ",
      make("span", { lang: "zh-CN" }, known?.vendorMessage ?? ""),
    ),
    language === "zh" || !known ? undefined : note(known.text.en),
    callback?.attempts ? note(t.callback(callback.attempts, callback.lastStatus)) : undefined,
    note(t.askNow),
  );
}

const expired = () => centre(title(text().expired), note(text().expiredNote));

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
/** While somebody looks, and one request at a time. */
async function watch() {
  if (document.visibilityState === "visible" && !busy && part("token").hidden) await refresh();
  setTimeout(watch, EVERY_MS);
}
watch();
