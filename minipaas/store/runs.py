"""Runs of chaos that stay: one journal a run, JSON lines, written while it goes on."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from minipaas.errors import FileProblem, StoreProblem, UsageProblem

#: So many runs are kept; the oldest makes room.
KEPT = 20
#: A journal that has grown so far takes what is small and decides (plan, breaks, report), and no more plays.
FULL_BYTES = 64 * 1024 * 1024
VERSION = 1


class JournalFile:
    """Lines of one run; each is on its way to the disk when `write` returns, so a killed run leaves whole lines.

    A disk that is full ends the journal, not the run; `broken` tells what happened.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.broken: OSError | None = None
        self._file = file
        self._size = 0

    def write(self, record: Mapping[str, Any], *, large: bool = False) -> None:
        """Append one record; a large one is left out when the file is full."""
        if self.broken is not None or (large and self._size > FULL_BYTES):
            return
        line = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            self._file.write(line)
        except OSError as error:
            self.broken = error
        self._size += len(line)

    def close(self) -> None:
        """No more lines."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Runs:
    """The journals in one folder, numbered from 1."""

    folder: Path

    def begin(self) -> JournalFile:
        """A journal for a new run; the oldest beyond those kept are deleted.

        Raises:
            StoreProblem: the folder cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._paths()[: -KEPT + 1]:
                path.unlink(missing_ok=True)
            return self._next()
        except OSError as error:
            raise StoreProblem(
                f"cannot write a journal in {self.folder}: {error.strerror}",
                "free some space, or set MINIPAAS_HOME to a folder you can write to",
            ) from error

    def _next(self) -> JournalFile:
        """Two runs that begin at once get two numbers."""
        number = max((int(path.stem) for path in self._paths()), default=0) + 1
        while True:
            try:
                return _opened(self.folder / f"{number}.jsonl", os.O_EXCL, str(number))
            except FileExistsError:
                number += 1

    def names(self) -> tuple[str, ...]:
        """The runs there are, oldest first."""
        return tuple(path.stem for path in self._paths())

    def find(self, word: str) -> Path:
        """The journal of a run by its number, or by its file's path.

        Raises:
            UsageProblem: there is no such run.
        """
        if word.isdigit():
            path = self.folder / f"{word}.jsonl"
            if path.is_file():
                return path
            there = ", ".join(self.names()[-5:])
            hint = f"runs kept here: {there}" if there else "no run is kept here"
            raise UsageProblem(f"there is no run {word}", f"{hint}; without it the plan is found anew")
        if not Path(word).is_file():
            raise UsageProblem(f"there is no journal {word}", "name a run by its number, or a journal by its path")
        return Path(word)

    def _paths(self) -> list[Path]:
        paths = [path for path in self.folder.glob("*.jsonl") if path.stem.isdigit()]
        return sorted(paths, key=lambda path: int(path.stem))


def journal_at(path: Path) -> JournalFile:
    """A journal in a file of the user's choice, which is replaced.

    Raises:
        UsageProblem: it cannot be written.
    """
    try:
        return _opened(path, os.O_TRUNC, str(path))
    except OSError as error:
        raise UsageProblem(f"cannot write {path}: {error.strerror}") from error


def _opened(path: Path, how: int, name: str) -> JournalFile:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o600)
    return JournalFile(os.fdopen(fd, "wb", buffering=0), name)


def records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a journal; a last line that was cut off is left out.

    Raises:
        FileProblem: it is no journal, or one of another version.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                yield _record(path, number, line)
    except OSError as error:
        raise FileProblem(path, None, f"cannot be read: {(error.strerror or str(error)).lower()}") from error


def _record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("kind"), str):
        raise FileProblem(path, number, "is no line of a journal", "`minipaas chaos` writes journals")
    if number == 1 and (record["kind"] != "run" or record.get("version") != VERSION):
        raise FileProblem(path, number, "is no journal of this version of minipaas", "judge the app again")
    return record
