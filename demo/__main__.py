"""`python -m demo`: play the lifecycle of `flights` through a real Airflow, print what happened, serve the UI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo.client import AirflowApiError, AirflowWaitError
from demo.local_airflow import LocalAirflow, LocalAirflowError
from demo.story import Story, StoryError
from windvane.errors import WindvaneError
from windvane.stores import open_stores

ROOT = Path(__file__).resolve().parent.parent
PORT = 8080


def main() -> int:
    """Run the demo; return the process's exit code."""
    console = Console(highlight=False, soft_wrap=True)
    home = Path(os.environ.get("WINDVANE_DEMO_HOME", ROOT / ".demo")).resolve()
    for part in ("airflow", "windvane"):
        shutil.rmtree(home / part, ignore_errors=True)
    stays = os.environ.get("CI", "").lower() not in ("1", "true", "yes")
    env = {"WINDVANE_HOME": str(home / "windvane")}
    made = [sys.executable, "-m", "windvane.cli", "init-registry"]
    if subprocess.run(made, env={**os.environ, **env}, stdout=subprocess.DEVNULL, check=False).returncode:
        return 1  # the command said why
    try:
        with LocalAirflow(
            home / "airflow",
            dags=ROOT / "dags",
            plugins=ROOT / "plugins",
            python_path=[ROOT / "include"],
            env=env,
            port=PORT,
            triggerer=stays,  # nothing here needs one, but Airflow's home page shows its absence in red
        ) as airflow:
            console.print(f"Airflow is up at {airflow.url} (user admin, password {airflow.password()})")
            message = _play(airflow, home, console)
            if message and stays:
                console.print(f"\nThe UI stays up at {airflow.url} until Ctrl-C.")
                threading.Event().wait()
            return 0 if message else 1
    except KeyboardInterrupt:
        console.print("\nstopped")
        return 0
    except (LocalAirflowError, AirflowApiError, AirflowWaitError) as error:
        console.print(f"[red]demo failed[/red]: {escape(str(error))}")
        return 1


def _play(airflow: LocalAirflow, home: Path, console: Console) -> bool:
    """Play the story and print its summary; True when all of it happened."""
    stores = open_stores(f"sqlite:///{home / 'windvane' / 'registry.db'}", str(home / "windvane" / "artifacts"))
    with airflow.client() as client:
        story = Story(client, stores, lambda line: console.print(escape(line)))
        try:
            story.play()
            _summary(story, airflow, console)
            story.check()
        except (StoryError, WindvaneError) as error:
            console.print(f"[red]the story did not happen[/red]: {escape(str(error))}")
            return False
    return True


def _summary(story: Story, airflow: LocalAirflow, console: Console) -> None:
    table = Table(title="flights, 2013", show_lines=False)
    for name in ("window", "decision", "why", "champion", "log loss", "v1's"):
        table.add_column(name, overflow="fold", ratio=4 if name == "why" else None)
    for row in story.rows():
        table.add_row(*(escape(cell) for cell in row[:-1]))
    Console(width=max(console.width, 120), highlight=False).print(table)
    first = story.first_promotion_seconds or 0.0
    saved = 100 * (1 - story.mean_loss / story.mean_first_loss)
    console.print(
        f"trainings {story.trainings}; mean log loss {story.mean_loss:.4f}, frozen first version"
        f" {story.mean_first_loss:.4f} ({saved:.1f} % less); first promotion after {first:.0f} s"
    )
    retrained = [row for row in story.rows() if row[1] == "retrain"]
    console.print("where to look:")
    console.print(f"  the Models pages {airflow.url}/plugin/models")
    console.print(f"  the DAGs         {airflow.url}/dags?tags=windvane")
    if retrained:
        console.print(f"  a retrain        {airflow.url}{retrained[-1][-1]}")
    console.print(f"  the backfill     {airflow.url}/dags/flights_train?run_type=backfill")
    console.print(f"  the rollback     {airflow.url}/dags/flights_rollback")


if __name__ == "__main__":
    sys.exit(main())
