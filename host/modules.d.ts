// What scripts/build.mjs generates and the platform provides, as far as the hosts use it.

declare module "*/gateway/cloudauth_edge.js" {
  export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
  export function __wbg_reset_state(): void;
  export function gatewayAlarm(): string;
  export function gatewayCompareAlarm(set: number | undefined): string;
  export function gatewayFailure(
    what: string,
    request: string,
    body: Uint8Array | undefined,
    requestId: string,
  ): string;
  export function gatewayKeySecret(gatewaySecret: string, accessKeyId: string): string;
  export function gatewayPendingDeliveries(now: number): string;
  export function gatewayPhoto(
    status: number,
    contentType: string,
    request: string,
    body: Uint8Array | undefined,
    requestId: string,
  ): string;
  export function gatewayRoute(
    settings: string,
    request: string,
    body: Uint8Array | undefined,
    now: number,
  ): string;
  export function gatewayStep(
    settings: string,
    task: string,
    known: string,
    body: Uint8Array | undefined,
    random: Uint8Array,
    now: number,
  ): string;
  export function gatewayTurn(
    settings: string,
    freeAt: number,
    yields: boolean,
    ofCaller: number,
    now: number,
  ): string;
  export function gatewayWebhookSecret(gatewaySecret: string, caller: string, number: number): string;
}

declare module "*/bundle/sandbox.js" {
  export const createSandbox: typeof import("../pkg/dist/sandbox.js").createSandbox;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

/** A rule of `wrangler.toml` makes the Worker read it as text. */
declare module "*/openapi.json" {
  const text: string;
  export default text;
}

declare module "cloudflare:workers" {
  /** A class of objects, each of which has its own store. */
  export abstract class DurableObject<Env> {
    protected ctx: import("@cloudflare/workers-types").DurableObjectState;
    protected env: Env;
    constructor(ctx: import("@cloudflare/workers-types").DurableObjectState, env: Env);
  }
}
