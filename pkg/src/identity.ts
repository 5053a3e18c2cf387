/**
 * Validation rules for Chinese identity data. No data leaves the program, and no text quotes the input.
 *
 * @module cloudauth-edge/identity
 */

import { identity } from "./identity-host.js";

export interface Problem {
  /** Stable name of the rule. */
  rule: string;
  /** What is wrong and how to fix it, as a predicate that follows the field name. */
  messages: { zh: string; en: string };
}

export interface Refused extends Problem {
  ok: false;
}

export interface Accepted {
  ok: true;
  /** The value to send to Alibaba Cloud. */
  normalized: string;
  /** Warnings, and changes made to the input. */
  notices: Problem[];
}

export interface CertNoAccepted extends Accepted {
  document: "resident-identity-card" | "residence-permit" | "foreign-permanent-resident-card";
  provinceZh: string | null;
  provinceEn: string | null;
  /** yyyy-MM-dd */
  birthDate: string;
  male: boolean;
}

/**
 * Checks an identity number (GB 11643-1999): format, division, date of birth, check digit. An absent value violates
 * `missing`.
 *
 * @param text the number
 * @param options which documents are accepted
 */
export function checkCertNo(
  text: string | null | undefined,
  { allowResidencePermits = false }: { allowResidencePermits?: boolean | undefined } = {},
): CertNoAccepted | Refused {
  return read(identity.core().checkCertNo(given(text), allowResidencePermits, Date.now()));
}

/** Checks a name: Han characters, with `·` between the parts of a name. */
export function checkCertName(text: string | null | undefined): Accepted | Refused {
  return read(identity.core().checkCertName(given(text)));
}

/** Checks a mobile number of mainland China. */
export function checkMobile(text: string | null | undefined): Accepted | Refused {
  return read(identity.core().checkMobile(given(text)));
}

/** Resolves when the rules are ready: immediately, except on pages in Chrome versions before mid-2023. */
export function ready(): Promise<void> {
  return identity.ready();
}

/** An absent value counts as empty, not as the text "undefined". */
const given = (text: string | null | undefined) => String(text ?? "");

const problem = ({ rule, message }: CoreProblem): Problem => ({ rule, messages: message });

function read<T extends Accepted>({ Ok, Err }: Checked<T>): T | Refused {
  if (Err) return { ok: false, ...problem(Err) };
  return { ok: true, ...Ok, notices: Ok.notices.map(problem) } as unknown as T;
}
