-- How every session of a restore begins, beyond what dbctl's sessions set anyway. As in pg_restore, bodies of
-- functions are not checked (what they use may come later) and any XML is let in. What a query over timestamps
-- returns, a materialized view's for instance, depends on the time zone: the database's own counts.
-- Tablespace and access method begin with what nearly every object has; see EntryStatements.SessionState.
-- Parameters: none; a script. Minimum version: 14.
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET synchronous_commit = off;
RESET TimeZone;
SET default_tablespace = '';
SET default_table_access_method = heap;
