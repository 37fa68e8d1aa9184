"""Artifacts on S3: a real server, and a proxy before it that spoils what it is told to."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.s3 import S3Server
from tests.servers.s3_proxy import FAULTS, Fault, S3Proxy, s3_proxy
from tests.unit.stores.conftest import PART, bucket_of, settings_of
from tests.waiting import until
from windvane.errors import CorruptArtifact, MissingArtifact, StorageFailed, StorageRefused
from windvane.spec import bucket_and_key
from windvane.stores import open_artifacts
from windvane.stores.s3 import S3Artifacts
from windvane.stores.s3_client import S3Settings

DATA = b"whatever a step keeps"
DIGEST = "sha256:" + hashlib.sha256(DATA).hexdigest()
LONG = os.urandom(2 * PART + 17)
SOON = timedelta(hours=1)
PASSED: tuple[Fault, ...] = ("none",) * 9


@pytest.fixture
def client(s3: S3Server) -> Iterator[Any]:
    with closing(s3.client()) as made:
        yield made


@pytest.fixture
def prefix() -> str:
    return secrets.token_hex(8)


def key_of(prefix: str, digest: str, kind: str = "") -> str:
    return f"{prefix}/{kind}sha256/{digest[7:9]}/{digest[9:]}"


def spoiled(
    server: S3Server, proxy: S3Proxy, prefix: str, renew_after: timedelta = timedelta(0), **changed: Any
) -> S3Artifacts:
    """The same place, reached through the proxy."""
    settings = settings_of(server, endpoint=proxy.endpoint, **({"read_seconds": 0.9, "total_seconds": 8.0} | changed))
    fence = timedelta(seconds=3)
    return S3Artifacts(server.bucket, prefix, lambda: settings, PART, renew_after, fence)


class TestFaults:
    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", range(2))
    def test_a_put_ends_with_the_right_bytes(self, s3: S3Server, prefix: str, fault: Fault, at: int) -> None:
        with s3_proxy(s3.endpoint, *PASSED[:at], fault) as proxy:
            artifacts = spoiled(s3, proxy, prefix)
            artifacts.put(DATA)
            artifacts.put(DATA)
            assert (fault, "PUT" if at == 0 else "HEAD") in [met[:2] for met in proxy.met] or at == 1
        assert bucket_of(s3, prefix).get(DIGEST) == DATA

    @pytest.mark.parametrize("fault", FAULTS)
    @pytest.mark.parametrize("at", [1, 3, 5])
    def test_an_upload_in_parts_ends_with_the_right_bytes(
        self, s3: S3Server, prefix: str, fault: Fault, at: int
    ) -> None:
        """The requests are: look, begin, three parts, end."""
        with s3_proxy(s3.endpoint, *PASSED[:at], fault) as proxy:
            digest = spoiled(s3, proxy, prefix).put(LONG)
        clean = bucket_of(s3, prefix)
        assert clean.get(digest) == LONG
        left = list(clean.leftovers())
        assert len(left) <= (fault in ("lost", "slow", "short", "other")), (
            "only an answer that was lost leaves an upload"
        )

    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_get_ends_with_the_right_bytes(self, s3: S3Server, prefix: str, fault: Fault) -> None:
        bucket_of(s3, prefix).put(DATA)
        with s3_proxy(s3.endpoint, fault, fault if fault != "expired" else "none") as proxy:
            assert spoiled(s3, proxy, prefix).get(DIGEST) == DATA
            assert proxy.met[0][0] == fault

    @pytest.mark.parametrize("fault", ["error", "reset", "short", "slow"])
    def test_what_does_not_end_in_time_is_named(self, s3: S3Server, prefix: str, fault: Fault) -> None:
        bucket_of(s3, prefix).put(DATA)
        with S3Proxy(s3.endpoint, lambda _method, _path: fault) as proxy:
            began = time.monotonic()
            with pytest.raises(StorageFailed, match="cannot read artifact sha256:") as caught:
                spoiled(s3, proxy, prefix, total_seconds=1.5, read_seconds=0.2).get(DIGEST)
            assert time.monotonic() - began < 5
            assert len(proxy.met) > 1
        assert "half-written" in caught.value.remedy

    @pytest.mark.parametrize("fault", ["expired", "denied"])
    def test_credentials_that_stay_refused_are_named_and_not_told(
        self, s3: S3Server, prefix: str, fault: Fault
    ) -> None:
        with S3Proxy(s3.endpoint, lambda _method, _path: fault) as proxy:
            for act in (
                lambda a: a.put(DATA),
                lambda a: a.get(DIGEST),
                lambda a: a.has(DIGEST),
                lambda a: list(a.entries()),
            ):
                with pytest.raises(StorageRefused, match="HTTP 403") as caught:
                    act(spoiled(s3, proxy, prefix))
                assert s3.secret_key not in str(caught.value)
                assert s3.access_key not in str(caught.value)
            assert len(proxy.met) == 8, "asked once more with credentials read anew, and no more"

    def test_credentials_that_were_renewed_count(self, s3: S3Server, prefix: str) -> None:
        requested = []

        def settings() -> S3Settings:
            requested.append(1)
            return settings_of(s3, secret_key="yesterday's" if len(requested) == 1 else s3.secret_key)

        S3Artifacts(s3.bucket, prefix, settings).put(DATA)
        assert len(requested) == 2

    def test_a_store_that_is_not_there_is_named(self, prefix: str) -> None:
        gone = S3Settings(endpoint="http://127.0.0.1:9", access_key="a", secret_key="b", total_seconds=0.3)  # noqa: S106 (of nothing)
        with pytest.raises(StorageFailed, match=r"cannot write artifact .* EndpointConnectionError"):
            S3Artifacts("windvane", prefix, lambda: gone).put(DATA)

    def test_without_any_credentials_the_refusal_is_named(
        self, s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        with pytest.raises(StorageRefused, match="NoCredentialsError"):
            S3Artifacts(s3.bucket, prefix, lambda: S3Settings(endpoint=s3.endpoint)).put(DATA)

    def test_a_failed_upload_in_parts_is_aborted(self, s3: S3Server, prefix: str) -> None:
        def after_the_first_part(method: str, path: str) -> Fault:
            return "denied" if "partNumber=2" in path else "none"

        with S3Proxy(s3.endpoint, after_the_first_part) as proxy, pytest.raises(StorageRefused):
            spoiled(s3, proxy, prefix).put(LONG)
        clean = bucket_of(s3, prefix)
        assert list(clean.leftovers()) == []
        assert list(clean.digests()) == []


class TestObjects:
    def test_bytes_are_readable_under_the_digest_with_the_stores_own_checksum(
        self, s3: S3Server, prefix: str, client: Any
    ) -> None:
        bucket_of(s3, prefix).put(DATA)
        found = client.get_object(Bucket=s3.bucket, Key=key_of(prefix, DIGEST), ChecksumMode="ENABLED")
        assert found["Body"].read() == DATA
        assert base64.b64decode(found["ChecksumSHA256"]).hex() == DIGEST.removeprefix("sha256:")

    @pytest.mark.parametrize("data", [DATA, LONG])
    def test_damaged_bytes_are_refused_until_the_right_ones_are_put_again(
        self, s3: S3Server, prefix: str, client: Any, data: bytes
    ) -> None:
        artifacts = bucket_of(s3, prefix, renew_after=timedelta(hours=1))
        digest = artifacts.put(data)
        client.put_object(Bucket=s3.bucket, Key=key_of(prefix, digest), Body=data[:-1] + b"?")
        with pytest.raises(CorruptArtifact, match=digest):
            artifacts.get(digest)
        artifacts.put(data)
        assert artifacts.get(digest) == data

    def test_whole_and_young_bytes_are_not_sent_again(self, s3: S3Server, prefix: str) -> None:
        for data in (DATA, LONG):
            bucket_of(s3, prefix).put(data)
            with s3_proxy(s3.endpoint) as proxy:
                spoiled(s3, proxy, prefix, renew_after=SOON).put(data)
            methods = [method for _, method, _ in proxy.met]
            assert methods == (["PUT", "HEAD"] if data == DATA else ["HEAD", "HEAD"])

    def test_listings_come_in_pages_and_count_nothing_else(self, s3: S3Server, prefix: str, client: Any) -> None:
        artifacts = bucket_of(s3, prefix)
        put = {artifacts.put(bytes([number])) for number in range(5)}
        for strange in ("sha256/x", "sha256/ab/short", f"sha256/ab/{'g' * 62}", f"sha256/abc/{'0' * 61}", "other"):
            client.put_object(Bucket=s3.bucket, Key=f"{prefix}/{strange}", Body=b"x")
        assert list(artifacts.digests()) == sorted(put)
        assert list(bucket_of(s3, f"{prefix}/deeper").digests()) == []

    def test_another_prefix_is_another_store(self, s3: S3Server, prefix: str) -> None:
        bucket_of(s3, prefix).put(DATA)
        assert not bucket_of(s3, f"{prefix}0").has(DIGEST)
        with pytest.raises(MissingArtifact):
            bucket_of(s3, prefix[:-1]).get(DIGEST)

    def test_an_unfinished_upload_is_a_leftover_that_can_be_discarded(
        self, s3: S3Server, prefix: str, client: Any
    ) -> None:
        artifacts = bucket_of(s3, prefix)
        client.create_multipart_upload(Bucket=s3.bucket, Key=key_of(prefix, DIGEST))
        (leftover,) = artifacts.leftovers()
        assert abs(datetime.now(UTC) - leftover.begun_at) < timedelta(minutes=1)
        assert not artifacts.has(DIGEST)
        artifacts.discard(leftover)
        artifacts.discard(leftover)
        assert list(artifacts.leftovers()) == []


def expired(url: str) -> bool:
    """True when the store no longer takes a request that was signed for some seconds."""
    (signed,), (lasts,) = (parse_qs(urlsplit(url).query)[f"X-Amz-{name}"] for name in ("Date", "Expires"))
    since = datetime.now(UTC) - datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return since > timedelta(seconds=int(lasts) + 1)


class TestRemoval:
    def test_one_that_fell_asleep_after_its_look_removes_nothing(
        self, s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The store itself refuses the late request; the bytes that were put meanwhile stay."""
        artifacts = bucket_of(s3, prefix, fence=timedelta(seconds=1))
        artifacts.put(DATA)
        from windvane.stores import s3_removal as module

        send = module._sent

        def late(*arguments: Any) -> int:
            until(lambda: expired(arguments[1]), "the signed request is void")
            artifacts.put(DATA)
            return send(*arguments)

        monkeypatch.setattr(module, "_sent", late)
        with pytest.raises(StorageFailed, match="HTTP 403"):
            artifacts.remove(DIGEST, datetime.now(UTC) + SOON)
        assert artifacts.get(DIGEST) == DATA

    def test_a_writer_waits_for_one_that_is_under_way_and_puts_again(
        self, s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        artifacts = bucket_of(s3, prefix, fence=timedelta(seconds=5))
        artifacts.put(DATA)
        from windvane.stores import s3_removal as module

        send, looked, waiting = module._sent, threading.Event(), threading.Event()
        outlast = module.S3Removals.outlast

        def slowly(*arguments: Any) -> int:
            looked.set()
            waiting.wait(5)
            return send(*arguments)

        def waits(*arguments: Any) -> None:
            waiting.set()
            outlast(*arguments)

        monkeypatch.setattr(module, "_sent", slowly)
        monkeypatch.setattr(module.S3Removals, "outlast", waits)
        sweep = threading.Thread(target=artifacts.remove, args=(DIGEST, datetime.now(UTC) + SOON))
        sweep.start()
        looked.wait(5)
        artifacts.put(DATA)
        sweep.join()
        assert artifacts.get(DIGEST) == DATA

    def test_two_do_not_work_on_one_artifact(self, s3: S3Server, prefix: str, client: Any) -> None:
        artifacts = bucket_of(s3, prefix, fence=timedelta(seconds=1))
        artifacts.put(DATA)
        mark = key_of(prefix, DIGEST, "removing/")
        client.put_object(Bucket=s3.bucket, Key=mark, Body=b"another", Metadata={"by": "another"})
        assert [leftover.name for leftover in artifacts.leftovers()] == [mark]
        started = time.monotonic()
        assert artifacts.remove(DIGEST, datetime.now(UTC) + SOON), "the mark of one that died does not stand for ever"
        assert time.monotonic() - started > 1, "what it signed is still good for that long"
        assert not artifacts.has(DIGEST)
        assert list(artifacts.leftovers()) == []

    def test_one_that_never_ends_is_left_alone(self, s3: S3Server, prefix: str, client: Any) -> None:
        artifacts = bucket_of(s3, prefix, fence=timedelta(seconds=1))
        artifacts.put(DATA)
        mark, done = key_of(prefix, DIGEST, "removing/"), threading.Event()

        def stay() -> None:
            while not done.wait(0.3):
                client.put_object(Bucket=s3.bucket, Key=mark, Body=b"another", Metadata={"by": "another"})

        client.put_object(Bucket=s3.bucket, Key=mark, Body=b"another", Metadata={"by": "another"})
        other = threading.Thread(target=stay)
        other.start()
        try:
            assert not artifacts.remove(DIGEST, datetime.now(UTC) + SOON)
        finally:
            done.set()
            other.join()
        assert artifacts.has(DIGEST)

    @pytest.mark.parametrize("fault", ["error", "reset", "lost", "expired"])
    @pytest.mark.parametrize("at", range(6))
    def test_a_fault_leaves_an_artifact_whole_or_gone(self, s3: S3Server, prefix: str, fault: Fault, at: int) -> None:
        """The requests are: look for a mark, mark, look, remove, look for the mark, take it away."""
        bucket_of(s3, prefix).put(DATA)
        with s3_proxy(s3.endpoint, *PASSED[:at], fault) as proxy:
            artifacts = spoiled(s3, proxy, prefix)
            if at == 3:
                with pytest.raises(StorageFailed, match="cannot remove"):
                    artifacts.remove(DIGEST, datetime.now(UTC) + SOON)
            else:
                assert artifacts.remove(DIGEST, datetime.now(UTC) + SOON)
        clean = bucket_of(s3, prefix)
        assert list(clean.digests()) in ([], [DIGEST])
        assert len(list(clean.leftovers())) <= (at == 3)


class TestNames:
    @given(st.one_of(st.text(max_size=80), st.from_regex(r"sha256:(\.\./|%2e|[0-9a-f]){0,64}", fullmatch=True)))
    def test_no_digest_leaves_the_prefix(self, text: str) -> None:
        """There is no server: whatever is no digest is answered without asking one."""
        artifacts = S3Artifacts("windvane", "p", lambda: S3Settings(endpoint="http://127.0.0.1:9", total_seconds=0))
        if len(text) == 71 and text.startswith("sha256:") and set(text[7:]) <= set("0123456789abcdef"):
            return
        assert not artifacts.has(text)
        assert not artifacts.remove(text, datetime.now(UTC))
        with pytest.raises(MissingArtifact):
            artifacts.get(text)

    @given(st.text(alphabet=st.sampled_from("abcAZ09./_-@:%\\ \n\x00é?#"), max_size=40))
    def test_a_url_is_a_bucket_and_a_prefix_below_it_or_refused(self, text: str) -> None:
        try:
            bucket, prefix = bucket_and_key(f"s3://{text}")
        except ValueError:
            return
        assert "/" not in bucket
        assert not {"..", "."} & set(prefix.split("/"))
        assert f"{bucket}/{prefix}".rstrip("/") == text.rstrip("/")

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("s3://key:secret@bucket/prefix", "credentials do not belong in a URL"),
            ("s3://", "no name of a bucket"),
            ("s3://Bucket/x", "no name of a bucket"),
            ("s3://bucket/a/../b", "cannot be part of a key"),
            ("s3://bucket/a//b", "cannot be part of a key"),
        ],
    )
    def test_a_wrong_url_is_told_without_secrets(self, url: str, message: str) -> None:
        with pytest.raises(StorageFailed, match=message) as caught:
            open_artifacts(url)
        assert "secret" not in caught.value.cause

    def test_a_place_is_told_by_its_url(self) -> None:
        assert open_artifacts("s3://bucket/some/prefix/").url == "s3://bucket/some/prefix"
        assert open_artifacts("s3://bucket").url == "s3://bucket"


