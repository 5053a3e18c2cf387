// For all runtimes without their own entry point: Node, Bun, Deno, browsers, and bundlers with default
// conditions.

import "./webassembly.js";
// Exported first, so that all code precedes the module's text, which compresses better.
export * from "../index.js";

import { exports } from "../client-exports.js";
import { callChannel } from "../channel-node.js";
import { useHost } from "../host.js";
import { loadInline } from "../load.js";
import { denoTransport } from "../transport-deno.js";
import { nodeTransport } from "../transport-node.js";
import base64 from "../../wasm/client/base64.js";
import init, { initSync } from "../../wasm/client/cloudauth_edge.js";

/** Only browsers identify themselves as Mozilla, and so do simulated browser environments on Node. */
const inBrowser =
  !globalThis.process?.versions?.node && /^Mozilla\//.test(globalThis.navigator?.userAgent ?? "");

useHost({
  ...loadInline(exports, { init, initSync }, base64),
  inBrowser,
  send: nodeTransport() ?? denoTransport(),
  calls: callChannel(),
});
