"""The bucket, as boto3 uses it unmodified from the config vars."""

import asyncio
import io
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3
import boto3.s3.transfer
import botocore.exceptions
import pytest

from minipaas.addons.cover import as_nobody
from minipaas.addons.search import Programs
from minipaas.errors import Missing, StoreProblem
from minipaas.model.app import AddonWish
from minipaas.runtime import proc
from tests.addons.conftest import Make
from tests.addons.test_servers import up

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning:botocore.*")]

BUCKET = AddonWish("bucket")


class Bucket:
    """A client made of config vars alone, beside the loop."""

    def __init__(self, config: dict[str, str], **more: str) -> None:
        self.name = config["BUCKET_NAME"]
        session = boto3.Session(
            **{
                "aws_access_key_id": config["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": config["AWS_SECRET_ACCESS_KEY"],
                "region_name": config["AWS_REGION"],
                **more,
            }
        )
        self.client: Any = session.client("s3", endpoint_url=config["AWS_ENDPOINT_URL_S3"])

    async def do(self, method: str, **words: Any) -> Any:
        return await asyncio.to_thread(lambda: getattr(self.client, method)(Bucket=self.name, **words))

    async def put(self, key: str, body: bytes = b"x", **words: Any) -> None:
        await self.do("put_object", Key=key, Body=body, **words)

    async def body(self, key: str) -> bytes:
        found = await self.do("get_object", Key=key)
        return bytes(await asyncio.to_thread(found["Body"].read))

    async def keys(self) -> list[str]:
        return [each["Key"] for each in (await self.do("list_objects_v2")).get("Contents", [])]


async def fetch(url: str, body: bytes | None = None) -> bytes:
    def work() -> bytes:
        request = urllib.request.Request(url, data=body, method="GET" if body is None else "PUT")
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())

    return await asyncio.to_thread(work)


async def test_objects_uploads_in_parts_and_signed_urls_are_kept_over_stop_and_kill(make: Make) -> None:
    first = make("home")
    config = await up(first, "shop", BUCKET)
    bucket = Bucket(config)
    await bucket.put("cats/ü 1.txt", b"hello", ContentType="text/x-mine", Metadata={"who": "me"})
    big = os.urandom(9 * 2**20)
    parts = boto3.s3.transfer.TransferConfig(multipart_threshold=2**20, multipart_chunksize=5 * 2**20)
    await bucket.do("upload_fileobj", Fileobj=io.BytesIO(big), Key="big", Config=parts)
    words = {"Params": {"Bucket": bucket.name, "Key": "cats/ü 1.txt"}, "ExpiresIn": 60}
    assert await fetch(bucket.client.generate_presigned_url("get_object", **words)) == b"hello"
    words = {"Params": {"Bucket": bucket.name, "Key": "put"}, "ExpiresIn": 60}
    await fetch(bucket.client.generate_presigned_url("put_object", **words), b"from a browser")
    first.fail("shop", "BUCKET")
    await first.recover("shop", "BUCKET")
    assert await bucket.body("put") == b"from a browser"
    await first.close()

    second = make("home")
    assert await up(second, "shop") == config
    found = await bucket.do("get_object", Key="cats/ü 1.txt")
    assert (found["ContentType"], found["Metadata"]) == ("text/x-mine", {"who": "me"})
    assert await bucket.body("big") == big
    assert (await bucket.do("head_object", Key="big"))["ETag"].endswith('-2"')
    assert await bucket.keys() == ["big", "cats/ü 1.txt", "put"]


async def test_nobody_gets_in_without_the_right_signature(make: Make) -> None:
    config = await up(make(), "shop", BUCKET)
    await Bucket(config).put("secret")
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        await Bucket(config, aws_secret_access_key="guessed").body("secret")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        await fetch(f"{config['AWS_ENDPOINT_URL_S3']}/{config['BUCKET_NAME']}/secret")
    words = " ".join(proc.command_of(pid) for pid in proc.everyone())
    assert config["AWS_SECRET_ACCESS_KEY"] not in words


async def test_snapshot_restore_and_reset(make: Make) -> None:
    addons = make()
    bucket = Bucket(await up(addons, "shop", BUCKET))
    server = addons.server("shop", "BUCKET")
    with pytest.raises(StoreProblem, match="there is no snapshot"):
        await server.restore()
    await bucket.put("a/kept", b"1")
    await server.snapshot()
    await bucket.put("a/kept", b"2")
    await bucket.put("later")
    await bucket.do("create_multipart_upload", Key="never ended")
    for _ in range(2):
        await server.restore()
        assert await bucket.keys() == ["a/kept"]
        assert await bucket.body("a/kept") == b"1"
        await bucket.put("b")
    assert await server.facts() == {"Objects": "2", "Bytes": "2"}
    await server.reset()
    assert await bucket.keys() == []
    await bucket.put("c")


async def test_two_buckets_of_one_app_and_none_without_the_package(make: Make) -> None:
    addons = make()
    config = await up(addons, "shop", BUCKET, AddonWish("s3", alias="PICTURES"))
    assert config["PICTURES_BUCKET_NAME"] != config["BUCKET_NAME"]
    assert config["PICTURES_URL"] == "s3://{}:{}@{}/{}".format(
        config["PICTURES_AWS_ACCESS_KEY_ID"],
        config["PICTURES_AWS_SECRET_ACCESS_KEY"],
        config["PICTURES_AWS_ENDPOINT_URL_S3"].removeprefix("http://"),
        config["PICTURES_BUCKET_NAME"],
    )
    with pytest.raises(Missing, match="cannot find a bucket server"):
        make("bare", programs=Programs(package=lambda _name: None)).check(BUCKET)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="is an ordinary user already")
async def test_root_without_namespaces_runs_the_bucket_as_nobody(make: Make, tmp_path: Path) -> None:
    addons = make("home", cover=as_nobody())
    bucket = Bucket(await up(addons, "shop", BUCKET))
    await bucket.put("a")
    await addons.server("shop", "BUCKET").snapshot()
    await addons.server("shop", "BUCKET").restore()
    await bucket.put("b")
    assert await bucket.keys() == ["a", "b"]
