#!/bin/bash
# Run by the Postgres image when its volume is empty: the registry gets a database and a role of its own, so that
# who holds the registry's password cannot read Airflow's database.
set -euo pipefail

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set password="$WINDVANE_DB_PASSWORD" --set airflow="$POSTGRES_DB" <<'SQL'
CREATE ROLE windvane LOGIN PASSWORD :'password';
CREATE DATABASE windvane OWNER windvane;
REVOKE CONNECT ON DATABASE windvane FROM PUBLIC;
REVOKE CONNECT ON DATABASE :"airflow" FROM PUBLIC;
SQL
