/** The sandbox in workerd: in tests of Workers, and in Workers themselves. */

import * as glue from "../wasm/sandbox/cloudauth_edge.js";
import module from "../wasm/sandbox/cloudauth_edge_bg.wasm?module";
import { guard } from "./core.js";
import { assertObject } from "./options.js";
import { SandboxHost } from "./sandbox-host.js";
import type { Sandbox, SandboxOptions, SandboxServer } from "./sandbox-types.js";

glue.initSync({ module });
const { sandboxStep } = guard(glue);

/** Creates a sandbox with its own state. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  assertObject("options", options);
  const { file, ...others } = options;
  if (file !== undefined)
    throw new TypeError("The sandbox has no file access in workerd: pass a store, or omit file.");
  return new WorkerdSandbox(sandboxStep, others);
}

class WorkerdSandbox extends SandboxHost implements Sandbox {
  async listen(): Promise<SandboxServer> {
    throw new TypeError("The sandbox cannot listen in workerd: pass its fetch to the client.");
  }
}
