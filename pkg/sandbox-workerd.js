/** The sandbox in workerd: in tests of Workers, and in Workers themselves. */

import { guard } from "./core.js";
import { SandboxHost } from "./sandbox-host.js";
import * as glue from "./wasm/sandbox/cloudauth_edge.js";
import module from "./wasm/sandbox/cloudauth_edge_bg.wasm?module";

glue.initSync({ module });
const { sandboxStep } = guard(glue);

/** Creates a sandbox with its own state. */
export function createSandbox({ file, ...options } = {}) {
  if (file !== undefined)
    throw new TypeError("The sandbox has no file access in workerd: pass a store, or omit file.");
  return new Sandbox(sandboxStep, options);
}

class Sandbox extends SandboxHost {
  async listen() {
    throw new TypeError("The sandbox cannot listen in workerd: pass its fetch to the client.");
  }
}
