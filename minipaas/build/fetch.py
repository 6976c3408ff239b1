"""Clones of buildpacks given by git URL: made once, brought up to date before each build that runs."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from minipaas.build.gitwork import Answer, git
from minipaas.build.words import body
from minipaas.errors import BuildFailed
from minipaas.store.home import Home
from minipaas.store.tree import remove

if TYPE_CHECKING:
    from minipaas.build.reference import Reference

#: A clone that takes longer than this does not end at all.
FETCH_TIMEOUT_S = 300.0


class Clones:
    """The clones of one home, one folder for each URL and branch."""

    def __init__(self, home: Home) -> None:
        self._root = home.buildpacks

    def folder(self, reference: "Reference") -> Path:
        """Where the clone is, or would be."""
        named = f"{reference.location}#{reference.branch or ''}"
        return self._root / hashlib.sha256(named.encode()).hexdigest()[:24]

    async def commit(self, reference: "Reference") -> str | None:
        """The commit of the clone we have; None when there is none yet. Asks no network."""
        folder = self.folder(reference)
        if not (folder / ".git").is_dir():
            return None
        answer = await git(folder, "rev-parse", "HEAD")
        return answer.out.decode().strip() if answer.status == 0 else None

    async def update(self, reference: "Reference", tell: Callable[[str], None]) -> None:
        """Fetch the newest commit of the branch. A clone we have serves on when the network does not.

        Raises:
            BuildFailed: there is no clone, and git cannot make one.
        """
        known = await self.commit(reference) is not None
        try:
            async with asyncio.timeout(FETCH_TIMEOUT_S):
                answer = await (self._refresh(reference) if known else self._clone(reference))
        except TimeoutError:
            answer = Answer(1, b"", f"no end after {FETCH_TIMEOUT_S:.0f} seconds")
        if answer.status == 0:
            return
        if not known:
            raise BuildFailed(
                f"cannot fetch buildpack {reference.given}: {answer.reason}",
                "check the URL and the network; a buildpack on disk is given by its path",
            )
        tell(body(f"cannot update {reference.given} ({answer.reason}): the copy from before serves"))

    async def _clone(self, reference: "Reference") -> Answer:
        folder = self.folder(reference)
        new = self._root / f".new-{secrets.token_hex(8)}"
        new.mkdir(mode=0o700, parents=True)
        try:
            answer = await git(new, "init", "--quiet")
            if answer.status == 0:
                answer = await git(new, "remote", "add", "origin", reference.location)
            if answer.status == 0:
                answer = await self._check_out(new, reference)
            if answer.status == 0:
                remove(folder)
                new.rename(folder)
            return answer
        finally:
            remove(new)

    async def _refresh(self, reference: "Reference") -> Answer:
        return await self._check_out(self.folder(reference), reference)

    async def _check_out(self, folder: Path, reference: "Reference") -> Answer:
        """Shallow, by branch, tag or commit; submodules too."""
        answer = await git(folder, "fetch", "--quiet", "--depth=1", "origin", reference.branch or "HEAD")
        if answer.status == 0:
            answer = await git(folder, "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD")
        if answer.status == 0 and (folder / ".gitmodules").exists():
            answer = await git(folder, "submodule", "update", "--init", "--recursive", "--depth=1", "--quiet")
        return answer
