import * as glue from "#lab/cloudauth_edge.js";
import wasmUrl from "#lab/cloudauth_edge_bg.wasm?url";
import { guard } from "#pkg/core.js";
import type { Core } from "./types";

/** The functions of the module; three take the members of an object as separate values. */
interface Exports extends Omit<Core, "previewRequest" | "examineSignature" | "checkList"> {
  previewRequest(
    action: string,
    values: string[],
    scheme: string,
    endpoint: string,
    keyId: string,
    keySecret: string,
    now: number,
  ): ReturnType<Core["previewRequest"]>;
  examineSignature(
    request: string,
    scheme: string,
    method: string,
    secret: string,
    answer: string,
    now: number,
  ): ReturnType<Core["examineSignature"]>;
  checkList(
    delimiter: string,
    header: boolean,
    start: number,
    certNo: number,
    certName: number,
    chunk: string,
    row: number,
    line: number,
    last: boolean,
    allDocuments: boolean,
    now: number,
  ): ReturnType<Core["checkList"]>;
}

/** Loads the module; the list checker's worker uses it, too. */
export async function loadCore(): Promise<Core> {
  await glue.default({ module_or_path: wasmUrl });
  const core = guard(glue) as Exports;
  return {
    ...core,
    previewRequest: ({ action, parameters, scheme, endpoint, key }, now) =>
      core.previewRequest(
        action,
        Object.entries(parameters).flat(),
        scheme,
        endpoint ?? "",
        key?.id ?? "",
        key?.secret ?? "",
        now,
      ),
    examineSignature: ({ request, scheme, method, secret, answer }, now) =>
      core.examineSignature(request, scheme ?? "", method ?? "", secret, answer, now),
    checkList: ({ delimiter, header, start, certNo, certName }, ...given) =>
      core.checkList(delimiter, header, start, certNo ?? -1, certName ?? -1, ...given),
  };
}
