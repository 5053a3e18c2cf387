// The runtimes from the packages in this folder.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { tools } from "./consumer.mjs";

const { arch, platform } = process;

function program(name, ...path) {
  const file = join(tools, ...path);
  if (!existsSync(file)) {
    throw new Error(
      `${name} is missing for ${platform}-${arch}: run npm ci in tests/packaging; it has packages for Linux on x64 and arm64.`,
    );
  }
  return file;
}

export const node = (major) => program(`Node ${major}`, `node-${major}-${arch}`, "bin", "node");
export const bun = () =>
  program("Bun", "@oven", `bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`, "bin", "bun");
export const deno = () => program("Deno", "@deno", `${platform}-${arch}-glibc`, "deno");
