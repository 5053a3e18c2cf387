/** Who owns the files that the operator's commands create. */

import { lchownSync, statSync } from "node:fs";

/**
 * Gives a file the owner of another one. Root also runs the commands for a service that runs as another user, which
 * otherwise could not open the file.
 *
 * @param {string} path of a symbolic link, which that user may have put there, only the link is given away
 * @param {string} like a file or folder
 */
export function giveOwnerOf(path, like) {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(like);
  lchownSync(path, uid, gid);
}
