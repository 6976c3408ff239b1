"""One run of a build's buildpacks through the runtime: folders laid out, scripts run, results read."""

import asyncio
import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from minipaas.build.detect import Plan
from minipaas.build.environment import (
    copy_certificates,
    copy_home_files,
    mirror_settings,
    write_env_dir,
)
from minipaas.build.unbroken import unbroken
from minipaas.build.userland import stack_on
from minipaas.build.workplace import Workplace
from minipaas.clock import Clock
from minipaas.model.dyno import SIZES, Exit
from minipaas.runtime.base import DynoProcess, Host, Launch, Runtime

#: Heroku's builds run on dynos of the largest size.
_SIZE = SIZES["performance-l"]
#: A process that a buildpack left running has this long once the last script ended.
_LEFTOVER_GRACE_S = 2.0
_POLL_S = 0.1
_DRIVER = Path(__file__).with_name("slugcompiler.sh")


@dataclass(frozen=True, slots=True)
class Compiled:
    """How the scripts ended. `failed` names the step, None when all went well; "timeout" and "killed" are ours."""

    failed: str | None
    buildpacks: tuple[str, ...] = ()
    language: str = ""
    release: str = ""


def prepare(work: Workplace, plan: Plan, config: Mapping[str, str]) -> None:
    """Lay out everything but BUILD_DIR and CACHE_DIR. Blocking.

    Raises:
        OSError: no space left, or a buildpack's file cannot be read.
    """
    for folder in (work.results, work.buildpacks, work.settings):
        folder.mkdir(mode=0o700)
    write_env_dir(work.env, config)
    (work.settings / "home").mkdir(mode=0o700)
    (work.settings / "certificates").mkdir(mode=0o700)
    copy_home_files(Path.home(), work.settings / "home")
    shutil.copy(_DRIVER, work.buildpacks / _DRIVER.name)
    for number, buildpack in enumerate(plan.buildpacks):
        target = work.buildpacks / str(number)
        shutil.copytree(buildpack.folder, target, symlinks=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        if buildpack.shipped:
            # An installer may have dropped the executable bit of a package's data files.
            for script in (target / "bin").iterdir():
                script.chmod(0o755)


class Compiler:
    """Runs the scripts of a plan in a runtime."""

    def __init__(self, *, runtime: Runtime, host: Host, clock: Clock, timeout_s: float) -> None:
        self._runtime = runtime
        self._host = host
        self._clock = clock
        self._timeout_s = timeout_s

    async def run(self, work: Workplace, plan: Plan, version: str, output: Callable[[bytes], None]) -> Compiled:
        """Run to the end, or to the time limit; no process of it is left when this returns or is cancelled.

        Raises:
            DynoProblem: the runtime cannot launch anything.
        """
        process = await self._runtime.start(self._launch(work, plan, version, output))
        try:
            in_time = await self._ended(process, work.results / "status")
        finally:
            ended = await _put_down(process)
        return _results(work.results, ended) if in_time else replace(_results(work.results, ended), failed="timeout")

    def _launch(self, work: Workplace, plan: Plan, version: str, output: Callable[[bytes], None]) -> Launch:
        inside = {bind.source: self._runtime.inside(bind.source, bind.target) for bind in work.binds()}
        scripts = inside[work.buildpacks]
        words = [
            "bash",
            f"{scripts}/{_DRIVER.name}",
            "each" if plan.explicit else "first",
            *(inside[folder] for folder in (work.app, work.cache, work.env, work.results)),
            f"{inside[work.settings]}/home",
        ]
        for number, buildpack in enumerate(plan.buildpacks):
            words += [buildpack.name, f"{scripts}/{number}"]
        return Launch(
            id=f"build-{work.tag}",
            host=self._host,
            command=f"exec {shlex.join(words)}",
            env=self._env(work, version, f"{inside[work.settings]}/certificates"),
            binds=work.binds(),
            size=_SIZE,
            hostname="build",
            profile=False,
            output=output,
        )

    def _env(self, work: Workplace, version: str, certificates: str) -> dict[str, str]:
        mirrors = mirror_settings(os.environ)
        image = self._runtime.capabilities().stack
        unseen = Path("/") if image else Path.home()  # an image has nothing of this machine's files
        mirrors |= copy_certificates(mirrors, unseen, work.settings / "certificates", certificates)
        return {
            **mirrors,
            "LANG": "C.UTF-8",
            "STACK": stack_on(image)[0],
            "SOURCE_VERSION": version,
            "REQUEST_ID": work.tag,
        }

    async def _ended(self, process: DynoProcess, status: Path) -> bool:
        """Wait for the scripts; false when the time limit came first."""
        expired = asyncio.Event()
        timer = self._clock.call_later(self._timeout_s, expired.set)
        waits = {
            asyncio.ensure_future(process.wait()),
            asyncio.ensure_future(expired.wait()),
            asyncio.ensure_future(self._left_behind(status)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return not expired.is_set()
        finally:
            timer.cancel()
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _left_behind(self, status: Path) -> None:
        """Return some time after the last script ended: what still runs then is a daemon a buildpack left."""
        while not status.exists():
            await self._clock.sleep(_POLL_S)
        await self._clock.sleep(_LEFTOVER_GRACE_S)


async def _put_down(process: DynoProcess) -> Exit:
    process.kill()
    ended = await unbroken(process.wait())
    process.discard()
    return ended


def _results(folder: Path, ended: Exit) -> Compiled:
    status = _text(folder / "status").strip()
    ran = [line.split("\t") for line in _text(folder / "detected").splitlines() if "\t" in line]
    failed: str | None = None
    if status != "0":
        # No status: killed from outside, or so full a disk that not even this could be written.
        failed = "killed" if not status and ended.status >= 128 else _text(folder / "failed").strip() or "compile"
    return Compiled(
        failed=failed,
        buildpacks=tuple(name for name, *_ in ran),
        language=ran[-1][1] if ran else "",
        release=_text(folder / "release"),
    )


def _text(file: Path) -> str:
    with suppress(FileNotFoundError):
        return file.read_text(errors="replace")
    return ""
