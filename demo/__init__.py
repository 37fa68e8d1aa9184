"""A newcomer's tour: a real Airflow on this machine, and the story that it plays."""
