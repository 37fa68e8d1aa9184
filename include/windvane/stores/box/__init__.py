"""The box: a process of its own in which a stored model that came from elsewhere is loaded and asked for scores.

Checks of a file are never complete: compiled code follows what it holds. So a model that this registry did not train
is loaded where a crash, a hang or a greed for memory harms nothing but itself. `boxed` gives what has `predict` and
`predict_proba` as the model has; each call is a message to the process, and its answer is numbers alone.
"""

from __future__ import annotations

from windvane.stores.box.boxed import Boxed, boxed
from windvane.stores.box.limits import Limits

__all__ = ["Boxed", "Limits", "boxed"]
