"""What `airflow providers list` tells about Windvane: the metadata of a provider package.

`import airflow` itself reads this, in every process: nothing but the standard library is imported on the way here.
"""

from __future__ import annotations

import pkgutil
from pathlib import Path
from typing import Any

from windvane import __version__

_NAME = "Windvane"
SCHEME = "x-windvane"
"""The scheme of the assets' URIs. Airflow leaves the scheme `x-` alone; for any other it imports every provider's asset
handlers at each parse."""
_LINKS = ("ChampionLink", "ModelLink", "RetrainLink", "VersionLink", "WindowLink")


def get_provider_info() -> dict[str, Any]:
    """Return Windvane's metadata, in the form of Airflow's `provider_info.schema.json`.

    The plugin is not named here: its entry point `airflow.plugins` registers it already, and twice is an error.
    """
    package = "windvane.orchestration"
    operators = pkgutil.iter_modules([str(Path(__file__).with_name("operators"))])
    return {
        "package-name": "windvane",
        "name": _NAME,
        "description": "Declare a machine-learning model once; Airflow keeps it good in production, window by window.",
        "versions": [__version__],
        "integrations": [{"integration-name": _NAME, "tags": ["service"]}],
        "operators": [
            {"integration-name": _NAME, "python-modules": [f"{package}.operators.{one.name}" for one in operators]}
        ],
        "asset-uris": [
            {
                "schemes": [SCHEME],
                "handler": None,
                "to_openlineage_converter": f"{package}.lineage.asset_dataset",
            }
        ],
        "extra-links": [f"{package}.links.{link}" for link in _LINKS],
    }
