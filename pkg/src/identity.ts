/**
 * Validation rules for Chinese identity data. No data leaves the program, and no text quotes the input.
 *
 * @module cloudauth-edge/identity
 */

import { identity } from "./identity-host.js";
import { asText } from "./text.js";

/** What is wrong with an input, or was changed in it. Never contains the input. */
export interface Problem {
  /** Stable name of the rule. */
  rule: string;
  /** What is wrong and how to fix it, as a predicate that follows the field name. */
  messages: {
    /** Chinese. */
    zh: string;
    /** English. */
    en: string;
  };
}

/** The input violates a rule. */
export interface Refused extends Problem {
  /** Distinguishes it from `Accepted`. */
  ok: false;
}

/** The input follows the rules, perhaps after a change. */
export interface Accepted {
  /** Distinguishes it from `Refused`. */
  ok: true;
  /** The value to send to Alibaba Cloud. */
  normalized: string;
  /** Warnings, and changes made to the input. */
  notices: Problem[];
}

/** What a valid identity number states. Whether it was ever issued is unknown. */
export interface CertNoAccepted extends Accepted {
  /** The kind of document, from the first digits. */
  document: "resident-identity-card" | "residence-permit" | "foreign-permanent-resident-card";
  /** The province of the first registration, in Chinese; null if the number has none. */
  provinceZh: string | null;
  /** The same in English. */
  provinceEn: string | null;
  /** The date of birth, yyyy-MM-dd. */
  birthDate: string;
  /** Whether the sequence number is odd, which means male. */
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
  options: {
    /** Whether the numbers of residence permits and foreign permanent resident cards are accepted; default false. */
    allowResidencePermits?: boolean | undefined;
  } = {},
): CertNoAccepted | Refused {
  return read(identity.core().checkCertNo(asText(text), allowsAll(options), Date.now()));
}

/**
 * Checks a name: Han characters, with `·` between the parts of a name.
 *
 * @param text the name
 * @param options which documents are accepted
 */
export function checkCertName(
  text: string | null | undefined,
  options: {
    /**
     * Whether a name in Latin letters is accepted, as on a foreign permanent resident card; default false. The client
     * accepts it only if the CertNo begins with 9.
     */
    allowResidencePermits?: boolean | undefined;
  } = {},
): Accepted | Refused {
  return read(identity.core().checkCertName(asText(text), allowsAll(options)));
}

/**
 * Checks a mobile number of mainland China: 11 digits, with or without +86.
 *
 * @param text the number
 */
export function checkMobile(text: string | null | undefined): Accepted | Refused {
  return read(identity.core().checkMobile(asText(text)));
}

/** Resolves when the rules are ready: immediately, except on pages in Chrome versions before mid-2023. */
export function ready(): Promise<void> {
  return identity.ready();
}

const allowsAll = (options: { allowResidencePermits?: boolean | undefined } | null) =>
  options?.allowResidencePermits === true;

const problem = ({ rule, message }: CoreProblem): Problem => ({ rule, messages: message });

function read<T extends Accepted>({ Ok, Err }: Checked<T>): T | Refused {
  if (Err) return { ok: false, ...problem(Err) };
  return { ok: true, ...Ok, notices: Ok.notices.map(problem) } as unknown as T;
}
