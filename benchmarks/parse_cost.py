"""What parsing every DAG file costs beside `import airflow.sdk` alone, both sides in fresh processes, in turn.

Run: `python -m benchmarks.parse_cost [pairs]`. Prints the two medians and whether parsing stays within
1.15 x the import + 50 ms.
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
IMPORT = "import airflow.sdk"
PARSE = (
    "import airflow.sdk, runpy, sys\n"
    "[runpy.run_path(name, run_name=f'parsed_{number}') for number, name in enumerate(sys.argv[1:])]"
)


def seconds(code: str, *arguments: str, env: dict[str, str]) -> float:
    """Return the wall time of a fresh interpreter that runs `code`."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, env=env, cwd=ROOT)
    return time.perf_counter() - begin


def main() -> int:
    """Measure pairs, print the ratio; return 1 when parsing costs more than allowed."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    files = [str(path) for path in sorted((ROOT / "dags").glob("*.py"))]
    with tempfile.TemporaryDirectory() as home:
        dropped = {"PYTHONDONTWRITEBYTECODE"}
        env = {name: value for name, value in os.environ.items() if name not in dropped}
        env |= {"PYTHONPATH": str(ROOT / "include"), "AIRFLOW_HOME": home}
        seconds(IMPORT, env=env)
        seconds(PARSE, *files, env=env)
        measured = [(seconds(IMPORT, env=env), seconds(PARSE, *files, env=env)) for _ in range(pairs)]
    alone = statistics.median(pair[0] for pair in measured)
    parsed = statistics.median(pair[1] for pair in measured)
    ratio = statistics.median(parse / base for base, parse in measured)
    allowed = 1.15 * alone + 0.05
    print(f"{len(files)} DAG files, {pairs} pairs: import airflow.sdk {alone:.3f} s, with parsing {parsed:.3f} s")
    print(f"ratio {ratio:.3f}; allowed {allowed:.3f} s: {'met' if parsed <= allowed else 'NOT met'}")
    return 0 if parsed <= allowed else 1


if __name__ == "__main__":
    sys.exit(main())
