/** The table of all stores here, in the SQL of SQLite and PostgreSQL. */
export const table = `
CREATE TABLE face_verifications (
  outer_order_no TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  attempt TEXT NOT NULL,
  state TEXT NOT NULL,
  until BIGINT NOT NULL,
  certify_id TEXT UNIQUE,
  certify_url TEXT,
  request_id TEXT
);
`;

/** As both name the columns for a `StoredOrder`. */
export const columns = `outer_order_no AS "outerOrderNo", fingerprint, attempt, state, until,
  certify_id AS "certifyId", certify_url AS "certifyUrl", request_id AS "requestId"`;

/** An order's values in the order of the columns. */
export const values = (order) => [
  order.outerOrderNo,
  order.fingerprint,
  order.attempt,
  order.state,
  order.until,
  order.certifyId,
  order.certifyUrl,
  order.requestId,
];
