-- The demo's application, and the role of whoever is on call: no superuser, and it gets into a full server as a walsender.
-- No parameters; run as one script in the database that the application uses. Minimum version: 14.
CREATE ROLE app LOGIN;
GRANT SELECT, UPDATE ON public.users TO app;
CREATE ROLE oncall LOGIN REPLICATION;
GRANT pg_monitor, pg_signal_backend TO oncall;
GRANT USAGE ON SCHEMA dbctl TO oncall;
GRANT SELECT, INSERT, UPDATE ON dbctl.operations TO oncall;
