"""What a role may do in the bucket of the artifacts: policies of IAM, which S3 and its likes hold by themselves.

| role | may |
|---|---|
| writer | what tasks, people and the pages do: read, list and add objects below the prefix; delete nothing |
| reader | read and list them |
| keeper | all that sweeping and erasing need: as a writer, and delete objects |

A file's name is the digest of its bytes, so a writer that overwrites one is found by every read of it.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from windvane.errors import IllegalMove

StoreRole = Literal["writer", "reader", "keeper"]

_READS = ("s3:GetObject",)
_WRITES = (*_READS, "s3:PutObject", "s3:AbortMultipartUpload")
_OF_OBJECTS: dict[StoreRole, tuple[str, ...]] = {
    "reader": _READS,
    "writer": _WRITES,
    "keeper": (*_WRITES, "s3:DeleteObject"),
}


def store_policy(role: StoreRole, place: str) -> dict[str, Any]:
    """Return the policy that gives a role just its rights, as IAM takes it.

    Args:
        role: What it is for.
        place: Where the artifacts are, `s3://bucket/prefix`.

    Raises:
        IllegalMove: The place is no bucket.
    """
    parts = urlsplit(place)
    if parts.scheme != "s3" or not parts.netloc:
        raise IllegalMove(
            f"the artifacts are in {place or 'a folder'}, and only buckets have policies",
            "name the bucket: `windvane --artifacts s3://BUCKET/PREFIX grants --policy reader`;"
            " of a folder, the file system's own rights decide",
        )
    bucket, prefix = f"arn:aws:s3:::{parts.netloc}", parts.path.strip("/")
    below = f"{prefix}/*" if prefix else "*"
    lists: list[dict[str, Any]] = [
        {
            "Sid": "List",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [bucket],
            "Condition": {"StringLike": {"s3:prefix": [below]}},
        }
    ]
    if role == "keeper":  # this one knows no prefix
        lists.append(
            {
                "Sid": "Uploads",
                "Effect": "Allow",
                "Action": ["s3:ListBucketMultipartUploads"],
                "Resource": [bucket],
            }
        )
    objects = {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": list(_OF_OBJECTS[role]),
        "Resource": [f"{bucket}/{below}"],
    }
    return {"Version": "2012-10-17", "Statement": [*lists, objects]}
