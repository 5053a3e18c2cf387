/** The sandbox in workerd: in tests of Workers, and in Workers themselves. */

import { guard } from "./core.js";
import { SandboxHost } from "./sandbox-host.js";
import * as glue from "./wasm/sandbox/cloudauth_edge.js";
import module from "./wasm/sandbox/cloudauth_edge_bg.wasm?module";

glue.initSync({ module });
const { sandboxStep } = guard(glue);

/** Makes a sandbox of its own: no other one sees its state. */
export function createSandbox({ file, ...options } = {}) {
  if (file !== undefined)
    throw new TypeError("The sandbox has no files in workerd: give a store, or no file.");
  return new Sandbox(sandboxStep, options);
}

class Sandbox extends SandboxHost {
  async listen() {
    throw new TypeError("The sandbox cannot listen in workerd: give its fetch to the client.");
  }
}
