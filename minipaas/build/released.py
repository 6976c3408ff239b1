"""What `bin/release` says, and the process types that come of it and the Procfile. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from minipaas.errors import BuildFailed

#: Aliases in YAML can grow a small text into gigabytes; no bin/release is longer than a few lines.
_LONGEST = 64 * 1024


@dataclass(frozen=True, slots=True)
class Released:
    """Defaults for an app that does not say otherwise."""

    process_types: Mapping[str, str] = field(default_factory=dict)
    addons: tuple[str, ...] = ()


def parse_release(text: str, buildpack: str) -> Released:
    """Read the YAML that a bin/release printed; empty output is no defaults.

    Raises:
        BuildFailed: it is not what the Buildpack API asks for.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError("too long")
        value: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _wrong(buildpack, f"it is no YAML ({_first_line(error)})") from error
    if value is None:
        return Released()
    if not isinstance(value, dict):
        raise _wrong(buildpack, "it is no mapping")
    return Released(_types(value.get("default_process_types"), buildpack), _addons(value.get("addons"), buildpack))


def merge(procfile: Mapping[str, str], released: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """All process types, the Procfile's first, and which of them are the buildpack's."""
    added = {name: command for name, command in released.items() if name not in procfile}
    return {**procfile, **added}, tuple(added)


def _types(value: Any, buildpack: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and isinstance(command, str) for name, command in value.items()
    ):
        raise _wrong(buildpack, "`default_process_types` does not map names to commands")
    return dict(value)


def _addons(value: Any, buildpack: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(addon, str) for addon in value):
        raise _wrong(buildpack, "`addons` is no list of names")
    return tuple(value)


def _wrong(buildpack: str, cause: str) -> BuildFailed:
    return BuildFailed(f"cannot read what bin/release of {buildpack} printed: {cause}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
