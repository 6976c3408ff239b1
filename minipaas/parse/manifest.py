"""The files of one app, read together: Procfile, app.json and .env."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeVar

from minipaas.errors import FileProblem
from minipaas.frozen import frozen
from minipaas.model.app import AppJson, FileWarning, Procfile
from minipaas.parse.procfile import parse_procfile

#: Far beyond any file written by hand; above it something else was given that name.
MAX_FILE_BYTES = 1024 * 1024

T = TypeVar("T")


@frozen(kw_only=True)
class AppFiles:
    """What an app's own files say. `procfile` None: there is none, so that buildpack defaults alone count."""

    procfile: Procfile | None = None
    app_json: AppJson = field(default_factory=AppJson)
    dotenv: Mapping[str, str] = field(default_factory=dict)
    #: Of all files, in the order Procfile, app.json, .env.
    warnings: tuple[FileWarning, ...] = ()


def read_app_files(read: Callable[[str], bytes | None], folder: str = "") -> AppFiles:
    """The files of one app folder.

    Args:
        read: gives the bytes of `Procfile`, `app.json` or `.env`, None where there is no such file.
        folder: stands before the file's name in messages; empty for the current folder.

    Raises:
        FileProblem: one of them is faulty, is not UTF-8, or `read` raised an OSError over it.
    """
    files = _Files(read, folder)
    procfile = files.parsed("Procfile", parse_procfile)
    app_json = files.parsed("app.json", _app_json) or AppJson()
    dotenv, dotenv_warnings = files.parsed(".env", _dotenv) or ({}, ())
    procfile_warnings = procfile.warnings if procfile else ()
    warnings = (*procfile_warnings, *app_json.warnings, *dotenv_warnings)
    return AppFiles(procfile=procfile, app_json=app_json, dotenv=dotenv, warnings=warnings)


def _app_json(text: str, path: str) -> AppJson:
    from minipaas.parse.app_json import parse_app_json  # noqa: PLC0415  most apps have none

    return parse_app_json(text, path)


def _dotenv(text: str, path: str) -> tuple[dict[str, str], tuple[FileWarning, ...]]:
    from minipaas.parse.dotenv import parse_dotenv  # noqa: PLC0415  most apps have none

    return parse_dotenv(text, path)


class _Files:
    def __init__(self, read: Callable[[str], bytes | None], folder: str) -> None:
        self._read = read
        self._prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"

    def parsed(self, name: str, parse: Callable[[str, str], T]) -> T | None:
        path = self._prefix + name
        try:
            data = self._read(name)
        except OSError as error:
            raise FileProblem(path, None, f"cannot read the file: {error.strerror or error}") from error
        return None if data is None else parse(decode(data, path), path)


def decode(data: bytes, path: str) -> str:
    """The text of one of the user's files; a byte order mark stays in.

    Raises:
        FileProblem: larger than MAX_FILE_BYTES, or not UTF-8, with the line of the first faulty byte.
    """
    if len(data) > MAX_FILE_BYTES:
        raise FileProblem(path, None, f"larger than {MAX_FILE_BYTES} bytes")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileProblem(path, 1, "the file is UTF-16, not UTF-8", "save it as UTF-8 without BOM")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise FileProblem(path, line, message, "save the file as UTF-8") from error
