// Measures other activity on the machine. Available only on Linux.

import { readFileSync, readdirSync } from "node:fs";

const fields = (file) => readFileSync(file, "utf8");

/** Ticks of all CPUs: busy, stolen by other guests, and total. */
function machine() {
  const [user, nice, system, idle, wait, irq, soft, steal] = fields("/proc/stat")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return {
    busy: user + nice + system + irq + soft + steal,
    all: user + nice + system + idle + wait + irq + soft + steal,
  };
}

/** Ticks of this process and all its descendants, running or ended. */
function own() {
  const parents = new Map();
  const ticks = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // The name in parentheses can contain any character.
      const stat = fields(`/proc/${pid}/stat`)
        .replace(/^.*\) /s, "")
        .split(" ");
      parents.set(Number(pid), Number(stat[1]));
      ticks.set(
        Number(pid),
        stat.slice(11, 15).reduce((sum, text) => sum + Number(text), 0),
      );
    } catch {
      // The process has ended.
    }
  }
  const isOwn = (pid) => pid === process.pid || (pid > 1 && isOwn(parents.get(pid) ?? 0));
  return [...ticks].reduce((sum, [pid, count]) => sum + (isOwn(pid) ? count : 0), 0);
}

function now() {
  try {
    return { ...machine(), own: own() };
  } catch {
    return undefined;
  }
}

/** Runs `work`; returns its result, and the share of the machine that other programs used. */
export async function watched(work) {
  const before = now();
  const result = await work();
  const after = before && now();
  if (!after || after.all === before.all) return { result, others: undefined };
  const others = after.busy - before.busy - (after.own - before.own);
  return { result, others: Math.max(0, others / (after.all - before.all)) };
}

/** Memory of a process, in bytes. */
export function residentBytes(pid) {
  const found = fields(`/proc/${pid}/status`).match(/^VmRSS:\s+(\d+) kB/m);
  return Number(found?.[1] ?? NaN) * 1024;
}

/** CPU time of a process in microseconds, with a resolution of a hundredth of a second. */
export function cpuMicros(pid) {
  const stat = fields(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(stat[11]) + Number(stat[12])) * 10_000;
}
