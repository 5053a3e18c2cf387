import { and, eq, ne } from "drizzle-orm";
import { bigint, pgTable, text } from "drizzle-orm/pg-core";

export const verifications = pgTable("face_verifications", {
  outerOrderNo: text("outer_order_no").primaryKey(),
  fingerprint: text().notNull(),
  attempt: text().notNull(),
  state: text().$type().notNull(),
  until: bigint({ mode: "number" }).notNull(),
  certifyId: text("certify_id").unique(),
  certifyUrl: text("certify_url"),
  requestId: text("request_id"),
});

/** @param {import("drizzle-orm/node-postgres").NodePgDatabase} database */
export function drizzleOrders(database, secret) {
  const byNumber = (outerOrderNo) => eq(verifications.outerOrderNo, outerOrderNo);
  return {
    secret,
    async begin(order) {
      const { rowCount } = await database
        .insert(verifications)
        .values(order)
        .onConflictDoNothing({ target: verifications.outerOrderNo });
      return rowCount === 1;
    },
    async settle({ outerOrderNo, attempt, state, certifyId, certifyUrl, requestId }) {
      const same = and(
        byNumber(outerOrderNo),
        eq(verifications.attempt, attempt),
        ne(verifications.state, "started"),
      );
      const { rowCount } =
        state === "failed"
          ? await database.delete(verifications).where(same)
          : await database.update(verifications).set({ state, certifyId, certifyUrl, requestId }).where(same);
      return rowCount === 1;
    },
    async read(outerOrderNo) {
      const [order] = await database.select().from(verifications).where(byNumber(outerOrderNo));
      return order ?? null;
    },
  };
}
