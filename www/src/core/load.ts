import * as glue from "#lab/cloudauth_edge.js";
import wasmUrl from "#lab/cloudauth_edge_bg.wasm?url";
import { guard } from "#pkg/core.js";
import type { Core } from "./types";

/** The functions of the module, as `src/wasm/lab.rs` and `src/wasm/identity.rs` define them. */
interface Exports {
  checkCertNo(text: string, allDocuments: boolean, now: number): string;
  checkCertName(text: string): string;
  checkMobile(text: string): string;
  certNoParts(text: string, allDocuments: boolean, now: number): string;
  previewRequest(
    action: string,
    values: string[],
    scheme: string,
    endpoint: string,
    keyId: string,
    keySecret: string,
    now: number,
  ): string;
  freshOrderNo(prefix: string, now: number): string;
  outcomes(): string;
  examineSignature(
    request: string,
    scheme: string,
    method: string,
    secret: string,
    answer: string,
    now: number,
  ): string;
  listLayout(beginning: string): string;
  checkList(
    delimiter: string,
    header: boolean,
    certNo: number,
    certName: number,
    chunk: string,
    firstLine: number,
    last: boolean,
    allDocuments: boolean,
    now: number,
  ): string;
}

/** Loads the module; also used inside the list checker's worker. */
export async function loadCore(): Promise<Core> {
  await glue.default({ module_or_path: wasmUrl });
  const core = guard(glue) as Exports;
  return {
    checkCertNo: (...given) => JSON.parse(core.checkCertNo(...given)),
    checkCertName: (text) => JSON.parse(core.checkCertName(text)),
    checkMobile: (text) => JSON.parse(core.checkMobile(text)),
    certNoParts: (...given) => JSON.parse(core.certNoParts(...given)),
    previewRequest: ({ action, parameters, scheme, endpoint, key }, now) =>
      JSON.parse(
        core.previewRequest(
          action,
          Object.entries(parameters).flat(),
          scheme,
          endpoint ?? "",
          key?.id ?? "",
          key?.secret ?? "",
          now,
        ),
      ),
    freshOrderNo: (...given) => JSON.parse(core.freshOrderNo(...given)),
    outcomes: () => JSON.parse(core.outcomes()),
    examineSignature: ({ request, scheme, method, secret, answer }, now) =>
      JSON.parse(core.examineSignature(request, scheme ?? "", method ?? "", secret, answer, now)),
    listLayout: (beginning) => JSON.parse(core.listLayout(beginning)),
    checkList: ({ delimiter, header, certNo, certName }, ...given) =>
      JSON.parse(core.checkList(delimiter, header, certNo ?? -1, certName ?? -1, ...given)),
  };
}
