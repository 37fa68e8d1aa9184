"""A client of S3 that tries again within bounds, reads credentials anew, and names what fails."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import exceptions as aws
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.loaders import create_loader
from botocore.parsers import ResponseParserError
from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_random_exponential

from windvane.errors import ArtifactError, StorageFailed, StorageFull, StorageRefused

_BLOCK = 2**20
_TRANSIENT = {
    "BadDigest",
    "ConditionalRequestConflict",
    "IncompleteBody",
    "InternalError",
    "InvalidDigest",
    "InvalidPart",
    "NoSuchUpload",
    "OperationAborted",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
}
_REFUSED = {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "RequestExpired", "TokenRefreshRequired"}
_FULL = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}
_NO_CREDENTIALS = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError)
_BROKEN = (aws.ConnectionError, aws.HTTPClientError, aws.IncompleteReadError, ResponseParserError)


@dataclass(frozen=True)
class S3Settings:
    """How a bucket is reached; what is not given comes from boto3's standard settings of the environment.

    Args:
        endpoint: URL of a server other than AWS.
        region: Region of the bucket.
        access_key: Access key; None takes boto3's chain of providers.
        secret_key: Its secret.
        session_token: Token of temporary credentials.
        profile: A profile of the AWS configuration files.
        role: ARN of a role to assume with the credentials above; its own are renewed before they expire.
        external_id: What the role's owner asks for besides.
        connect_seconds: How long a connection may take.
        read_seconds: How long the server may be silent.
        total_seconds: How long one operation may take, all its tries together, besides a second for each MiB.
    """

    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    profile: str | None = None
    role: str | None = None
    external_id: str | None = None
    connect_seconds: float = 5
    read_seconds: float = 30
    total_seconds: float = 120


class Damaged(Exception):
    """An answer that is not what was asked for: cut short, or other bytes. Another try may bring the right one."""


class S3Client:
    """boto3's client of S3, made when it is first used, and made anew when its credentials are refused.

    Args:
        settings: Asked for at each making, so that credentials that were renewed count.
    """

    def __init__(self, settings: Callable[[], S3Settings]) -> None:
        self._settings = settings
        self._made: tuple[Any, S3Settings] | None = None
        self._making = threading.Lock()

    def run(
        self, verb: str, what: str, call: Callable[[Any, float], Any], size: int = 0, bound: float | None = None
    ) -> Any:
        """Return `call(client, deadline)`, tried again after what another try may mend.

        The pause before a try is random, up to a bound that doubles (full jitter, as in the Amazon Builders' Library,
        "Timeouts, retries, and backoff with jitter"). Refused credentials are read anew once.

        Args:
            verb: What is done, for errors.
            what: To what, for errors.
            call: The work. It may raise botocore's errors and `Damaged`; named errors end it. The deadline is by
                `time.monotonic`.
            size: Bytes to be moved.
            bound: How long all tries together may take, in seconds; None: as the settings say.

        Raises:
            StorageRefused, StorageFull, StorageFailed: It cannot be done.
        """
        renewed = False

        def worth_another(error: BaseException) -> bool:
            nonlocal renewed
            if not _refused(error):
                return _transient(error)
            again, renewed = not renewed, True
            self._made = None
            return again

        try:
            usual = self._client()[1].total_seconds + size / 2**20
            bound = usual if bound is None else min(bound, usual)
            deadline = time.monotonic() + bound
            retrying = Retrying(
                retry=retry_if_exception(worth_another),
                wait=wait_random_exponential(multiplier=0.1, max=5),
                stop=stop_before_delay(bound),
                reraise=True,
            )
            return retrying(lambda: call(self._client()[0], deadline))
        except (aws.BotoCoreError, aws.ClientError, ResponseParserError, Damaged) as error:
            raise _failure(verb, what, error) from error

    def pages(self, operation: str, field: str, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of a listing, in whatever order they come; each page is tried again by itself.

        Raises:
            StorageRefused, StorageFailed: It cannot be listed.
        """
        onward = {"ContinuationToken": "NextContinuationToken"}
        if operation == "list_multipart_uploads":
            onward = {"KeyMarker": "NextKeyMarker", "UploadIdMarker": "NextUploadIdMarker"}
        requested = {"Bucket": bucket, "Prefix": prefix}
        where = f"s3://{bucket}/{prefix}"
        while True:
            page = self._page(operation, where, requested)
            yield from page.get(field, ())
            if not page.get("IsTruncated"):
                return
            further = {**requested, **{name: page[message] for name, message in onward.items() if page.get(message)}}
            if further == requested:
                raise StorageFailed(f"cannot list {where}: its pages do not go on", "check the server's listing")
            requested = further

    def _page(self, operation: str, where: str, requested: dict[str, str]) -> dict[str, Any]:
        page: dict[str, Any] = self.run("list", where, lambda client, _: getattr(client, operation)(**requested))
        return page

    def _client(self) -> tuple[Any, S3Settings]:
        with self._making:
            if self._made is None:
                settings = self._settings()
                client = _connected(settings)
                weakref.finalize(self, client.close)  # its connections do not wait for the garbage collector
                self._made = client, settings
            return self._made


