// Starting and stopping child processes. Node built-ins only.

import { spawn, spawnSync } from "node:child_process";
import { projectEnv, root } from "./project.mjs";

/** A failure that its reader can mend: `advice` is one sentence, `output` what the failing program said. */
export class Failure extends Error {
  constructor(message, { advice, output } = {}) {
    super(message);
    this.name = "Failure";
    this.advice = advice;
    this.output = output;
  }
}

const groups = new Set();

/** Starts a program in a process group of its own, so that stopping it stops what it started. */
export function start(
  command,
  args,
  { env = projectEnv(), cwd = root, stdio = ["ignore", "pipe", "pipe"] } = {},
) {
  const child = spawn(command, args, { cwd, env, stdio, detached: true });
  if (child.pid) groups.add(child.pid);
  // Only when nothing of the group is left: a leader may die before its children.
  child.once("close", () => groups.delete(child.pid));
  return child;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false; // nobody left
  }
}

/** Ends every group that is still running: first politely, after `graceMs` for certain. */
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
/** Whether somebody asked this process to stop; what fails from then on is no news. */
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
 * Stops as on a signal when the process that started this one is gone: npm does not hand on every signal, and what
 * serves would keep its ports.
 */
export function stopWithParent() {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.kill(process.pid, "SIGTERM"), 200).unref();
}

/**
 * Runs a program to its end and returns { code, output }; stdout and stderr come in one string.
 * `limitMs` guards against a program that hangs for ever.
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
      if (signal) output += `\n${command} was ended by ${signal}\n`;
      resolve({ code: code ?? 1, output });
    });
    if (limitMs) {
      timer = setTimeout(() => {
        output += `\n${command} did not end within ${limitMs / 60_000} minutes and was stopped\n`;
        signalGroup(child.pid, "SIGKILL");
      }, limitMs);
    }
  });
}

/** Runs a program; a non-zero end is a Failure that carries its output. */
export async function must(command, args, { advice, ...options } = {}) {
  const { code, output } = await run(command, args, options);
  if (code !== 0) {
    const shown = [command, ...args].join(" ");
    throw new Failure(`${shown} ended with code ${code}`, { advice, output });
  }
  return output;
}

/** Runs a program whose output is for the reader as it comes; a non-zero end is a Failure. */
export async function follow(command, args) {
  const child = start(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Failure(`${command}: ${error.message}`)));
    child.once("close", (code) => resolve(code ?? 1));
  });
  if (code !== 0) throw new Failure(`${[command, ...args].join(" ")} ended with code ${code}`);
}

/** Output of a quick program, or undefined when it is missing or fails. */
export function answer(command, args, env = projectEnv()) {
  const result = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The beginning and the end of a long output: tools put the cause in either. */
export function excerpt(text, first = 15, last = 40) {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= first + last) return lines.join("\n");
  const left = lines.length - first - last;
  return [...lines.slice(0, first), `[… ${left} lines …]`, ...lines.slice(-last)].join("\n");
}
