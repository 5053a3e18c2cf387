import { DurableObject } from "cloudflare:workers";
import { byHand } from "./client-by-hand.js";
import { worker } from "./routes.js";

/** One caller's orders: a replay returns the same CertifyId, and an interrupted start stays unknown. */
export class Ledger extends DurableObject {
  #client = byHand(this.env);

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS orders (no TEXT PRIMARY KEY, certify_id TEXT)");
  }

  async start(given) {
    const { sql } = this.ctx.storage;
    const [known] = sql.exec("SELECT certify_id FROM orders WHERE no = ?", given.outerOrderNo);
    if (known) return known.certify_id;
    sql.exec("INSERT INTO orders VALUES (?, NULL)", given.outerOrderNo);
    const certifyId = await this.#client.init(given);
    sql.exec("UPDATE orders SET certify_id = ? WHERE no = ?", certifyId, given.outerOrderNo);
    return certifyId;
  }

  async status(no) {
    const [known] = this.ctx.storage.sql.exec("SELECT certify_id FROM orders WHERE no = ?", no);
    return known?.certify_id ? this.#client.describe(known.certify_id) : "unknown";
  }
}

/** Uses a ledger in a Durable Object, like the gateway. */
export default worker((env) => {
  const ledger = () => env.LEDGER.get(env.LEDGER.idFromName("caller"));
  return { init: (given) => ledger().start(given), describe: (no) => ledger().status(no) };
});
