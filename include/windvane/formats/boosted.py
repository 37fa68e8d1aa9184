"""XGBoost, LightGBM and CatBoost, alone or inside pipelines: each library's own form, and skops' of what is around.

The archive is not compressed. `parts.json` tells which class each part is, its parameters and what it learnt besides
its trees. `0.model`, `1.model` … hold the trees, as the library writes them: UBJSON, text, or CBM without dates and
random names. `rest` is the estimator with a `Slot` where each part goes. Nothing of it is executed: classes are taken
from `CLASSES` alone, and parameters are plain JSON.
"""

from __future__ import annotations

import importlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from windvane.errors import CorruptArtifact, MissingExtra, TrainingFailed, WindvaneError
from windvane.stores.model_formats import ModelFormat

CLASSES: Final = {
    **{name: ("xgboost", name) for name in ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor")},
    **{name: ("lightgbm", name) for name in ("LGBMClassifier", "LGBMRegressor")},
    **{name: ("catboost", name) for name in ("CatBoostClassifier", "CatBoostRegressor")},
}
"""The classes that are kept: where each is imported from. A class of one's own below them is kept by skops, or not."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_LARGEST = 2_000_000_000
_LGBM = (
    "_n_features",
    "_n_features_in",
    "_n_classes",
    "_objective",
    "_class_weight",
    "_best_iteration",
    "_evals_result",
)


def _library(part: Any) -> str | None:
    """Return the library of a part that is kept in its own form."""
    kind = type(part)
    library = CLASSES.get(kind.__name__, ("",))[0]
    return library if library and kind.__module__.partition(".")[0] == library else None


class BoostedFormat(ModelFormat):
    """Estimators that are, or hold, a model of XGBoost, LightGBM or CatBoost."""

    name: ClassVar[str] = "boosted"

    @classmethod
    def claims(cls, estimator: Any) -> bool:
        """Return whether any part is one of them."""
        from windvane.stores.slots import replaced

        found = []

        def look(part: Any) -> Any:
            if _library(part):
                found.append(part)
            return part

        replaced(estimator, look)
        return bool(found)

    @classmethod
    def dump(cls, estimator: Any) -> bytes:
        """Return the archive; see `ModelFormat.dump`."""
        from windvane.stores.models import dump_model
        from windvane.stores.slots import Slot, replaced

        parts: list[tuple[dict[str, Any], bytes]] = []

        def take(part: Any) -> Any:
            library = _library(part)
            if library is None:
                return part
            parts.append(_KEEP[library](part) if _is_fitted(part) else (_unfitted(part), b""))
            return Slot(len(parts) - 1)

        try:
            rest = replaced(estimator, take)
            told = json.dumps([said for said, _ in parts], sort_keys=True, allow_nan=True)
        except WindvaneError:
            raise
        except Exception as error:  # whatever the libraries raise
            cause = f"a fitted {type(estimator).__name__} cannot be stored: {type(error).__name__}: {error}"
            raise TrainingFailed(cause, "give its parts plain parameters: numbers, texts and lists") from error
        files = {"parts.json": told.encode(), "rest": dump_model(rest)}
        files |= {f"{number}.model": data for number, (_, data) in enumerate(parts)}
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
        return buffer.getvalue()

    @classmethod
    def load(cls, data: bytes, trusted: Sequence[str] = ()) -> Any:
        """Load what `dump` returned; see `ModelFormat.load`."""
        from windvane.stores.models import load_model
        from windvane.stores.slots import SLOT, Slot, replaced

        files = _files(data)
        try:
            said = json.loads(files["parts.json"])
            parts = [_made(item, files[f"{number}.model"]) for number, item in enumerate(said)]
            rest = load_model(files["rest"], [*trusted, SLOT])
            return replaced(rest, lambda part: parts[part.number] if isinstance(part, Slot) else part)
        except WindvaneError:
            raise
        except Exception as error:  # whatever a damaged file makes the libraries raise
            cause = f"a stored model cannot be loaded: {type(error).__name__}: {error}"
            raise CorruptArtifact(cause, "load it with the versions it was trained with, or train it again") from error


def _files(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            stored = all(item.compress_type == zipfile.ZIP_STORED for item in entries)
            if not stored or sum(item.file_size for item in entries) > min(_LARGEST, len(data)):
                raise ValueError("it is larger than it says")
            return {item.filename: archive.read(item) for item in entries}
    except Exception as error:
        cause = f"a stored model is no archive of its parts: {error}"
        raise CorruptArtifact(cause, "restore it from a backup, or train it again") from error


def _made(said: dict[str, Any], data: bytes) -> Any:
    if said["class"] not in CLASSES:
        cause = f"a stored model names the class {said['class']!r:.60}, which this format does not keep"
        raise CorruptArtifact(cause, "restore it from a backup, or train it again")
    library, name = CLASSES[said["class"]]
    try:
        kind = getattr(importlib.import_module(library), name)
    except ImportError:
        cause = f"a stored model is one of {library}, which is not installed here"
        raise MissingExtra(cause, f"install {library}, at the version that it was trained with") from None
    return _MAKE[library](kind, said, data) if data else kind(**said["params"])


def _is_fitted(part: Any) -> bool:
    """Return whether a part has learnt anything; the pattern of an ensemble's members has not."""
    if hasattr(part, "is_fitted"):
        return bool(part.is_fitted())
    return bool(part.__sklearn_is_fitted__())


def _unfitted(part: Any) -> dict[str, Any]:
    return {"class": type(part).__name__, "params": _plain(part.get_params(deep=False))}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON has them; NaN is one of XGBoost's defaults.

    Raises:
        TrainingFailed: One is a function, say.
    """
    found = {}
    for name, value in values.items():
        plain = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
        try:
            found[name] = json.loads(json.dumps(plain))
        except (TypeError, ValueError):
            cause = f"parameter {name}={value!r:.60} cannot be stored"
            raise TrainingFailed(cause, "give numbers, texts and lists; a function of one's own is not kept") from None
    return found


def _keep_xgboost(part: Any) -> tuple[dict[str, Any], bytes]:
    return _unfitted(part), _written(part.save_model, "model.ubj")


def _make_xgboost(kind: Any, said: dict[str, Any], data: bytes) -> Any:
    part = kind(**said["params"])
    part.load_model(bytearray(data))
    return part


def _keep_lightgbm(part: Any) -> tuple[dict[str, Any], bytes]:
    classes = getattr(part, "_classes", None)
    said = _unfitted(part) | {
        "learnt": _plain({name: getattr(part, name) for name in _LGBM if name in vars(part)}),
        "classes": None if classes is None else classes.tolist(),
        "best": getattr(part, "_best_iteration", None),
    }
    return said, part.booster_.model_to_string(num_iteration=-1).encode()


def _make_lightgbm(kind: Any, said: dict[str, Any], data: bytes) -> Any:
    import lightgbm
    import numpy as np
    from sklearn.preprocessing import LabelEncoder

    part = kind(**said["params"])
    booster = lightgbm.Booster(model_str=data.decode())
    vars(part).update({name: value for name, value in said["learnt"].items() if name in _LGBM})
    vars(part).update({"_Booster": booster, "fitted_": True, "_other_params": getattr(part, "_other_params", {})})
    if said["best"] is not None:
        booster.best_iteration = said["best"]
    if said["classes"] is not None:
        labels = np.asarray(said["classes"])
        encoder = LabelEncoder().fit(labels)
        codes = dict(zip(labels.tolist(), encoder.transform(labels).tolist(), strict=True))
        vars(part).update({"_classes": labels, "_le": encoder, "_class_map": codes})
    return part


def _keep_catboost(part: Any) -> tuple[dict[str, Any], bytes]:
    copy = part.copy()
    metadata = copy.get_metadata()
    for name in ("train_finish_time", "model_guid", "output_options"):  # when, at random, and into which folder
        if name in metadata:
            metadata[name] = ""
    return _unfitted(part), _written(copy.save_model, "model.cbm")


def _make_catboost(kind: Any, said: dict[str, Any], data: bytes) -> Any:  # noqa: ARG001 (the file has its parameters)
    part = kind()
    part.load_model(blob=data)
    return part


def _written(write: Callable[[str], object], name: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(str(path))
        return path.read_bytes()


_KEEP: Final = {"xgboost": _keep_xgboost, "lightgbm": _keep_lightgbm, "catboost": _keep_catboost}
_MAKE: Final = {"xgboost": _make_xgboost, "lightgbm": _make_lightgbm, "catboost": _make_catboost}
