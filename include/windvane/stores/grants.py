"""The rights that roles need: in a served registry, and in the bucket of the artifacts; only the stores know which."""

from windvane.stores.s3_policies import StoreRole, store_policy
from windvane.stores.sql.grants import Role, grants

__all__ = ["Role", "StoreRole", "grants", "store_policy"]
