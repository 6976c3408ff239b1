"""A bucket that speaks S3: nanio, which keeps objects as files, with their metadata beside them."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from minipaas.addons.base import ProcessServer
from minipaas.addons.files import copied
from minipaas.addons.process import Start
from minipaas.addons.search import Programs
from minipaas.errors import StoreProblem
from minipaas.runtime.reaper import remove_tree

#: A region where SDKs sign URLs by version 4, the one the server knows; in us-east-1 boto3 still takes version 2.
REGION = "us-east-2"
#: The server as the package has it, wherever that is installed and whoever runs it.
_MAIN = "import sys; sys.path.insert(0, {site!r}); from nanio.cli import main; sys.exit(main())"
_OPTIONS = ("--host", "127.0.0.1", "--no-access-log")
#: An object on its way in; one that a killed server left is nobody's.
_UNFINISHED = "*/.tmp.*"


class BucketServer(ProcessServer):
    """One server an add-on, with one bucket. The record's user and password are its two keys."""

    ready_words: ClassVar[bytes] = b"Uvicorn running on "

    @property
    def url(self) -> str:
        """`s3://ACCESS_KEY:SECRET_KEY@127.0.0.1:PORT/BUCKET`."""
        known = self.record
        return f"s3://{known.user}:{known.password}@127.0.0.1:{known.port}/{known.database}"

    @classmethod
    def look_for(cls, programs: Programs) -> None:
        """The package."""
        programs.bucket()

    def values(self) -> Mapping[str, str]:
        """What SDKs read from the environment, and the bucket's name."""
        return {
            "URL": self.url,
            "BUCKET_NAME": self.record.database,
            "AWS_ACCESS_KEY_ID": self.record.user,
            "AWS_SECRET_ACCESS_KEY": self.record.password,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}",
        }

    async def facts(self) -> Mapping[str, str]:
        """Objects, and the bytes they have together."""
        sizes = await asyncio.to_thread(lambda: [path.stat().st_size for path in _objects(self._bucket)])
        return {"Objects": str(len(sizes)), "Bytes": str(sum(sizes))}

    async def reset(self) -> None:
        """Delete every object, and uploads that have begun."""
        self._must_run()
        await asyncio.to_thread(self._clear)
        self._make_bucket()

    async def snapshot(self) -> None:
        """Copy the bucket."""
        self._must_run()
        await asyncio.to_thread(remove_tree, str(self._kept))
        try:
            await copied(self._bucket, self._kept)
        except OSError as error:
            raise StoreProblem(f"cannot copy the add-on {self.addon.name}: {error.strerror}") from error

    async def restore(self) -> None:
        """Put the copy in the bucket's place."""
        self._must_run()
        if not self._kept.is_dir():
            raise StoreProblem(f"cannot restore the add-on {self.addon.name}: there is no snapshot of it")
        await asyncio.to_thread(self._clear)
        try:
            await copied(self._kept, self._bucket)
            self._shared.cover.admit(self._bucket)
        except OSError as error:
            raise StoreProblem(f"cannot restore the add-on {self.addon.name}: {error.strerror}") from error

    @property
    def _bucket(self) -> Path:
        return self.data / self.record.database

    @property
    def _kept(self) -> Path:
        return self.folder / "snapshot"

    async def _prepared(self) -> Start:
        program = self._shared.programs.bucket()
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._make_bucket()
        for left in self.data.glob(_UNFINISHED):
            left.unlink(missing_ok=True)
        return Start(
            words=(
                *(str(program.python), "-B", "-X", "utf8", "-c", _MAIN.format(site=str(program.site)), "serve"),
                *("--options", str(self._write_keys()), "--data-dir", str(self.data)),
                *("--port", str(self.port), "--region", REGION, *_OPTIONS),
            ),
            cover=self._shared.cover,
            cwd=self.data,
            mark=self._mark,
            output=self._hear,
        )

    def _write_keys(self) -> Path:
        """In a file, so that no list of processes shows them."""
        path = self.folder / "keys.toml"
        path.touch(mode=0o600)
        path.write_text(f'[[users]]\naccess_key = "{self.record.user}"\nsecret_key = "{self.record.password}"\n')
        return path

    async def _ask(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            status = await reader.readline()
        finally:
            writer.close()
        if b" 403 " not in status:  # it lets nobody in without a signature
            raise StoreProblem(f"cannot reach the add-on {self.addon.name}: it answers {status!r}")

    def _make_bucket(self) -> None:
        self._bucket.mkdir(mode=0o700, exist_ok=True)
        self._shared.cover.admit(self._bucket)

    def _clear(self) -> None:
        remove_tree(str(self._bucket))
        for upload in self.data.glob(".nanio/multipart/*"):
            remove_tree(str(upload))

    def _must_run(self) -> None:
        if not self.alive():
            raise StoreProblem(f"cannot reach the add-on {self.addon.name}: it does not run")


def _objects(bucket: Path) -> list[Path]:
    """Its files; names with a dot before them are the server's own."""
    found = []
    for place, folders, names in os.walk(bucket):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    return found
