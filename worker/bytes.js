/**
 * What a stream has, cut one byte behind the limit; undefined where its end does not come, in time or at all.
 *
 * @param {ReadableStream<Uint8Array> | null} stream
 * @param {{ limit: number, millis: number, discard?: number }} bounds bytes beyond the limit are read and
 *   thrown away up to `discard`: a sender whose connection closes while it writes may never see the answer
 * @returns {Promise<Uint8Array | undefined>}
 */
export async function collect(stream, { limit, millis, discard = 0 }) {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  const quit = () => reader.cancel().catch(() => {});
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    quit();
  }, millis);
  const chunks = [];
  let length = 0;
  try {
    while (length <= limit + discard) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length <= limit) chunks.push(value);
      length += value.byteLength;
    }
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
  if (late) return undefined;
  if (length > limit + discard) quit();
  const bytes = new Uint8Array(Math.min(length, limit + 1));
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, bytes.length - at);
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}