def test_the_standard_variables_lead_to_the_server(s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    artifacts = open_artifacts(f"s3://{s3.bucket}/{prefix}")
    assert artifacts.get(artifacts.put(DATA)) == DATA


@pytest.mark.parametrize("endpoint", ["here", "ftp://x", "http://key:secret@host", "http://"])
def test_an_endpoint_that_is_none_is_named(endpoint: str, prefix: str) -> None:
    with pytest.raises(StorageFailed, match="endpoint of S3 is no URL") as caught:
        S3Artifacts("windvane", prefix, lambda: S3Settings(endpoint=endpoint)).put(DATA)
    assert "secret" not in str(caught.value)


def test_many_writers_of_the_same_bytes_write_them_once(s3: S3Server, prefix: str) -> None:
    artifacts: list[S3Artifacts] = [bucket_of(s3, prefix, renew_after=timedelta(hours=1)) for _ in range(8)]
    digests: list[str] = []
    threads = [threading.Thread(target=lambda one: digests.append(one.put(DATA)), args=(one,)) for one in artifacts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [DIGEST] * 8
    assert list(artifacts[0].digests()) == [DIGEST]


class Tokens(BaseHTTPRequestHandler):
    """Answers `AssumeRole` as Amazon's token service does, with the credentials of the S3 server."""

    protocol_version = "HTTP/1.1"
    requested: ClassVar[list[dict[str, str]]] = []
    server_of: ClassVar[list[S3Server]] = []

    def do_POST(self) -> None:  # the name is the library's
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.requested.append(dict(parse_qsl(body)))
        server, expires = self.server_of[0], datetime.now(UTC) + timedelta(hours=1)
        answer = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{server.access_key}</AccessKeyId><SecretAccessKey>{server.secret_key}</SecretAccessKey>
<SessionToken></SessionToken><Expiration>{expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials></AssumeRoleResult>
</AssumeRoleResponse>""".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's)
        """Say nothing."""


def test_a_role_is_assumed_with_the_credentials_that_are_given(
    s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Tokens.requested.clear()
    Tokens.server_of[:] = [s3]
    with ThreadingHTTPServer(("127.0.0.1", 0), Tokens) as tokens:
        threading.Thread(target=tokens.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{tokens.server_port}")
        role = {"role": "arn:aws:iam::123456789012:role/windvane", "external_id": "ours"}
        settings = settings_of(s3, access_key="of a person", secret_key="of hers", **role)  # noqa: S106 (made up)
        artifacts = S3Artifacts(s3.bucket, prefix, lambda: settings)
        assert artifacts.get(artifacts.put(DATA)) == DATA
        tokens.shutdown()
    (requested,) = Tokens.requested
    assert requested["Action"] == "AssumeRole"
    assert (requested["RoleArn"], requested["ExternalId"]) == (role["role"], "ours")
    own = settings_of(s3, access_key="of a person", secret_key="of hers")  # noqa: S106 (made up)
    with pytest.raises(StorageRefused):  # her own credentials may do nothing here
        S3Artifacts(s3.bucket, prefix, lambda: own).put(DATA)
