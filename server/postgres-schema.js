/** The tables in PostgreSQL, and their migration. */

import { Failure } from "../host/failure.js";
import { driver, optionsOf } from "./postgres-connection.js";
import { unusable } from "./postgres-errors.js";

/** @import { Pool, PoolClient } from "pg" */

/** "CAEG" */
const MIGRATION_LOCK = 0x43414547;

/** The migrations, in order. Their number is the schema version; a later version is refused. */
const MIGRATIONS = [
  `CREATE TABLE rows (ledger text COLLATE "C", key text COLLATE "C", value text NOT NULL, PRIMARY KEY (ledger, key));
   CREATE TABLE alarms (ledger text COLLATE "C" PRIMARY KEY, at bigint, instance bigint);
   CREATE INDEX alarms_at ON alarms (at) WHERE at IS NOT NULL;
   CREATE TABLE instances (id bigint PRIMARY KEY, seen timestamptz NOT NULL);
   CREATE TABLE pace (action text COLLATE "C" PRIMARY KEY, free_at bigint NOT NULL);`,
  // PostgreSQL empties an unlogged table after a crash, the promotion of a standby and a restore.
  "CREATE UNLOGGED TABLE epoch (one integer PRIMARY KEY CHECK (one = 1), id uuid NOT NULL);",
  // An instance of an earlier version does not report its lease, so it has the longest.
  "ALTER TABLE instances ADD COLUMN lease_millis integer NOT NULL DEFAULT 120000;",
];
const TABLES = ["rows", "alarms", "instances", "pace", "epoch"];

/**
 * Migrates the database's tables to this program's schema version; the role must be allowed to create tables.
 *
 * @param {string} url
 */
export async function migrate(url) {
  const pg = await driver();
  const pool = new pg.Pool({ ...optionsOf(url), max: 1 });
  pool.on("error", () => {});
  try {
    await migrated(pool);
  } catch (error) {
    throw error instanceof Failure ? error : unusable(error);
  } finally {
    await pool.end();
  }
}

/**
 * @param {Pool} pool
 * @returns whether it has created the tables
 */
export async function migrated(pool) {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const { rows: settings } = await client.query("SHOW server_encoding");
    if (settings[0].server_encoding !== "UTF8") {
      throw new Failure(
        "The database's encoding must be UTF8; GATEWAY_DATABASE names another one.",
        "GATEWAY_DATABASE 指定的数据库编码应为 UTF8。",
      );
    }
    const version = await versionOf(client);
    if (version > MIGRATIONS.length) {
      throw new Failure(
        `A later version of the gateway wrote the database (schema ${version}, this version knows ${MIGRATIONS.length}): install that version, or restore a copy from before.`,
        `数据库由更高版本的网关写入（结构版本 ${version}，本版本支持 ${MIGRATIONS.length}）：请安装该版本，或恢复升级前的备份。`,
      );
    }
    if (version < MIGRATIONS.length) {
      for (const statements of MIGRATIONS.slice(version)) await client.query(statements);
      await client.query("CREATE TABLE IF NOT EXISTS cloudauth_edge_gateway (version integer NOT NULL)");
      await client.query("DELETE FROM cloudauth_edge_gateway");
      await client.query("INSERT INTO cloudauth_edge_gateway VALUES ($1)", [MIGRATIONS.length]);
    }
    await client.query("COMMIT");
    return version === 0;
  } catch (/** @type {any} */ error) {
    await client.query("ROLLBACK").catch(() => {});
    if (error.code === "42501") {
      throw new Failure(
        "The role may not create the gateway's tables: run the command migrate once with a role that may, and grant this one what docs/guide/server.md lists.",
        "该角色无权建表：请先用有权限的角色执行一次 migrate 命令，再按 docs/guide/server.zh-CN.md 为该角色授权。",
      );
    }
    throw error;
  } finally {
    client.release(true);
  }
}

/**
 * The schema version; 0 if the database has no tables with these names.
 *
 * @param {PoolClient} client
 */
async function versionOf(client) {
  const exists = async (/** @type {string} */ table) =>
    (await client.query("SELECT to_regclass($1) IS NOT NULL AS found", [table])).rows[0].found;
  if (await exists("cloudauth_edge_gateway")) {
    const { rows } = await client.query("SELECT version FROM cloudauth_edge_gateway");
    return rows[0].version;
  }
  for (const table of TABLES) {
    if (await exists(table)) {
      throw new Failure(
        `The database has a table "${table}" of another program: give the gateway its own database.`,
        `数据库中已有其他程序的表 “${table}”：请为网关单独创建数据库。`,
      );
    }
  }
  return 0;
}
