"""Import paths, and the digest of the code behind a spec."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.stores.examples import spec_of
from windvane import Estimator, Features, Model, Source, Weights
from windvane.errors import SpecError
from windvane.stores.code import code_digest, environment, resolve

PACKAGE = {
    "shop/__init__.py": "",
    "shop/loans.py": "from shop import clean\ndef rows(start, end):\n    from shop.lazy import late\n    return late\n",
    "shop/clean.py": "import math\nfrom . import shared\nfrom .deep.down import VALUE\n",
    "shop/shared.py": "ONE = 1\n",
    "shop/lazy.py": "import shop.third.party\nlate = 1\n",
    "shop/third/party.py": "X = 1\n",
    "shop/deep/__init__.py": "from ..shared import ONE\n",
    "shop/deep/down.py": "VALUE = 2\n",
    "shop/unused.py": "raise RuntimeError('never imported')\n",
    "shop/expect.py": "def suite():\n    return []\n",
    "shop/features.py": "def make(frame):\n    return frame\n",
    "shop/broken.py": "1 / 0\n",
    "shop/poor.py": "import a_library_that_is_not_installed\n",
}

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the package (with changes) into a folder and put only that folder on the path."""
    before = list(sys.path)

    def put(folder: str = "one", newline: str = "\n", **changes: str) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
            del sys.modules[name]
        for path, text in {**PACKAGE, **{f"shop/{name}.py": text for name, text in changes.items()}}.items():
            file = tmp_path / folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, newline=newline)
        monkeypatch.setattr(sys, "path", [str(tmp_path / folder), *before])
        importlib.invalidate_caches()

    yield put
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def spec(**fields: object) -> Model:
    return spec_of(**({"source": Source.callable("shop.loans:rows")} | fields))


class TestResolve:
    def test_finds_functions_and_what_is_inside_classes(self) -> None:
        assert resolve("math:floor")(1.5) == 1
        assert resolve("datetime:datetime.fromisoformat")("2013-01-01").year == 2013

    def test_names_the_module_that_is_missing(self) -> None:
        with pytest.raises(SpecError, match=r"cannot import no_such\.module: there is no module 'no_such'"):
            resolve("no_such.module:name")
        with pytest.raises(SpecError, match=r"there is no module 'email\.no_such'"):
            resolve("email.no_such:name")

    def test_names_the_library_that_a_module_lacks(self, write: Write) -> None:
        write()
        with pytest.raises(SpecError, match="it imports 'a_library_that_is_not_installed', which is not installed"):
            resolve("shop.poor:name")

    def test_names_the_nearest_attribute(self) -> None:
        with pytest.raises(SpecError, match="math has no 'flor'; did you mean 'floor'"):
            resolve("math:flor")

    def test_chains_what_the_users_module_raised(self, write: Write) -> None:
        write()
        with pytest.raises(SpecError, match=r"importing shop.broken raised ZeroDivisionError") as caught:
            resolve("shop.broken:name")
        assert isinstance(caught.value.__cause__, ZeroDivisionError)


class TestCodeDigest:
    def test_does_not_depend_on_folder_working_folder_or_line_ends(
        self, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write("one")
        digest = code_digest(spec())
        write("two", newline="\r\n")
        monkeypatch.chdir(tmp_path)
        assert code_digest(spec()) == digest
        assert digest.startswith("sha256:")

    @pytest.mark.parametrize("module", ["loans", "clean", "shared", "lazy", "third/party", "deep/down", "__init__"])
    def test_changes_with_every_module_that_is_imported_in_turn(self, write: Write, module: str) -> None:
        write()
        digest = code_digest(spec())
        write("changed", **{module: PACKAGE[f"shop/{module}.py"] + "# changed\n"})
        assert code_digest(spec()) != digest

    @pytest.mark.parametrize("module", ["unused", "features", "expect"])
    def test_does_not_change_with_what_is_not_used(self, write: Write, module: str) -> None:
        write()
        digest = code_digest(spec(expect="shop.expect:suite"))
        write("changed", **{module: PACKAGE[f"shop/{module}.py"] + "# changed\n"})
        assert code_digest(spec(expect="shop.expect:suite")) == digest

    def test_changes_with_the_features_the_estimator_and_the_weights(self, write: Write) -> None:
        made = Features(numbers=("income",), make="shop.features:make", made=("ratio",))
        own = Estimator("shop.features:make")
        weights = Weights.callable("shop.features:make")
        for fields in ({"features": made}, {"estimator": own}, {"training_weights": weights}):
            write()
            digest = code_digest(spec(**fields))
            assert digest != code_digest(spec())
            write("changed", features=PACKAGE["shop/features.py"] + "# changed\n")
            assert code_digest(spec(**fields)) != digest

    def test_of_files_and_scikit_learn_alone_is_that_of_no_code(self) -> None:
        plain = spec_of(source=Source.parquet("loans.parquet"))
        assert code_digest(plain) == code_digest(plain.revised(source=Source.csv("loans.csv")))

    def test_refuses_a_module_or_name_that_is_missing(self, write: Write) -> None:
        write()
        with pytest.raises(SpecError, match="did you mean 'rows'"):
            code_digest(spec(source=Source.callable("shop.loans:row")))
        with pytest.raises(SpecError, match=r"there is no module 'shop.lones'"):
            code_digest(spec(source=Source.callable("shop.lones:rows")))

    def test_refuses_a_module_without_source(self) -> None:
        with pytest.raises(SpecError, match="the source of module math cannot be read"):
            code_digest(spec(estimator=Estimator("math:floor"), source=Source.csv("loans.csv")))

    def test_refuses_a_module_that_lives_in_a_session_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        session = ModuleType("session")
        session.rows = len  # type: ignore[attr-defined]  # a name typed at a prompt
        monkeypatch.setitem(sys.modules, "session", session)
        with pytest.raises(SpecError, match="the source of module session cannot be read"):
            code_digest(spec(source=Source.callable("session:rows")))

    def test_a_broken_module_that_may_be_imported_counts_with_its_text(self, write: Write) -> None:
        write(lazy="def late(:\n")
        digest = code_digest(spec())
        write("changed", lazy="def late(((:\n")
        assert code_digest(spec()) != digest

    def test_survives_imports_that_lead_nowhere(self, write: Write) -> None:
        text = "import shop.gone\nfrom shop.clean import shared\nfrom ..... import far\nlate = 1\n"
        write(lazy=text)
        assert code_digest(spec())

    def test_a_source_that_cannot_be_read_does_not_count_unless_it_is_named(self, write: Write, tmp_path: Path) -> None:
        write()
        digest = code_digest(spec())
        (tmp_path / "one/shop/lazy.py").unlink()
        (tmp_path / "one/shop/lazy.py").symlink_to(tmp_path / "nowhere.py")
        assert code_digest(spec()) != digest


def test_the_environment_names_what_a_version_depends_on() -> None:
    found = environment(spec())
    assert list(found) == ["python", "windvane", "numpy", "pandas", "scikit-learn", "skops"]
    assert found["python"] == ".".join(platform.python_version_tuple()[:2])
    assert all(found.values())
