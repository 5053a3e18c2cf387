// File sizes, uncompressed and compressed.

import { brotliCompressSync, constants, gzipSync } from "node:zlib";

export const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

export function compressed(bytes) {
  return {
    raw: bytes.length,
    gzip: gzipped(bytes),
    brotli: brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }).length,
  };
}

/** Kilobytes of 1,024 bytes. */
export const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`;
