"""skops' own lists of harmless types, as they were found once: to make them, skops imports all of scikit-learn.

`skops_names.json` holds the lists for one set of versions. With those installed, skops gets them from there; with any
others skops finds them itself, as ever. The lists are the same either way, which a test holds. To renew the file:

    python -m windvane.stores.skops_names > include/windvane/stores/skops_names.json
"""

from __future__ import annotations

import importlib
import json
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

_KEPT = ("SKLEARN_ESTIMATOR_TYPE_NAMES", "SKLEARN_INTERNAL_TYPE_NAMES", "SCIPY_UFUNC_TYPE_NAMES")
"""The lists that take long to make; those of numpy and Python are made here, as skops makes them."""
_LIBRARIES = ("numpy", "scikit-learn", "scipy", "skops")
_FILE = Path(__file__).with_suffix(".json")
_MODULE = "skops.io._trusted_types"


def skops_io() -> Any:
    """Return the module `skops.io`, imported without the search for types where its lists are known."""
    if "skops.io" not in sys.modules and _MODULE not in sys.modules:
        known = json.loads(_FILE.read_text())
        if known["versions"] == _versions():
            sys.modules[_MODULE] = _known(known["names"])
            try:
                return importlib.import_module("skops.io")
            except Exception:  # half an import must not stay: the next one does all of it itself
                sys.modules.pop(_MODULE, None)
                raise
    return importlib.import_module("skops.io")


def found() -> dict[str, Any]:
    """Return the lists as skops itself finds them, and the versions that they hold for."""
    module = importlib.import_module(_MODULE)
    return {"versions": _versions(), "names": {name: sorted(getattr(module, name)) for name in _KEPT}}


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _known(names: dict[str, list[str]]) -> ModuleType:
    """Return what stands for skops' module of lists."""
    import numpy as np

    made = ModuleType(_MODULE)
    made.__dict__.update(names)
    made.__dict__["PRIMITIVE_TYPE_NAMES"] = [f"builtins.{kind.__name__}" for kind in (int, float, str, bool)]
    made.__dict__["CONTAINER_TYPE_NAMES"] = [f"builtins.{kind.__name__}" for kind in (list, set, map, tuple)]
    functions = {one.__name__ for one in vars(np).values() if isinstance(one, np.ufunc)}
    made.__dict__["NUMPY_UFUNC_TYPE_NAMES"] = sorted(f"numpy.{name}" for name in functions)
    generators = {
        name: one for name in dir(np.random) if isinstance(one := getattr(np.random, name), type)
        if issubclass(one, np.random.BitGenerator) and one is not np.random.BitGenerator
    }  # fmt: skip
    made.__dict__["NUMPY_RANDOM_BIT_GENERATOR_TYPE_NAMES"] = sorted(f"numpy.random.{name}" for name in generators)
    types = {f"{kind.__module__}.{kind.__name__}" for kind in np.sctypeDict.values()}
    made.__dict__["NUMPY_DTYPE_TYPE_NAMES"] = sorted(name for name in types if name.startswith("numpy"))
    return made


if __name__ == "__main__":
    sys.stdout.write(json.dumps(found(), indent=1) + "\n")
