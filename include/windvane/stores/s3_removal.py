"""Removing an artifact from S3 beside writers: no `put` that has returned loses what it relied on.

A mark says that the artifact may be about to go; the request to remove it is signed before the look at its age and is
void once the fence has passed, so that a sweep that fell asleep in between removes nothing. A `put` that renews the
artifact then looks for the mark, and waits for what becomes of it.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.httpsession import URLLib3Session
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from windvane.errors import StorageFailed
from windvane.stores.s3_client import Damaged, status_of
from windvane.stores.s3_objects import S3Objects, now

FENCE = timedelta(seconds=30)
"""How long after its look at an artifact a removal may reach the store; the store refuses it later."""
MARKS = "removing/"
"""Below this part of the prefix lie the marks."""
_LOOK_AGAIN = 0.2
"""Seconds after which a mark of another removal is looked at again."""


class S3Removals:
    """Removals of artifacts from a bucket.

    Args:
        objects: The bucket's objects.
        put_at: Returns the latest moment at which an object may have been put, from when it was last modified.
        fence: See `FENCE`.
    """

    def __init__(self, objects: S3Objects, put_at: Callable[[datetime], datetime], fence: timedelta) -> None:
        self._objects = objects
        self._put_at = put_at
        self._fence = fence

    def remove(self, digest: str, before: datetime) -> bool:
        """Remove an artifact last put before a moment; see `Artifacts.remove`.

        What another removal is about to remove is waited for, until that one has ended or its mark is void: it may have
        been killed.
        """
        objects, mine = self._objects, secrets.token_hex(8)
        trying = Retrying(
            retry=retry_if_result(lambda status: status is None),
            wait=wait_fixed(_LOOK_AGAIN),
            stop=stop_after_delay(3 * self._fence),
            retry_error_callback=lambda _: None,
        )
        status: int | None = trying(
            objects.run, "remove", digest, lambda client, _: self._remove(client, digest, before, mine)
        )
        if status is None:
            return False
        objects.run("remove", digest, lambda client, _: self._unmark(client, digest, mine))
        if status >= 300:
            raise StorageFailed(f"cannot remove artifact {digest} in {objects.url}: HTTP {status}", "sweep again")
        return status > 0

    def outlast(self, client: Any, digest: str, deadline: float) -> None:
        """Wait until no removal can still take away what was just renewed; if one did, have it put again."""

        def under_way() -> bool:
            mark = self._objects.head(client, digest, MARKS)
            return mark is not None and not self._void(mark)

        patience = stop_after_delay(max(0.0, deadline - time.monotonic()))
        try:
            Retrying(retry=retry_if_result(bool), wait=wait_fixed(_LOOK_AGAIN), stop=patience)(under_way)
        except RetryError:
            raise Damaged("a removal of it did not end in time") from None
        if self._objects.head(client, digest) is None:
            raise Damaged("it was removed while it was written")

    def _remove(self, client: Any, digest: str, before: datetime, mine: str) -> int | None:
        """Return the status of the removal, 0 when the artifact is too young, None when another removal is at work."""
        where = self._objects.where(digest)
        seconds = math.ceil(self._fence.total_seconds())
        signed = client.generate_presigned_url("delete_object", Params=where, ExpiresIn=seconds)
        if not self._mark(client, digest, mine):
            return None
        found = self._objects.head(client, digest)
        old = found is not None and self._put_at(found["LastModified"]) < before
        return _sent("DELETE", signed, seconds, digest) if old else 0

    def _unmark(self, client: Any, digest: str, mine: str) -> None:
        """Take the own mark away; one that another removal has taken over stays."""
        mark = self._objects.head(client, digest, MARKS)
        if mark is not None and mark["Metadata"].get("by") == mine:
            where = self._objects.where(digest, MARKS)
            with contextlib.suppress(client.exceptions.NoSuchKey):
                client.delete_object(**where, IfMatch=mark["ETag"])

    def _mark(self, client: Any, digest: str, mine: str) -> bool:
        """Say that an artifact may be about to go; return False when another removal says so already."""
        where = self._objects.where(digest, MARKS)
        condition = {"IfNoneMatch": "*"}
        mark = self._objects.head(client, digest, MARKS)
        if mark is not None:
            if mark["Metadata"].get("by") == mine:
                return True
            if not self._void(mark):
                return False
            condition = {"IfMatch": mark["ETag"]}
        try:
            client.put_object(**where, Body=mine.encode(), Metadata={"by": mine}, **condition)
        except ClientError as error:
            if status_of(error) in (404, 412):
                return False
            raise
        return True

    def _void(self, mark: dict[str, Any]) -> bool:
        """True for the mark of a removal that died: the store refuses whatever it had signed."""
        return bool(now(mark) - mark["LastModified"] > 2 * self._fence)


def _sent(method: str, url: str, seconds: int, digest: str) -> int:
    """Send a signed request once, never again, and return its status: sent twice, it could remove what came since."""
    session = URLLib3Session(timeout=(5, seconds))
    try:
        answer = session.send(AWSRequest(method, url).prepare())
    except (NoConnectionError, HTTPClientError) as error:
        cause = f"cannot remove artifact {digest}: {type(error).__name__}; whether it is gone is not known"
        raise StorageFailed(cause, "sweep again") from error
    finally:
        session.close()
    return int(answer.status_code)
