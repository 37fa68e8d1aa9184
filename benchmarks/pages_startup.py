"""What the plugin of the Models pages adds to the start of Airflow's API server, in fresh processes in turn.

Run: `python -m benchmarks.pages_startup [pairs]`. Each process builds the server's app, as `airflow api-server` does
before it listens. Prints the two medians and whether the plugin adds less than 0.3 s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 0.3
BUILD = (
    "import sys\n"
    "from airflow.api_fastapi.app import create_app\n"
    "app = create_app(apps='all')\n"
    "mounted = [route.path for route in app.routes if getattr(route, 'path', '') == '/windvane']\n"
    "assert bool(mounted) == (sys.argv[1] == 'with'), mounted\n"
)


def seconds(home: Path, *, plugin: bool) -> float:
    """Return how long a fresh process takes to build the server's app."""
    plugins = ROOT / "plugins" if plugin else home / "none"
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "include"),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "none"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "WINDVANE_HOME": str(home / "windvane"),
    }
    begin = time.perf_counter()
    command = [sys.executable, "-c", BUILD, "with" if plugin else "without"]
    subprocess.run(command, check=True, env=env, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def main() -> int:
    """Measure pairs, print the difference; return 1 when it is more than allowed."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "none").mkdir()
        migrate = [sys.executable, "-m", "airflow", "db", "migrate"]
        env = {**os.environ, "AIRFLOW_HOME": folder, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        subprocess.run(migrate, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for plugin in (False, True):
            seconds(home, plugin=plugin)  # the first one compiles and writes passwords
        sides = [(seconds(home, plugin=False), seconds(home, plugin=True)) for _ in range(pairs)]
    without, with_it = (statistics.median(column) for column in zip(*sides, strict=True))
    added = statistics.median(more - less for less, more in sides)
    print(f"Airflow's app alone {without:.3f} s, with the plugin {with_it:.3f} s, ratio {with_it / without:.3f}")
    print(f"added {added:.3f} s (median of {pairs} pairs), allowed {LIMIT_SECONDS} s")
    return 0 if added <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
