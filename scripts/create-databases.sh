#!/bin/bash
# Run by the Postgres image when its volume is empty: Airflow and the registry each get a database and a role of its
# own, so that who holds one password can neither read the other database, nor change roles.
set -euo pipefail

psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set airflow="$AIRFLOW_DB_PASSWORD" --set windvane="$WINDVANE_DB_PASSWORD" <<'SQL'
CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE DATABASE airflow OWNER airflow;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
CREATE ROLE windvane LOGIN PASSWORD :'windvane';
CREATE DATABASE windvane OWNER windvane;
REVOKE CONNECT ON DATABASE windvane FROM PUBLIC;
SQL
