"""What `astro dev parse` runs: every DAG file of the project is parsed, and none may fail.

`astro dev init` would write another file of this name; that one calls DagBag with an argument that
Airflow 3.3 no longer takes.
"""

from pathlib import Path

from airflow.dag_processing.dagbag import DagBag

PROJECT = Path(__file__).resolve().parent.parent


def test_every_dag_file_parses() -> None:
    lines = (PROJECT / ".astro" / "dag_integrity_exceptions.txt").read_text(encoding="utf-8").splitlines()
    excused = {line.strip() for line in lines if not line.startswith("#")}
    bag = DagBag(dag_folder=PROJECT / "dags")
    broken = {
        path: trace
        for path, trace in bag.import_errors.items()
        if str(Path(path).resolve().relative_to(PROJECT)) not in excused
    }
    assert not broken, "\n".join(f"{path}:\n{trace}" for path, trace in broken.items())
    assert bag.dags, f"{PROJECT / 'dags'} declares no DAG"
