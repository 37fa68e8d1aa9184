"""Another Python environment: a model's heavy steps run there, by the same entry, in a process of its own.

Two models need not agree on a library: each names the Python of its environment, and Windvane stands in all of them at
one version. `Elsewhere` is the side that asks, `inside` the process that works, `wire` what goes between them.
"""

from __future__ import annotations

from windvane.pipeline.elsewhere.asking import Elsewhere, Opening, RaisedElsewhere

__all__ = ["Elsewhere", "Opening", "RaisedElsewhere"]
