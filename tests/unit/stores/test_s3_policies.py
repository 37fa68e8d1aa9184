"""What a role may do in a bucket: the server itself refuses the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.servers.s3 import S3Server, s3_server
from tests.unit.stores.conftest import PART, bucket_of, settings_of
from tests.waiting import until
from windvane.errors import StorageRefused
from windvane.stores.grants import StoreRole, store_policy
from windvane.stores.s3 import S3Artifacts

DATA = b"whatever a step keeps"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
PREFIX = "team/windvane"
ROLES: tuple[StoreRole, ...] = ("writer", "reader", "keeper")


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with s3_server() as one:
        yield one


@pytest.fixture(scope="module")
def owner(server: S3Server) -> S3Artifacts:
    made = bucket_of(server, PREFIX)
    made.put(DATA)
    with closing(server.client()) as client:
        client.put_object(Bucket=server.bucket, Key="team/others", Body=b"not ours")
    return made


@pytest.fixture(scope="module")
def keys(server: S3Server) -> dict[StoreRole, tuple[str, str]]:
    """A user of each role, whose only rights are the policy's."""
    found: dict[StoreRole, tuple[str, str]] = {}
    session = boto3.session.Session()
    with closing(
        session.client(
            "iam",
            endpoint_url=server.endpoint,
            aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
            region_name="us-east-1",
        )
    ) as iam:
        for role in ROLES:
            iam.create_user(UserName=role)
            document = json.dumps(store_policy(role, f"s3://{server.bucket}/{PREFIX}"))
            arn = iam.create_policy(PolicyName=role, PolicyDocument=document)["Policy"]["Arn"]
            iam.attach_user_policy(UserName=role, PolicyArn=arn)
            key = iam.create_access_key(UserName=role)["AccessKey"]
            found[role] = (key["AccessKeyId"], key["SecretAccessKey"])
    return found


def acting(server: S3Server, keys: dict[StoreRole, tuple[str, str]], role: StoreRole) -> S3Artifacts:
    """The artifacts as one of the users reaches them."""
    access, secret = keys[role]
    settings = settings_of(server, access_key=access, secret_key=secret, total_seconds=8.0)
    made = S3Artifacts(server.bucket, PREFIX, lambda: settings, PART, timedelta(0), timedelta(seconds=3))
    until(lambda: _reads(made), "the server knows its new users after a moment")
    return made


def _reads(made: S3Artifacts) -> bool:
    try:
        return made.get(DIGEST) == DATA
    except StorageRefused:
        return False


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reads_and_lists(
    server: S3Server, owner: S3Artifacts, keys: dict[StoreRole, tuple[str, str]], role: StoreRole
) -> None:
    made = acting(server, keys, role)
    assert DIGEST in list(made.digests())


@pytest.mark.parametrize("role", ["writer", "keeper"])
def test_who_writes_puts_small_and_large_objects(
    server: S3Server, owner: S3Artifacts, keys: dict[StoreRole, tuple[str, str]], role: StoreRole
) -> None:
    made = acting(server, keys, role)
    large = role.encode() * PART
    assert made.get(made.put(role.encode())) == role.encode()
    assert made.get(made.put(large)) == large


def test_a_reader_writes_nothing(server: S3Server, owner: S3Artifacts, keys: dict[StoreRole, tuple[str, str]]) -> None:
    made = acting(server, keys, "reader")
    with pytest.raises(StorageRefused):
        made.put(b"not by a reader")


@pytest.mark.parametrize("role", ["writer", "reader"])
def test_only_the_keeper_deletes(
    server: S3Server, owner: S3Artifacts, keys: dict[StoreRole, tuple[str, str]], role: StoreRole
) -> None:
    digest = owner.put(f"to be swept by {role}".encode())
    later = datetime.now(UTC) + timedelta(days=1)
    with pytest.raises(StorageRefused):
        acting(server, keys, role).remove(digest, later)
    assert owner.has(digest)
    assert acting(server, keys, "keeper").remove(digest, later)
    assert not owner.has(digest)


@pytest.mark.parametrize("role", ROLES)
def test_nobody_reaches_beyond_the_prefix(
    server: S3Server, owner: S3Artifacts, keys: dict[StoreRole, tuple[str, str]], role: StoreRole
) -> None:
    acting(server, keys, role)
    access, secret = keys[role]
    with closing(
        boto3.session.Session().client(
            "s3",
            endpoint_url=server.endpoint,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            region_name="us-east-1",
        )
    ) as client:
        where = {"Bucket": server.bucket, "Key": "team/others"}
        for call, more in (("get_object", {}), ("put_object", {"Body": b"ours now"}), ("delete_object", {})):
            with pytest.raises(ClientError, match="AccessDenied"):
                getattr(client, call)(**where, **more)
