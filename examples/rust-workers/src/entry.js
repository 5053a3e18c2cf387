// Loads the WebAssembly module, whose `fetch` is the Worker's.

import { fetch, initSync } from "../target/worker/worker.js";
import module from "../target/worker/worker_bg.wasm";

initSync({ module });

export default { fetch };
