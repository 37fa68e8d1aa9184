"""The rights that roles of a served registry need: which database it is, only the stores know."""

from windvane.stores.sql.grants import Role, grants

__all__ = ["Role", "grants"]
