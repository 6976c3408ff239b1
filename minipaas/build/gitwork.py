"""What git says of a folder: which files belong to it, and which commit it stands at."""

import asyncio
import os
import subprocess
from pathlib import Path

from minipaas.build.unbroken import in_thread
from minipaas.frozen import frozen

#: Set by git for its hooks; inside one they would point every question at the wrong repository.
_HOOK_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_QUARANTINE_PATH",
)


@frozen
class Answer:
    """How a git command ended. `status` 127 when there is no git."""

    status: int
    out: bytes
    err: str

    @property
    def reason(self) -> str:
        """The line that says why it failed."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal:", "error:"))]
        return (told or lines or ["git failed"])[0].removeprefix("fatal: ").removeprefix("error: ")


async def git(folder: Path, *words: str) -> Answer:
    """Run git in a folder, never asking the user for anything; killed when the caller is cancelled."""
    try:
        process = _begin(folder, words)
    except FileNotFoundError:
        return Answer(127, b"", "git is not installed")
    answer = asyncio.ensure_future(in_thread(process.communicate))
    try:
        out, err = await asyncio.shield(answer)
    except BaseException:
        process.kill()
        await asyncio.wait({answer})
        raise
    return Answer(process.returncode, out, err.decode(errors="replace"))


def _begin(folder: Path, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Not by asyncio: uvloop copies the whole platform first to start a program."""
    env = {name: value for name, value in os.environ.items() if name not in _HOOK_VARIABLES}
    return subprocess.Popen(
        # A repository may name a program as its fsmonitor; asking for a list of files must not run it.
        ("git", "-c", "core.fsmonitor=false", *words),
        cwd=folder,
        env=env | {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def in_repository(folder: Path) -> bool:
    """Whether git can know the folder at all: it looks for `.git` there and above, and takes 10 ms to find none."""
    return any((each / ".git").exists() for each in (folder, *folder.parents))


async def listed_files(folder: Path) -> list[str] | None:
    """Tracked, and untracked but not ignored, relative to the folder; None when git cannot tell.

    A name that ends in `/`, or is a folder, is a repository of its own (submodule or nested clone).
    """
    answer = await git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if answer.status != 0:
        return None
    return sorted({os.fsdecode(name) for name in answer.out.split(b"\0") if name})


async def clean_head(folder: Path) -> str | None:
    """The commit the folder stands at, 40 hex digits; None when something in it differs, or there is no commit."""
    answer = await git(folder, "status", "--porcelain=v2", "--branch", "-z", "--", ".")
    if answer.status != 0:
        return None
    head = None
    for record in answer.out.split(b"\0"):
        if record.startswith(b"# branch.oid "):
            head = record.split()[2].decode()
        elif record and not record.startswith(b"#"):
            return None
    return head if head and head != "(initial)" else None
