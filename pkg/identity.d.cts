/** The rules of Chinese identity data. Nothing leaves the program, and no problem repeats the input. */

export interface Problem {
  /** Stable name of the rule. */
  rule: string;
  /** What is wrong and what to do, to stand behind the field's name. */
  message: { zh: string; en: string };
}

export interface Refused extends Problem {
  ok: false;
}

export interface Accepted {
  ok: true;
  /** The value to send to Alibaba Cloud. */
  normalized: string;
  /** What was changed, and what looks odd. */
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

/** Checks an identity number (GB 11643-1999): form, division, date of birth, check digit. No value is `missing`. */
export function checkCertNo(
  text: string | null | undefined,
  options?: { allowResidencePermits?: boolean | undefined },
): CertNoAccepted | Refused;

/** Checks a name: Han characters, with `·` between the parts of a name. */
export function checkCertName(text: string | null | undefined): Accepted | Refused;

/** Checks a mobile number of mainland China. */
export function checkMobile(text: string | null | undefined): Accepted | Refused;

/** Resolves when the rules can be used: at once, except in pages of Chrome from before mid-2023. */
export function ready(): Promise<void>;
