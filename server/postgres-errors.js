/** Errors of PostgreSQL and its driver: what can be repeated, and what the operator reads. */

import { Failure } from "../host/failure.js";

/** Errors after which the whole transaction can be repeated, because none of it was written. */
const REPEATABLE = new Set([
  "40001", // serialization_failure
  "40P01", // deadlock_detected
  "55P03", // lock_not_available
  "25P03", // idle_in_transaction_session_timeout
  "25006", // read_only_sql_transaction: a standby before its promotion
  "57P01", // admin_shutdown
  "57P02", // crash_shutdown
  "57P03", // cannot_connect_now
  "53300", // too_many_connections
]);
/** No space, memory or connection is left (class 53), or a statement took too long (query_canceled). */
const PASSING = /^(53...|57014)$/;
/** The database has lost the transaction and not assigned its number again. */
export const XID_IN_FUTURE = "22023";

/**
 * Whether the connection is lost, so that PostgreSQL has ended its transaction.
 *
 * @param {any} error
 */
export function isBroken(error) {
  // The driver's own errors have no SQLSTATE; network errors have a code such as ECONNRESET.
  return !/^[0-9A-Z]{5}$/.test(error.code ?? "") || /^(08|57P)/.test(error.code);
}

/** @param {any} error */
export function isRepeatable(error) {
  if (REPEATABLE.has(error.code) || /^08/.test(error.code ?? "")) return true;
  if (/^(E[A-Z]{3,}|EAI_AGAIN)$/.test(error.code ?? "")) return true;
  return /^(Connection terminated|timeout exceeded|timeout expired|Query read timeout|Client has encountered)/i.test(
    error.message,
  );
}

export const pooled = () =>
  new Failure(
    "A connection pooler before PostgreSQL keeps no sessions: set it to session pooling (PgBouncer: pool_mode = session), or let GATEWAY_DATABASE name PostgreSQL itself.",
    "PostgreSQL 之前的连接池不保持会话：请将其设为会话模式（PgBouncer：pool_mode = session），或让 GATEWAY_DATABASE 直接指向 PostgreSQL。",
  );

export const lostAtStart = () =>
  new Failure(
    "The database has lost the lease that this instance has just taken, perhaps in a fail-over.",
    "数据库丢失了本实例刚取得的租约，可能正在主备切换。",
    { passing: true },
  );

/**
 * Errors without a code that says what to do: of the driver, by its message, and a refused password.
 *
 * @type {[is: (error: any) => boolean, en: string, zh: string][]}
 */
const NAMED = [
  [
    ({ message }) => /client password must be a/.test(message),
    "asks for a password, and none is set: set PGPASSWORD, or write it into GATEWAY_DATABASE.",
    "要求密码，但未设置：请设置 PGPASSWORD，或写入 GATEWAY_DATABASE。",
  ],
  [
    ({ code }) => code === "28P01",
    "refuses the password, or got none (28P01): see PGPASSWORD and GATEWAY_DATABASE.",
    "拒绝了密码，或未收到密码（28P01）：请检查 PGPASSWORD 与 GATEWAY_DATABASE。",
  ],
  [
    ({ message }) => /does not support SSL|establishing an SSL connection/.test(message),
    "offers no TLS, which the sslmode of GATEWAY_DATABASE demands: switch it on there (ssl = on).",
    "未提供 TLS，而 GATEWAY_DATABASE 的 sslmode 要求 TLS：请在数据库端启用（ssl = on）。",
  ],
];

/**
 * The database's message can quote what was sent to it, so only its code is shown.
 *
 * @param {any} error
 */
export function unusable(error) {
  // PostgreSQL itself reports no violation of its protocol to this driver; a pooler that refuses transactions does.
  if (error.code === "08P01") return pooled();
  const [, en, zh] = NAMED.find(([is]) => is(error)) ?? [];
  if (en !== undefined) return new Failure(`The database ${en}`, `数据库${zh}`);
  const why = error.code ?? error.name;
  const unreachable = isRepeatable(error);
  return new Failure(
    `The database of GATEWAY_DATABASE cannot be ${unreachable ? "reached" : "used"}: ${why}.`,
    `${unreachable ? "无法连接" : "无法使用"} GATEWAY_DATABASE 指定的数据库：${why}。`,
    { passing: unreachable || PASSING.test(error.code) },
  );
}
