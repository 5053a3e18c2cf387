import { columns, values } from "./table.mjs";

/** @param {import("node:sqlite").DatabaseSync} database */
export function sqliteOrders(database, secret) {
  const same = "outer_order_no = ? AND attempt = ? AND state <> 'started'";
  const insert = database.prepare(
    "INSERT INTO face_verifications VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (outer_order_no) DO NOTHING",
  );
  const remove = database.prepare(`DELETE FROM face_verifications WHERE ${same}`);
  const update = database.prepare(
    `UPDATE face_verifications SET state = ?, certify_id = ?, certify_url = ?, request_id = ? WHERE ${same}`,
  );
  const select = database.prepare(`SELECT ${columns} FROM face_verifications WHERE outer_order_no = ?`);
  return {
    secret,
    begin: async (order) => insert.run(...values(order)).changes === 1,
    async settle({ outerOrderNo, attempt, state, certifyId, certifyUrl, requestId }) {
      const done =
        state === "failed"
          ? remove.run(outerOrderNo, attempt)
          : update.run(state, certifyId, certifyUrl, requestId, outerOrderNo, attempt);
      return done.changes === 1;
    },
    read: async (outerOrderNo) => select.get(outerOrderNo) ?? null,
  };
}
