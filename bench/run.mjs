import { createSandbox } from "cloudauth-edge/sandbox";
import { Bench } from "tinybench";
import { contestants, judge, title } from "./signing.mjs";

const ROUNDS = 7;
const ROUND_MILLIS = 300;

const sandbox = await createSandbox();
await judge(sandbox);
await sandbox.close();

const rounds = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, contestant] of Object.entries(contestants)) {
    const bench = new Bench({ time: ROUND_MILLIS, warmup: false });
    bench.add(name, contestant);
    const [task] = await bench.run();
    if (task.result.error) throw task.result.error;
    // The first round warms up.
    if (round > 0) rounds[name].push(task.result.throughput.mean);
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const ours = median(rounds["cloudauth-edge"]);
console.log(`${title}: Node ${process.version}, ${ROUNDS} rounds of ${ROUND_MILLIS} ms each, alternating`);
console.table(
  Object.fromEntries(
    Object.entries(rounds).map(([name, throughputs]) => [
      name,
      {
        "calls/s": Math.round(median(throughputs)),
        least: Math.round(Math.min(...throughputs)),
        most: Math.round(Math.max(...throughputs)),
        "µs/call": Number((1e6 / median(throughputs)).toFixed(1)),
        "ours is faster by": Number((ours / median(throughputs)).toFixed(2)),
      },
    ]),
  ),
);
