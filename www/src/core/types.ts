/**
 * The types of the WebAssembly module's input and output; `src/lab` and `src/identity` define them.
 */

export interface Text {
  zh: string;
  en: string;
}

export interface Problem {
  rule: string;
  message: Text;
}

export interface FieldError extends Problem {
  field: string;
}

export interface Finding extends Problem {
  fatal: boolean;
}

export type Result<T, E> = { Ok: T } | { Err: E };
export type Scheme = "1.0" | "ACS3-HMAC-SHA256";
export type Place = "query" | "form" | "unknown";

export interface CertNoDetails {
  normalized: string;
  notices: Problem[];
  document: "resident-identity-card" | "residence-permit" | "foreign-permanent-resident-card";
  provinceZh: string | null;
  provinceEn: string | null;
  birthDate: string;
  male: boolean;
}

export interface Accepted {
  normalized: string;
  notices: Problem[];
}

export interface CertNoPart {
  kind: "division" | "birth-date" | "sequence" | "check";
  text: string;
  state: "right" | "wrong" | "open";
  meaning: Text | null;
}

export interface Draft {
  action: "InitFaceVerify" | "DescribeFaceVerify";
  parameters: Record<string, string>;
  scheme: Scheme;
  endpoint: string | null;
  key: { id: string; secret: string } | null;
}

export interface Entry {
  name: string;
  value: string;
  masked: boolean;
}

export interface ShownRequest {
  method: string;
  url: string;
  query: Entry[];
  headers: [name: string, value: string][];
  form: Entry[];
}

export interface Preview {
  request: ShownRequest | null;
  errors: FieldError[];
  notices: FieldError[];
}

export interface Subject {
  request: string;
  scheme: Scheme | null;
  method: string | null;
  secret: string;
  answer: string;
}

export interface Piece {
  text: string;
  once: string;
  twice: string;
}

export interface SignedParameter {
  name: Piece[];
  value: Piece[];
  place: Place;
}

interface CommonStages {
  method: string;
  parameters: SignedParameter[];
  canonicalizedQuery: string;
  stringToSign: string;
  signature: string | null;
}

export interface RpcStages extends CommonStages {
  scheme: "1.0";
}

export interface Acs3Stages extends CommonStages {
  scheme: "ACS3-HMAC-SHA256";
  uri: string;
  headers: [name: string, value: string][];
  signedHeaders: string;
  body: string;
  payloadHash: string;
  canonicalRequest: string;
  authorization: string | null;
}

export type Stages = RpcStages | Acs3Stages;

export interface Marked {
  same: string;
  different: string;
  rest: string;
}

export interface Comparison {
  agreement: "same" | "different" | "same-as-far-as-visible" | "unknown";
  origin: "signed" | "sent";
  ours: Marked;
  theirs: Marked;
}

export type Evidence =
  "servers-code" | "calculation" | "programs-text" | "signature-form" | "request" | "servers-text";

export interface Conclusion {
  rule: string;
  message: Text;
  standing: "right" | "wrong" | "unknown";
  restsOn: Evidence[];
}

export interface Examination {
  form:
    | "lines"
    | "json"
    | "url"
    | "form-body"
    | "curl"
    | "http-message"
    | "string-to-sign"
    | "canonical-request"
    | "servers-text";
  completeness: "whole" | "body-missing" | "part";
  stages: Stages;
  givenSignature: string | null;
  right: boolean | null;
  findings: Finding[];
  extent: "whole" | "cut" | "masked" | "digest" | "absent" | null;
  comparison: Comparison | null;
  conclusions: Conclusion[];
}

export interface Layout {
  delimiter: string;
  header: boolean;
  /** The line of the first row. */
  start: number;
  certNo: number | null;
  certName: number | null;
  /** The column whose numbers are masked or damaged. */
  damaged: number | null;
  titles: string[];
}

export interface Listed extends Problem {
  field: "certNo" | "certName";
  fatal: boolean;
}

export interface CheckedChunk {
  rows: number;
  rightRows: number;
  emptyRows: number;
  problems: Listed[];
  marks: [row: number, line: number, problem: number][];
  written: string[];
  numbers: string[];
  numberRows: number[];
  numberLines: number[];
  rest: string;
  nextRow: number;
  nextLine: number;
}

/** The functions that the console calls. */
export interface Core {
  checkCertNo(text: string, allDocuments: boolean, now: number): Result<CertNoDetails, Problem>;
  checkCertName(text: string, allDocuments: boolean): Result<Accepted, Problem>;
  certNoParts(text: string, allDocuments: boolean, now: number): CertNoPart[];
  previewRequest(draft: Draft, now: number): Preview;
  freshOrderNo(prefix: string, now: number): Result<string, Problem>;
  examineSignature(subject: Subject, now: number): Result<Examination, Finding>;
  shareableRequest(request: string): Result<string, Finding>;
  maskCertNo(text: string): string;
  rpcSignature(secret: string, stringToSign: string): string;
  listLayout(beginning: string): Layout;
  checkList(
    layout: Layout,
    chunk: string,
    row: number,
    line: number,
    last: boolean,
    allDocuments: boolean,
    now: number,
  ): CheckedChunk;
}
