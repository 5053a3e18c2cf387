// Three instances on one PostgreSQL server under load. They are killed by SIGKILL, or stopped by SIGSTOP until their
// lease is over and then continued. The database crashes once, and later fails over to its standby.
//
//   node tests/postgres/kill.mjs [kills] [seed] [clients]     defaults: 100 kills, a random seed, 16 clients

import { randomInt } from "node:crypto";
import pg from "pg";
import { command } from "../../scripts/lib/progress.mjs";
import { killRun } from "../server/kill.mjs";
import { until } from "../support/until.mjs";
import { startGateway } from "../support/gateway.mjs";
import { seeded } from "../support/samples.mjs";
import { startPostgres } from "./database.mjs";

const INSTANCES = 3;

/** @returns the servers that `killRun` harms */
const threeInstances = (kills, counts, seed) => async (settings) => {
  const database = await startPostgres(undefined, { standby: true });
  const pool = new pg.Pool({ connectionString: database.url });
  pool.on("error", () => {});
  const gateways = [];
  // Separate from the run's own generator, because calls occur at any time.
  const pick = seeded(seed + 1);
  const close = async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await pool.end();
    await database.close();
  };
  try {
    for (let count = 0; count < INSTANCES; count += 1)
      gateways.push(await startGateway(settings, { evicting: true, on: "node", shared: database }));
  } catch (error) {
    await close();
    throw error;
  }

  /** Resolves when the instance has no valid lease. */
  const overdue = ({ instance }) =>
    until(async () => {
      const { rows } = await pool.query("SELECT FROM instances WHERE id = $1", [instance]);
      return rows.length === 0;
    });

  return {
    async call(method, path, options) {
      for (let address = path; ; address = path.replace("?restartUnknown=true", "")) {
        const answer = await gateways[pick(INSTANCES)].call(method, address, options);
        // The instance lost its lease or the database during the request, so the caller asks again.
        if (answer.json?.code !== "internal-error") return answer;
        counts.failed += 1;
      }
    },
    async harm(dice, killed) {
      const gateway = gateways[dice(INSTANCES)];
      if (killed === Math.floor(kills / 3)) {
        counts.crashesOfTheDatabase += 1;
        await database.restart();
      } else if (killed === Math.floor((2 * kills) / 3)) {
        counts.failOvers += 1;
        await database.failOver();
      } else if (dice(3) === 0) {
        counts.stalls += 1;
        await gateway.stall(() => overdue(gateway));
      } else {
        await gateway.evict();
      }
    },
    async restart() {
      for (const gateway of gateways) await gateway.restart();
    },
    async stored() {
      const { rows } = await pool.query("SELECT key FROM rows");
      const { rows: alarms } = await pool.query("SELECT at FROM alarms WHERE at IS NOT NULL");
      return { rows, alarms };
    },
    close,
  };
};

export async function killThree({ kills, seed, clients }) {
  const counts = { stalls: 0, crashesOfTheDatabase: 0, failOvers: 0, failed: 0 };
  const found = await killRun({ kills, seed, clients, start: threeInstances(kills, counts, seed) });
  return { ...found, ...counts };
}

await command(import.meta, async ([kills = "100", seed = String(randomInt(1, 2 ** 31)), clients]) => {
  console.log(`seed ${seed}`);
  console.log(
    await killThree({ kills: Number(kills), seed: Number(seed), clients: clients && Number(clients) }),
  );
});
