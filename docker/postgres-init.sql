-- psql runs this once, on a new volume. The owner makes tables and the service's login when it migrates. It is
-- no superuser, so row-level security binds even the owner.
\getenv owner_password RBM_OWNER_PASSWORD
CREATE ROLE rbm_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE DATABASE rbm OWNER rbm_owner;
