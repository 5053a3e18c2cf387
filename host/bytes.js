import { joined } from "../pkg/dist/bytes.js";

/**
 * @typedef {{ done: true, value?: unknown } | { done?: false, value: Uint8Array }} Chunk
 *
 * @typedef {{ read(): Promise<Chunk>, cancel(): Promise<void> }} Reader
 */

/**
 * Reads a stream up to one byte beyond the limit; undefined if it times out or is interrupted.
 *
 * @param {Reader | undefined} reader
 * @param {{ limit: number, millis: number, discard?: number }} bounds bytes beyond the limit are read and discarded, up
 *   to `discard`: a sender whose connection closes while it writes may never see the response
 * @returns {Promise<Uint8Array | undefined>}
 */
export async function collect(reader, { limit, millis, discard = 0 }) {
  if (!reader) return new Uint8Array();
  const quit = () => reader.cancel().catch(() => {});
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<undefined>} */
  const late = new Promise((resolve) => (timer = setTimeout(resolve, millis, undefined)));
  /** @type {Uint8Array[]} */
  const chunks = [];
  let length = 0;
  try {
    while (length <= limit + discard) {
      const next = await Promise.race([reader.read(), late]);
      if (!next) {
        quit();
        return undefined;
      }
      if (next.done) break;
      if (length <= limit) chunks.push(next.value);
      length += next.value.byteLength;
    }
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
  if (length > limit + discard) quit();
  return joined(chunks, Math.min(length, limit + 1));
}
