// Starts and stops child processes. Each one gets its own process group, which execa does not end.

import { once } from "node:events";
import { spawn } from "node:child_process";
import { execa, execaSync } from "execa";
import { projectEnv, root } from "./project.mjs";

/** A failure that the user can fix: `advice` is one sentence, `output` the failed program's output. */
export class Failure extends Error {
  constructor(message, { advice, output } = {}) {
    super(message);
    this.name = "Failure";
    this.advice = advice;
    this.output = output;
  }
}

/**
 * Reads lines "+ PID" and "- PID" about process groups, and ends the remaining groups when its input ends: with SIGTERM
 * first, and with SIGKILL after five seconds. The kernel closes the input, so this works however the writer ends.
 */
const WATCHDOG = `
  pids=
  while read -r sign pid; do
    if [ "$sign" = + ]; then pids="$pids $pid"; continue; fi
    left=
    for one in $pids; do [ "$one" = "$pid" ] || left="$left $one"; done
    pids=$left
  done
  for pid in $pids; do kill -s TERM -- "-$pid"; done
  tenths=0
  while [ $tenths -lt 50 ]; do
    left=
    for pid in $pids; do kill -s 0 -- "-$pid" && left="$left $pid"; done
    [ -z "$left" ] && exit
    sleep 0.1
    tenths=$((tenths + 1))
  done
  for pid in $left; do kill -s KILL -- "-$pid"; done`;
let watchdog;

function startWatchdog() {
  // In its own session, so that signals to this process and its group do not end it.
  const child = spawn("sh", ["-c", WATCHDOG], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  child.unref();
  child.stdin.unref();
  child.stdin.on("error", () => {});
  return child;
}

/**
 * Starts a program in its own process group, so that stopping it also stops its children. The group ends with this
 * process, even if this process is killed. Options and result are those of execa; the result does not reject.
 */
export function start(command, args, options) {
  const child = execa(command, args, {
    cwd: root,
    env: projectEnv(),
    extendEnv: false,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    buffer: false,
    reject: false,
    stripFinalNewline: false,
    ...options,
  });
  if (!child.pid) return child;
  watchdog ??= startWatchdog();
  watchdog.stdin.write(`+ ${child.pid}\n`);
  // Waits for the whole group: a leader may end before its children.
  child.once("close", () => watchdog?.stdin.write(`- ${child.pid}\n`));
  return child;
}

/** Ends every running group. */
export async function stopAll() {
  const stopping = watchdog;
  watchdog = undefined;
  if (!stopping) return;
  stopping.ref();
  stopping.stdin.end();
  await once(stopping, "exit");
}

let asked = false;
/** Whether this process has been asked to stop, so that failures are expected. */
export const stopping = () => asked;

/** Makes Ctrl-C and SIGTERM stop the children first. */
export function stopChildrenOnSignals(exitCode) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, async () => {
      asked = true;
      await stopAll();
      process.exit(exitCode);
    });
  }
}

/**
 * Stops when the parent process has ended: npm does not forward every signal, and servers would keep their ports.
 */
export function stopWithParent() {
  const parent = process.ppid;
  // A second signal would end this process before its children.
  setInterval(() => process.ppid !== parent && !asked && process.kill(process.pid, "SIGTERM"), 200).unref();
}

/**
 * Runs a program and returns { code, output }; output combines stdout and stderr. `limitMs` ends a program that hangs.
 */
export async function run(command, args, { limitMs, ...options } = {}) {
  const child = start(command, args, { all: true, buffer: true, ...options });
  // execa's own limit ends the program without its children, which keep the output open.
  const timer = limitMs && setTimeout(() => killGroup(child.pid), limitMs);
  const { exitCode, all = "", shortMessage } = await child;
  clearTimeout(timer);
  return { code: exitCode ?? 1, output: exitCode === undefined ? `${all}\n${shortMessage}\n` : all };
}

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

/** Runs a program and returns its output; a non-zero exit code is a Failure with the output. */
export async function must(command, args, { advice, ...options } = {}) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  throw new Failure(`${[command, ...args].join(" ")} ended with code ${code}`, { advice, output });
}

/** Runs a program with its output on the terminal; a non-zero exit code is a Failure. */
export const follow = (command, args) => must(command, args, { stdio: ["ignore", "inherit", "inherit"] });

/** The output of a short command, or undefined if it is missing or fails. */
export function answer(command, args) {
  const { failed, stdout } = execaSync(command, args, { cwd: root, env: projectEnv(), reject: false });
  return failed ? undefined : stdout.trim();
}

/** The beginning and the end of a long output, where tools report the cause. */
export function excerpt(text, first = 15, last = 40) {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= first + last) return lines.join("\n");
  const left = lines.length - first - last;
  return [...lines.slice(0, first), `[… ${left} lines …]`, ...lines.slice(-last)].join("\n");
}
