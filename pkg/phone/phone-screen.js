/**
 * The simulated phone: one verification, and what a person can do with it. Shown by the sandbox's own page and by the
 * console; acts by the sandbox's control API.
 */

import { label, words } from "./phone-words.js";

const TIMEOUT_MS = 15_000;
const SVG = "http://www.w3.org/2000/svg";

/** The control API refused the request; `text` gives the reason in both languages. */
class Refused extends Error {
  constructor(status, { message }) {
    super(message.en);
    this.status = status;
    this.text = message;
  }
}

/**
 * Calls a sandbox's control API.
 * @param address of the sandbox's `/_sandbox/`, absolute or relative
 * @returns {Promise<{ answer: any, date: string | null }>} `date` is the sandbox's time
 */
export async function control(address, { method = "GET", path, content, token }) {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: content && JSON.stringify(content),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(response.status, answer);
  return { answer, date: response.headers.get("date") };
}

/** Creates an element. Attributes with the value undefined or false are omitted; functions become listeners. */
export function make(name, attributes = {}, ...children) {
  const isDrawn = ["svg", "ellipse", "path"].includes(name);
  const element = isDrawn ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The state that each element currently shows. */
const shown = new WeakMap();

/** Rebuilds an element's content only if its state has changed, so that the focus and opened parts are kept. */
export function fill(target, state, build) {
  const key = JSON.stringify(state);
  if (shown.get(target) === key) return;
  shown.set(target, key);
  const focused = target.contains(document.activeElement) && document.activeElement.dataset.key;
  const open = [...target.querySelectorAll("details[open]")].map(({ dataset }) => dataset.key);
  target.replaceChildren(...build());
  for (const details of target.querySelectorAll("details")) details.open = open.includes(details.dataset.key);
  if (focused) target.querySelector(`[data-key="${focused}"]`)?.focus();
}

/** Why a request failed, in one sentence. */
export const troubleText = (error, language) => error.text?.[language] ?? words[language].unreachable;

export class PhoneScreen {
  #screen = make("div", { class: "phone-screen", tabindex: "-1" });
  #trouble = make("div", { class: "phone-trouble", role: "alert" });
  #said = make("p", { class: "hidden", role: "status" });
  #act;
  #changed;
  #view;
  #busy = false;
  /** CertifyId of the verification that was given up last; cleared by the next action. */
  #gaveUp;
  #refused;

  /**
   * @param root the element to fill
   * @param act does something with a verification: `(certifyId, verb, content) => Promise<verification>`
   * @param changed called after that with the verification, or with undefined if it was refused
   */
  constructor(root, { act, changed }) {
    root.classList.add("phone");
    root.replaceChildren(this.#screen, this.#trouble, this.#said);
    this.#act = act;
    this.#changed = changed;
  }

  /**
   * Shows a verification as the control API describes it or, without one, what `otherwise` says.
   * @param view {{ language: "zh" | "en", verification?: object, outcomes?: object, otherwise?: { title?: string, note?: string } }}
   */
  show(view) {
    if (view.verification?.certifyId !== this.#view?.verification?.certifyId) {
      this.#gaveUp = undefined;
      this.#refused = undefined;
    }
    this.#view = view;
    this.#draw();
  }

  focus() {
    this.#screen.focus();
    this.#screen.scrollIntoView({ block: "nearest" });
  }

  get #text() {
    return words[this.#view.language];
  }

  #draw() {
    const { language, verification, outcomes, otherwise } = this.#view;
    const state = [language, this.#busy, verification, this.#gaveUp, outcomes !== undefined, otherwise];
    fill(this.#screen, state, () => this.#build());
    const trouble = this.#refused && troubleText(this.#refused, language);
    fill(this.#trouble, [trouble], () => (trouble ? [make("p", {}, trouble)] : []));
  }

  /** Performs one action at a time. */
  async #do(verb, content) {
    if (this.#busy) return;
    this.#busy = true;
    this.#refused = undefined;
    this.#draw();
    const { certifyId } = this.#view.verification;
    let changed;
    let refused;
    try {
      changed = await this.#act(certifyId, verb, content);
    } catch (error) {
      refused = error;
    }
    this.#busy = false;
    if (this.#view.verification?.certifyId === certifyId) {
      this.#refused = refused;
      if (changed) {
        this.#gaveUp = verb === "give-up" ? certifyId : undefined;
        this.#view = { ...this.#view, verification: changed };
      }
    }
    this.#draw();
    if (changed) {
      this.#said.textContent = this.#screen.querySelector("strong")?.textContent ?? "";
      this.#screen.focus();
    }
    await this.#changed(changed);
  }

  #build() {
    const { verification: one, otherwise = {} } = this.#view;
    const t = this.#text;
    if (!one)
      return centre(
        otherwise.title && title(otherwise.title),
        otherwise.note && note(otherwise.note),
        !otherwise.title && !otherwise.note ? note(t.loading) : undefined,
      );
    const about = [
      make("p", { class: "phone-id" }, make("span", {}, "CertifyId "), make("code", {}, one.certifyId)),
      this.#steps(one),
    ];
    const waits = one.stage === "created" || one.stage === "opened";
    if (waits && one.endedAt) {
      const time = new Date(one.endedAt).toLocaleTimeString(t.locale);
      return [...about, ...centre(title(t.scripted), note(t.scriptedNote(time)))];
    }
    const screens = { created: this.#toOpen, opened: this.#toSubmit, ended: this.#done, expired };
    return [...about, ...screens[one.stage].call(this, one, t)];
  }

  #steps({ stage }) {
    const at = { created: 0, opened: 1 }[stage] ?? 3;
    const steps = Object.values(this.#text.steps).map((step, index) =>
      make("li", { class: index < at && "past", "aria-current": index === at && "step" }, step),
    );
    return make("ol", { class: "phone-steps", "aria-label": this.#text.progress }, ...steps);
  }

  #button(key, attributes, ...children) {
    return make(
      "button",
      { type: "button", "data-key": key, disabled: this.#busy, ...attributes },
      ...children,
    );
  }

  #toOpen({ certifyId, certifyUrl }, t) {
    return centre(
      title(certifyUrl ? t.readyInBrowser : t.ready),
      this.#gaveUp === certifyId ? note(t.gaveUp) : undefined,
      this.#button("open", { class: "primary", click: () => this.#do("open") }, t.open),
    );
  }

  #toSubmit(_, t) {
    const { language, outcomes } = this.#view;
    if (!outcomes) return centre(note(t.loading));
    const item = ({ outcome, passed, vendorMessage, text }) =>
      make(
        "li",
        {},
        this.#button(
          outcome,
          { class: passed && "pass", click: () => this.#do("submit", { outcome }) },
          make("code", {}, outcome),
          make("span", {}, label(language, vendorMessage, text)),
        ),
      );
    const listed = (some) => make("ul", { class: "phone-outcomes" }, ...some.map(item));
    const folded = (key, summary, some) =>
      make("details", { "data-key": key }, make("summary", {}, summary), listed(some));
    const others = outcomes.subCodes.filter(({ ofLrFr }) => !ofLrFr);
    return [
      face(),
      title(t.blink),
      make("h3", {}, t.outcomes),
      listed(outcomes.subCodes.filter(({ ofLrFr }) => ofLrFr)),
      this.#button("give-up", { click: () => this.#do("give-up") }, t.giveUp),
      folded("more", t.more, others),
      folded("codes", t.codes, outcomes.codes),
    ];
  }

  #done({ passed, subCode, code, callback, returnUrl }, t) {
    const { language, outcomes } = this.#view;
    const [said, tone] =
      subCode === null ? [t.failed, "bad"] : passed ? [t.passed, "good"] : [t.rejected, "bad"];
    const [kind, value] = subCode === null ? ["Code", code] : ["SubCode", subCode];
    const all = outcomes ? [...outcomes.subCodes, ...outcomes.codes] : [];
    const known = all.find(({ outcome }) => outcome === value);
    const meaning = known && label(language, known.vendorMessage, known.text);
    return centre(
      title(said, tone),
      make("p", {}, make("code", {}, `${kind} ${value}`), meaning ? ` ${meaning}` : undefined),
      callback?.attempts ? note(t.callback(callback.attempts, callback.lastStatus)) : undefined,
      note(t.askNow),
      returnUrl ? make("a", { href: returnUrl, rel: "noreferrer", "data-key": "return" }, t.back) : undefined,
    );
  }
}

const expired = (_, t) => centre(title(t.expired), note(t.expiredNote));
const centre = (...children) => [make("div", { class: "phone-centre" }, ...children.filter(Boolean))];
const title = (said, tone) => make("strong", { class: tone }, said);
const note = (said) => make("p", { class: "phone-note" }, said);

function face() {
  return make(
    "svg",
    { class: "phone-face", viewBox: "0 0 120 150", "aria-hidden": "true", focusable: "false" },
    make("ellipse", { class: "frame", cx: "60", cy: "75", rx: "48", ry: "62" }),
    make("ellipse", { class: "eye", cx: "43", cy: "64", rx: "5", ry: "4" }),
    make("ellipse", { class: "eye", cx: "77", cy: "64", rx: "5", ry: "4" }),
    make("path", { class: "mouth", d: "M44 102q16 10 32 0" }),
  );
}
