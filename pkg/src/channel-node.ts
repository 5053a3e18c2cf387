import type { Channel } from "node:diagnostics_channel";

/** The name under which the end of each call is published: a `CallReport`. */
const CALLS = "cloudauth-edge:call";

/**
 * The process's channel for the ends of calls.
 *
 * @returns undefined where there is none
 */
export function callChannel(): Pick<Channel, "hasSubscribers" | "publish"> | undefined {
  // Not imported: bundlers for browsers and edge runtimes know no module of Node.
  const { getBuiltinModule }: Partial<NodeJS.Process> = globalThis.process ?? {};
  return getBuiltinModule?.("node:diagnostics_channel")?.channel(CALLS);
}
