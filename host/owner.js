/** Who owns the files that the operator's commands replace. */

import { chownSync, statSync } from "node:fs";

/**
 * Gives a file the owner of another one. Root also runs the commands for a service that runs as another user, which
 * otherwise could not open the file.
 *
 * @param {string} path
 * @param {string} like a file or folder
 */
export function giveOwnerOf(path, like) {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  chownSync(path, uid, gid);
}
