import { columns, values } from "./table.mjs";

/** @param {import("pg").Pool} pool of the primary: a replica lags behind */
export function postgresOrders(pool, secret) {
  const same = "outer_order_no = $1 AND attempt = $2 AND state <> 'started'";
  return {
    secret,
    async begin(order) {
      const { rowCount } = await pool.query(
        `INSERT INTO face_verifications VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (outer_order_no) DO NOTHING`,
        values(order),
      );
      return rowCount === 1;
    },
    async settle({ outerOrderNo, attempt, state, certifyId, certifyUrl, requestId }) {
      const key = [outerOrderNo, attempt];
      const { rowCount } =
        state === "failed"
          ? await pool.query(`DELETE FROM face_verifications WHERE ${same}`, key)
          : await pool.query(
              `UPDATE face_verifications
               SET state = $3, certify_id = $4, certify_url = $5, request_id = $6 WHERE ${same}`,
              [...key, state, certifyId, certifyUrl, requestId],
            );
      return rowCount === 1;
    },
    async read(outerOrderNo) {
      const { rows } = await pool.query(
        `SELECT ${columns} FROM face_verifications WHERE outer_order_no = $1`,
        [outerOrderNo],
      );
      return rows[0] ? { ...rows[0], until: Number(rows[0].until) } : null;
    },
  };
}
