// The used part of what scripts/build.mjs generates in pkg/wasm/: the exports of src/wasm/.

type Initialize = (options: { module_or_path: BufferSource | WebAssembly.Module }) => Promise<unknown>;
type InitializeSync = (options: { module: BufferSource | WebAssembly.Module }) => unknown;

/** A problem and a Result of the identity rules, as serde serializes them. */
type CoreProblem = { rule: string; message: import("./identity.js").Problem["messages"] };
type Checked<T> =
  | { Ok: Omit<T, "ok" | "notices"> & { notices: CoreProblem[] }; Err?: undefined }
  | { Ok?: undefined; Err: CoreProblem };

declare module "*/client/cloudauth_edge.js" {
  const init: Initialize;
  export default init;
  export const initSync: InitializeSync;
  export function __wbg_reset_state(): void;
  export function checkOptions(packed: Uint8Array): string;
  export function prepareAttempt(packed: Uint8Array): string;
  export function readAnswer(action: string, status: number, vendorNow: number, body: Uint8Array): string;
  export function endUnsent(packed: Uint8Array): string;
  export function settleAttempt(packed: Uint8Array, body: Uint8Array): string;
  export function newOuterOrderNo(prefix: string, random: string, now: number): string;
  export function nextQuery(
    polls: number,
    jitter: number,
    failedWith: string | undefined,
    askedMillis: number,
    leftMillis: number,
  ): string;
  export function orderOf(packed: Uint8Array): string;
  export function knownOrder(packed: Uint8Array): string;
  export function orderFailed(why: string): string;
  export function parseCallback(query: string, expectedToken: string): string;
}

declare module "*/identity/cloudauth_edge.js" {
  const init: Initialize;
  export default init;
  export const initSync: InitializeSync;
  export function __wbg_reset_state(): void;
  export function checkCertNo(
    text: string,
    allDocuments: boolean,
    now: number,
  ): Checked<import("./identity.js").CertNoAccepted>;
  export function checkCertName(
    text: string,
    allDocuments: boolean,
  ): Checked<import("./identity.js").Accepted>;
  export function checkMobile(text: string): Checked<import("./identity.js").Accepted>;
}

declare module "*/sandbox/cloudauth_edge.js" {
  export const initSync: InitializeSync;
  export function __wbg_reset_state(): void;
  export function sandboxStep(
    input: string,
    body: Uint8Array,
    config: string,
    random: Uint8Array,
  ): Uint8Array;
}

declare module "*/base64.js" {
  const base64: string;
  export default base64;
}

declare module "*/phone.js" {
  const files: Record<string, string>;
  export default files;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
