"""Everything of docker-compose.yaml as processes of this machine, and what may fail in it."""
