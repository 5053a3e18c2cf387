/** The sandbox's state in a file. */

import { Buffer } from "node:buffer";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { MemoryStore } from "./sandbox-host.js";

/** A line of the file: a row, or `null` where all rows were deleted. */
type Change = [key: string, value: string, expiresAt: number | null] | null;

/** The file is rewritten with the rows when it has this many lines, and this many for each row. */
const REWRITE_LINES = 4096;
const REWRITE_FACTOR = 4;
/** How much is read at a time, and how many rows are written: a text holds at most half a gigabyte. */
const READ_BYTES = 1024 * 1024;
const WRITE_ROWS = 1024;

/**
 * Rows in memory; every change is also appended as a line to a file that is read at the next start.
 */
export class FileStore extends MemoryStore {
  readonly #file: string;
  #isOpen = true;
  /** Infinite at first, so that the first change removes what has expired by the sandbox's clock. */
  #lines = Infinity;
  /** Whether the last line of the file may be cut off. */
  #torn = false;

  constructor(file: string) {
    super();
    this.#file = resolve(file);
    lock(this.#file);
    try {
      if (existsSync(this.#file)) this.#read();
      this.#rewrite();
    } catch (error) {
      unlock(this.#file);
      throw error;
    }
  }

  /** Lets others use the file, which this store no longer changes. */
  close(): void {
    if (this.#isOpen) unlock(this.#file);
    this.#isOpen = false;
  }

  override put(key: string, value: string, expiresAt: number | null, now: number): void {
    this.#assertOpen();
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
    this.#assertOpen();
    writeFileSync(this.#file, "", { mode: 0o600 });
    super.clear();
    this.#lines = 0;
    this.#torn = false;
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw new Error(`The sandbox was closed; it no longer changes ${this.#file}.`);
  }

  #rewrite(): void {
    const fresh = `${this.#file}.new`;
    const file = openSync(fresh, "w", 0o600);
    try {
      let lines: string[] = [];
      for (const row of this.entries()) {
        lines.push(`${JSON.stringify(row)}\n`);
        if (lines.length < WRITE_ROWS) continue;
        writeFileSync(file, lines.join(""));
        lines = [];
      }
      writeFileSync(file, lines.join(""));
    } finally {
      closeSync(file);
    }
    renameSync(fresh, this.#file);
  }

  /**
   * Performs the file's changes. A crash or a full disk can cut a line off, or leave zeros: such a file is copied. Throws
   * if another program wrote the file, because the store overwrites it.
   */
  #read(): void {
    let [isEmpty, isOwn, isDamaged] = [true, false, false];
    for (const text of linesOf(this.#file)) {
      isEmpty = false;
      const line = text.replace(/^\0+/, "");
      if (line === "") continue;
      isOwn ||= beginsLikeRow(line);
      const change = parsed(line);
      if (change === undefined && beginsLikeRow(line)) isDamaged = true;
      else if (!isChange(change)) throw foreign(this.#file);
      else if (change === null) super.clear();
      else super.put(...change, -Infinity);
    }
    if (!isEmpty && !isOwn) throw foreign(this.#file);
    if (isDamaged) copyFileSync(this.#file, `${this.#file}.damaged`);
  }
}

/** Files that this process uses, as absolute paths. */
const used = new Set<string>();
const lockOf = (file: string): string => `${file}.lock`;

/**
 * Reserves a file for this process, by a file next to it that holds the process id. The lock of a process that no longer
 * exists is ignored, also if its id is now that of this process, as in a container.
 */
function lock(file: string): void {
  const path = lockOf(file);
  for (let isRetry = false; ; isRetry = true) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const pid = Number(readFileSync(path, "utf8"));
      if (isRetry || used.has(file) || (pid !== process.pid && exists(pid))) throw inUse(file, pid);
      rmSync(path, { force: true });
    }
  }
  if (used.size === 0) process.on("exit", unlockAll);
  used.add(file);
}

function unlock(file: string): void {
  rmSync(lockOf(file), { force: true });
  used.delete(file);
  if (used.size === 0) process.off("exit", unlockAll);
}

function unlockAll(): void {
  for (const file of used) unlock(file);
}

/** Whether a process exists, also another user's. */
function exists(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function inUse(file: string, pid: number): Error {
  const message = `${file} is used by another sandbox, in process ${pid}: choose another path, or close that sandbox. If no sandbox runs, delete ${lockOf(file)}.`;
  const zh = `${file} 正由进程 ${pid} 中的另一个沙箱使用：请换一个路径，或关闭那个沙箱；如果没有沙箱在运行，请删除 ${lockOf(file)}。`;
  return Object.assign(new Error(`${message} ${zh}`), { code: "ERR_SANDBOX_FILE_IN_USE", pid });
}

/** The lines of a file, without reading the whole file into one text. */
function* linesOf(path: string): Generator<string> {
  const file = openSync(path, "r");
  try {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const bytes = Buffer.allocUnsafe(READ_BYTES);
    let rest = "";
    for (;;) {
      const length = readSync(file, bytes);
      const lines = (rest + decoder.decode(bytes.subarray(0, length), { stream: length > 0 })).split("\n");
      rest = lines.pop()!;
      yield* lines;
      if (length === 0) break;
    }
    if (rest !== "") yield rest;
  } finally {
    closeSync(file);
  }
}

/** How the sandbox's rows begin; `src/sandbox/` chooses the keys. */
const ROWS = ["verification/", "nonce/", "calls/", "clock", "faults"].map((key) => `["${key}`);

function foreign(file: string): Error {
  const message = `${file} is not a state file of the sandbox and was not changed: choose another path.`;
  const zh = `${file} 不是沙箱的状态文件，未作改动，请换一个路径。`;
  return Object.assign(new Error(`${message} ${zh}`), { code: "ERR_SANDBOX_FILE" });
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
