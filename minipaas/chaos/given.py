"""The files that say how an app is used, read for `minipaas chaos --scenario` and `--har`."""

import shlex
from pathlib import Path

from minipaas.chaos.workload import HarWorkload, ScenarioWorkload, Workload
from minipaas.errors import FileProblem, UsageProblem
from minipaas.model.scenario import Scenario
from minipaas.parse.har import MAX_BYTES, parse_har
from minipaas.parse.scenario import parse_scenario
from minipaas.parse.wording import quoted

#: Of one file that a scenario uploads.
MAX_UPLOAD_BYTES = 8 * 1024 * 1024
#: No scenario is longer, whatever it says; the parser has a limit of its own.
_MAX_SCENARIO_BYTES = 1024 * 1024


def read_workload(scenario: Path | None, har: Path | None, apps: int) -> Workload | None:
    """What the options say; None when they say nothing, and the app is to be found out.

    Args:
        apps: how many are judged; a file is about one.

    Raises:
        FileProblem: the file cannot be read, or is faulty.
        UsageProblem: both options, or several apps.
    """
    if scenario is None and har is None:
        return None
    if scenario is not None and har is not None:
        raise UsageProblem("cannot use `--scenario` and `--har` together", "judge the app twice, once with each")
    if apps != 1:
        word = "--scenario" if scenario is not None else "--har"
        raise UsageProblem(f"`{word}` tells how one app is used, and {apps} are to be judged", "give one PATH")
    if scenario is not None:
        return read_scenario(scenario)
    assert har is not None
    return read_har(har)


def read_scenario(path: Path) -> ScenarioWorkload:
    """A scenario, with the files it uploads.

    Raises:
        FileProblem: it or one of them cannot be read, or it is faulty.
    """
    scenario = parse_scenario(_text(path, _read(path, _MAX_SCENARIO_BYTES)), str(path))
    return ScenarioWorkload(
        scenario, str(path), _uploads(path, scenario), words=f" --scenario {shlex.quote(str(path))}"
    )


def read_har(path: Path) -> HarWorkload:
    """A recording.

    Raises:
        FileProblem: it cannot be read, or is no HAR.
    """
    har = parse_har(_read(path, MAX_BYTES), str(path))
    return HarWorkload(har, str(path), words=f" --har {shlex.quote(str(path))}")


def _uploads(path: Path, scenario: Scenario) -> dict[str, bytes]:
    contents: dict[str, bytes] = {}
    for step in scenario.steps:
        for upload in step.files.values():
            if upload.path and upload.path not in contents:
                try:
                    contents[upload.path] = _read(path.parent / upload.path, MAX_UPLOAD_BYTES)
                except FileProblem as problem:
                    message = f"cannot upload {quoted(upload.path)}: {problem.message}"
                    raise FileProblem(path, step.line, message, "paths are seen from the scenario's folder") from None
    return contents


def _read(path: Path, at_most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(at_most + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileProblem(path, None, f"cannot be read: {reason.lower()}") from error
    if len(data) > at_most:
        raise FileProblem(path, None, f"is larger than {at_most // 1024 // 1024} MiB")
    return data


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileProblem(path, line, "is not UTF-8", "save the file as UTF-8") from error
