// Starts and stops child processes. Node built-ins only.

import { spawn, spawnSync } from "node:child_process";
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

const groups = new Set();

/**
 * Reads lines "+ PID" and "- PID" about process groups, and ends the remaining groups when its input ends. The kernel
 * closes the input, so this works however the writing process ends.
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
  for second in 1 2 3 4 5; do
    left=
    for pid in $pids; do kill -s 0 -- "-$pid" && left="$left $pid"; done
    [ -z "$left" ] && exit
    sleep 1
  done
  for pid in $left; do kill -s KILL -- "-$pid"; done`;
let watchdog;

function tellWatchdog(sign, pid) {
  if (!watchdog) {
    // In its own session, so that signals to this process and its group do not end it.
    const child = spawn("sh", ["-c", WATCHDOG], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.unref();
    child.once("error", () => {}); // Without sh, only stopAll ends the children.
    child.stdin.once("error", () => {});
    child.stdin.unref();
    watchdog = child.stdin;
  }
  watchdog.write(`${sign} ${pid}\n`);
}

/**
 * Starts a program in its own process group, so that stopping it also stops its children. The group ends with this
 * process, even if this process is killed.
 */
export function start(
  command,
  args,
  { env = projectEnv(), cwd = root, stdio = ["ignore", "pipe", "pipe"] } = {},
) {
  const child = spawn(command, args, { cwd, env, stdio, detached: true });
  if (!child.pid) return child;
  groups.add(child.pid);
  tellWatchdog("+", child.pid);
  // Waits for the whole group: a leader may end before its children.
  child.once("close", () => {
    groups.delete(child.pid);
    tellWatchdog("-", child.pid);
  });
  return child;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false; // the group has ended
  }
}

/** Ends every running group, with SIGTERM first and with SIGKILL after `graceMs`. */
export async function stopAll(graceMs = 5000) {
  const pids = [...groups];
  for (const pid of pids) signalGroup(pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (pids.some((pid) => signalGroup(pid, 0)) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const pid of pids) signalGroup(pid, "SIGKILL");
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
  setInterval(() => process.ppid !== parent && process.kill(process.pid, "SIGTERM"), 200).unref();
}

/**
 * Runs a program and returns { code, output }; output combines stdout and stderr. `limitMs` ends a program that hangs.
 */
export function run(command, args, { limitMs, ...options } = {}) {
  return new Promise((resolve) => {
    const child = start(command, args, options);
    let output = "";
    let timer;
    const collect = (chunk) => (output += chunk);
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, output: `${command}: ${error.message}\n` });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (signal) output += `\n${command} was terminated by ${signal}\n`;
      resolve({ code: code ?? 1, output });
    });
    if (limitMs) {
      timer = setTimeout(() => {
        output += `\n${command} did not finish within ${limitMs / 60_000} minutes and was stopped\n`;
        signalGroup(child.pid, "SIGKILL");
      }, limitMs);
    }
  });
}

/** Runs a program and returns its output; a non-zero exit code is a Failure with the output. */
export async function must(command, args, { advice, ...options } = {}) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) {
    const shown = [command, ...args].join(" ");
    throw new Failure(`${shown} ended with code ${code}`, { advice, output });
  }
  return output;
}

/** Runs a program with its output on the terminal; a non-zero exit code is a Failure. */
export async function follow(command, args) {
  const child = start(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Failure(`${command}: ${error.message}`)));
    child.once("close", (code) => resolve(code ?? 1));
  });
  if (code !== 0) throw new Failure(`${[command, ...args].join(" ")} ended with code ${code}`);
}

/** The output of a short command, or undefined if it is missing or fails. */
export function answer(command, args, env = projectEnv()) {
  const result = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The beginning and the end of a long output, where tools report the cause. */
export function excerpt(text, first = 15, last = 40) {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= first + last) return lines.join("\n");
  const left = lines.length - first - last;
  return [...lines.slice(0, first), `[… ${left} lines …]`, ...lines.slice(-last)].join("\n");
}
