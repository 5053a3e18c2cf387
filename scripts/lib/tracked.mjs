import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { at, root } from "./project.mjs";

const LIST = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];

/** Files that git tracks or would add, by their paths from the root. git also lists tracked files that were deleted. */
export const tracked = (...patterns) =>
  execFileSync("git", [...LIST, ...patterns], { cwd: root, encoding: "utf8" })
    .split("\0")
    .filter((file) => file && existsSync(at(file)));