def body_of(answer: dict[str, Any], deadline: float) -> Iterator[bytes]:
    """Yield the bytes of a `get_object`, a mebibyte at a time; each gives the deadline a second more.

    Raises:
        Damaged: They come too slowly, or fewer come than were promised.
    """
    promised, came = int(answer["ContentLength"]), 0
    while piece := answer["Body"].read(_BLOCK):
        came += len(piece)
        if time.monotonic() > deadline + came / _BLOCK:
            raise Damaged("its bytes come too slowly")
        yield piece
    if came != promised:
        raise Damaged(f"{came:,} of {promised:,} bytes came")


def status_of(error: aws.ClientError) -> int:
    """Return the HTTP status of an error answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def code_of(error: aws.ClientError) -> str:
    """Return the code of an error answer, such as `NoSuchBucket`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _connected(settings: S3Settings) -> Any:
    if settings.endpoint is not None:
        parts = urlsplit(settings.endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise StorageFailed(
                "the endpoint of S3 is no URL", "write it like https://s3.example.com:9000, without a key"
            )
    try:
        base = botocore.session.Session()
        base.register_component("data_loader", _descriptions())
        session = boto3.session.Session(
            botocore_session=base,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            aws_session_token=settings.session_token,
            region_name=settings.region,
            profile_name=settings.profile,
        )
        if settings.role is not None:
            _assume(base, settings)
        config = Config(
            connect_timeout=settings.connect_seconds,
            read_timeout=settings.read_seconds,
            retries={"total_max_attempts": 1},
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.client("s3", endpoint_url=settings.endpoint, config=config)
    except ValueError as error:  # botocore's word for an endpoint of the environment that is no URL
        cause = "the settings of S3 cannot be used: an endpoint of the environment is no URL"
        raise StorageFailed(cause, "write AWS_ENDPOINT_URL_S3 like https://s3.example.com:9000") from error


def _assume(session: botocore.session.Session, settings: S3Settings) -> None:
    """Let a session act in a role, whose credentials are asked for when they are needed, and before they expire.

    As botocore does for a profile with a `role_arn`; the session's own credentials ask for them.
    """
    more = {"ExternalId": settings.external_id} if settings.external_id else {}
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=session.create_client,
        source_credentials=session.get_credentials(),
        role_arn=settings.role,
        extra_args={"RoleSessionName": "windvane", **more},
    )
    assumed = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
    session.__dict__["_credentials"] = assumed  # where a session keeps what it was given; it has no setter


@cache
def _descriptions() -> Any:
    """Return botocore's description of S3's protocol; to read it takes longer than to make a client of it."""
    return create_loader()


def _refused(error: BaseException) -> bool:
    """True when the store does not accept the credentials, or was not given any."""
    if isinstance(error, aws.ClientError):
        return status_of(error) in (401, 403) or code_of(error) in _REFUSED
    return isinstance(error, _NO_CREDENTIALS)


def _transient(error: BaseException) -> bool:
    """True when another try may help."""
    if isinstance(error, aws.ClientError):
        return status_of(error) in (408, 429) or status_of(error) >= 500 or code_of(error) in _TRANSIENT
    return isinstance(error, (*_BROKEN, Damaged))


def _failure(verb: str, what: str, error: Exception) -> ArtifactError:
    """Return the named error; the server's own words stay in its cause: they may repeat what was sent."""
    message = type(error).__name__
    if isinstance(error, aws.ClientError):
        message = f"{code_of(error) or 'an error'} (HTTP {status_of(error)})"
    elif isinstance(error, Damaged):
        message = str(error)
    cause = f"cannot {verb} {what}: {message}"
    if _refused(error):
        remedy = "check the credentials and what they allow (read, write, list and delete below the prefix), then"
        return StorageRefused(cause, f"{remedy} run the same again; nothing was half-written")
    if isinstance(error, aws.ClientError):
        if code_of(error) in _FULL or status_of(error) == 507:
            return StorageFull(cause, "free some space, then run the same again; nothing was half-written")
        if code_of(error) == "NoSuchBucket":
            return StorageFailed(cause, "make the bucket, or correct its name")
    return StorageFailed(cause, "check the endpoint and the network, then run the same again; nothing was half-written")
