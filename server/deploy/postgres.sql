-- Roles and privileges of the gateway in PostgreSQL 13 or newer. Run once by an administrator, in a database of the
-- gateway's own:
--
--   CREATE DATABASE gateway ENCODING 'UTF8' TEMPLATE template0;
--   psql --dbname=gateway --file=postgres.sql
--
-- Then give both roles a way to log in (\password, or your identity provider). Before each update, run the command
-- migrate with GATEWAY_DATABASE=postgres://gateway_owner@…?sslmode=verify-full; serve as gateway_app.

-- Owns the tables and changes them.
CREATE ROLE gateway_owner LOGIN;
-- Serves: reads and writes rows, and changes no table.
CREATE ROLE gateway_app LOGIN;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO gateway_owner;
GRANT USAGE ON SCHEMA public TO gateway_app;
ALTER DEFAULT PRIVILEGES FOR ROLE gateway_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gateway_app;
