/** The sandbox's state in a file. */

import { appendFileSync, copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { MemoryStore } from "./sandbox-host.js";

/** A line of the file: a row, or `null` where all rows were deleted. */
type Change = [key: string, value: string, expiresAt: number | null] | null;

/** The file is rewritten with the rows when it has this many lines, and this many for each row. */
const REWRITE_LINES = 4096;
const REWRITE_FACTOR = 4;

/**
 * Rows in memory; every change is also appended as a line to a file that is read at the next start.
 */
export class FileStore extends MemoryStore {
  readonly #file: string;
  /** Infinite at first, so that the first change removes what has expired by the sandbox's clock. */
  #lines = Infinity;
  /** Whether the last line of the file may be cut off. */
  #torn = false;

  constructor(file: string) {
    super();
    this.#file = file;
    const { changes, damaged } = existsSync(file) ? changesIn(file) : { changes: [], damaged: false };
    for (const change of changes) {
      if (change === null) super.clear();
      else super.put(...change, -Infinity);
    }
    if (damaged) copyFileSync(file, `${file}.damaged`);
    this.#rewrite();
  }

  override put(key: string, value: string, expiresAt: number | null, now: number): void {
    const line = `${this.#torn ? "\n" : ""}${JSON.stringify([key, value, expiresAt])}\n`;
    this.#torn = true;
    appendFileSync(this.#file, line);
    this.#torn = false;
    super.put(key, value, expiresAt, now);
    if (++this.#lines <= Math.max(REWRITE_LINES, REWRITE_FACTOR * this.size)) return;
    this.sweep(now);
    this.#rewrite();
    this.#lines = this.size;
  }

  override clear(): void {
    writeFileSync(this.#file, "", { mode: 0o600 });
    super.clear();
    this.#lines = 0;
    this.#torn = false;
  }

  #rewrite(): void {
    const fresh = `${this.#file}.new`;
    const lines = Array.from(this.entries(), (row) => `${JSON.stringify(row)}\n`);
    writeFileSync(fresh, lines.join(""), { mode: 0o600 });
    renameSync(fresh, this.#file);
  }
}

/** How the sandbox's rows begin; `src/sandbox/` chooses the keys. */
const ROWS = ["verification/", "nonce/", "calls/", "clock", "faults"].map((key) => `["${key}`);

/**
 * The changes in a file, and whether lines were skipped: a crash or a full disk can cut a line off, or leave zeros.
 * Throws if another program wrote the file, because the store overwrites it.
 */
function changesIn(file: string): { changes: Change[]; damaged: boolean } {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").map((line) => line.replace(/^\0+/, ""));
  const written = lines.filter((line) => line !== "");
  const changes = written.map(parsed).filter((line) => line !== undefined);
  const isOwn = text === "" || written.some(beginsLikeRow);
  const isReadable = (line: string) => parsed(line) !== undefined || beginsLikeRow(line);
  if (isOwn && written.every(isReadable) && changes.every(isChange))
    return { changes, damaged: changes.length < written.length };
  const message = `${file} is not a state file of the sandbox and was not changed: choose another path.`;
  const zh = `${file} 不是沙箱的状态文件，未作改动，请换一个路径。`;
  throw Object.assign(new Error(`${message} ${zh}`), { code: "ERR_SANDBOX_FILE" });
}

/** Whether a line, which may be cut off, begins as the sandbox's rows do. */
const beginsLikeRow = (line: string): boolean =>
  ROWS.some((row) => line.startsWith(row) || (line.length > 2 && row.startsWith(line)));

function isChange(line: unknown): line is Change {
  if (line === null) return true;
  if (!Array.isArray(line) || line.length !== 3) return false;
  const [key, value, expiresAt] = line as unknown[];
  const isTime = expiresAt === null || typeof expiresAt === "number";
  return typeof key === "string" && typeof value === "string" && isTime;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
