"""Builds with small buildpacks, through a runtime that isolates nothing."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from minipaas.clock import SystemClock
from minipaas.errors import BuildFailed, FileProblem, StoreProblem, UsageProblem
from minipaas.limits import Limits
from minipaas.store.home import Home
from tests.build.bashruntime import BashRuntime
from tests.build.conftest import Workshop, lay_out
from tests.fakes import FakeClock

Make = Callable[..., Path]


async def test_the_output_of_a_build_is_herokus(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    ruby = make_buildpack(
        "ruby",
        compile='echo "-----> Installing"; echo "       done"; echo " !     beware" >&2',
        release="printf -- '---\\ndefault_process_types:\\n  console: irb\\n  web: rackup\\n'",
    )
    result = await workshop.build(app, ruby)
    lines = workshop.said.splitlines()
    assert lines[0].startswith("-----> Building on ")
    assert lines[1:] == [
        f"-----> Using buildpack: {ruby}",
        "-----> Ruby app detected",
        "-----> Installing",
        "       done",
        " !     beware",
        "-----> Discovering process types",
        "       Procfile declares types     -> web, worker",
        "       Default types for buildpack -> console",
        "",
        "-----> Storing slug...",
        "       Done: 44B",
    ]
    assert dict(result.slug.process_types) == {"web": "./serve $PORT", "worker": "./work", "console": "irb"}
    assert result.slug.default_types == ("console",)
    assert (result.reused, result.buildpacks, result.warnings) == (False, (str(ruby),), ())
    assert workshop.nothing_left()


async def test_scripts_get_the_three_folders_and_config_vars_as_files_only(
    workshop: Workshop, app: Path, make_buildpack: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS_OWN_SECRET", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://mirror")
    script = (
        'echo "args=$#"; ls "$1"; ls -A "$2"; cat "$3/TOKEN"; echo; echo "env:$TOKEN:$USERS_OWN_SECRET";'
        'echo "mirror=$PIP_INDEX_URL stack=$STACK version=${#SOURCE_VERSION}";'
        '[ "$PWD" = "$(realpath "$1")" ] && echo here'
    )
    await workshop.build(app, make_buildpack("x", compile=script), config={"TOKEN": "s3cret"})
    assert "args=3\nProcfile\nserve\ns3cret\nenv::\n" in workshop.said
    assert "mirror=http://mirror stack=heroku-" in workshop.said
    assert "version=64\nhere\n" in workshop.said


async def test_a_buildpack_sees_herokus_paths_where_folders_are_mapped(
    open_workshop: Callable[..., Workshop], app: Path, make_buildpack: Make
) -> None:
    class Mapped(BashRuntime):
        def inside(self, source: Path, target: str) -> str:
            self.targets.append(target)
            return str(source)

        targets: list[str] = []  # noqa: RUF012

    runtime = Mapped()
    await open_workshop(with_runtime=runtime).build(app, make_buildpack("x"))
    assert runtime.targets[0].startswith("/tmp/build_")
    assert "/tmp/codon/tmp/cache" in runtime.targets
    launch = runtime.launches[0]
    assert (launch.slug, launch.profile, launch.size.name) == (None, False, "Performance-L")
    assert [bind.writable for bind in launch.binds] == [True, True, False, True, True, False]


async def test_the_slug_is_the_build_folder_with_what_the_buildpack_changed(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    script = 'cd "$1"; mkdir .profile.d; echo "export A=1" > .profile.d/x.sh; rm serve; echo "web: new" > Procfile'
    result = await workshop.build(app, make_buildpack("x", compile=script))
    assert (result.slug.root / ".profile.d" / "x.sh").read_text() == "export A=1\n"
    assert not (result.slug.root / "serve").exists()
    assert dict(result.slug.process_types) == {"web": "new"}
    assert (app / "serve").exists(), "the user's own folder is never touched"


async def test_an_unchanged_app_is_not_built_again(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    pack = make_buildpack("x")
    first = await workshop.build(app, pack)
    again = await workshop.build(app, pack)
    assert (again.slug, again.reused, workshop.said) == (first.slug, True, "")


@pytest.mark.parametrize(
    "change",
    [
        lambda app, pack: (app / "new.txt").write_text("x"),
        lambda app, pack: (pack / "bin" / "compile").open("a").write("\n: changed\n"),
    ],
    ids=["source", "buildpack"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_change_of_what_a_slug_depends_on_builds_again(
    workshop: Workshop, app: Path, make_buildpack: Make, change: Callable[[Path, Path], None]
) -> None:
    pack = make_buildpack("x")
    await workshop.build(app, pack)
    change(app, pack)
    assert not (await workshop.build(app, pack)).reused


async def test_other_config_vars_and_force_build_again(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    pack = make_buildpack("x")
    await workshop.build(app, pack)
    assert not (await workshop.build(app, pack, config={"A": "1"})).reused
    assert not (await workshop.build(app, pack, force=True)).reused
    assert (await workshop.build(app, pack)).reused


async def test_the_cache_stays_between_builds_of_an_app(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    pack = make_buildpack("x", compile='cat "$2/kept" || true; echo hello > "$2/kept"')
    await workshop.build(app, pack)
    assert "hello" not in workshop.said
    await workshop.build(app, pack, force=True)
    assert "hello" in workshop.said
    workshop.builder.purge_cache("notes")
    await workshop.build(app, pack, force=True)
    assert "hello" not in workshop.said


async def test_a_failing_build_shows_the_buildpacks_own_words_and_makes_no_slug(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    pack = make_buildpack("ruby", compile="echo could not find gem >&2; exit 3")
    with pytest.raises(BuildFailed, match="cannot build notes: the Ruby buildpack's bin/compile failed"):
        await workshop.build(app, pack)
    assert workshop.said.endswith(
        "-----> Ruby app detected\ncould not find gem\n\n"
        " !     Push rejected, failed to compile Ruby app.\n\n !     Push failed\n"
    )
    assert workshop.slugs.all() == []
    assert workshop.nothing_left()


async def test_the_cache_of_a_failed_build_does_not_trip_the_next(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    pack = make_buildpack("x", compile='[ ! -e "$2/half" ] || exit 9; touch "$2/half"; exit 1')
    for _ in range(2):
        with pytest.raises(BuildFailed):
            await workshop.build(app, pack)
    assert workshop.said.count("half") == 0
    assert not (workshop.home.caches / "notes").exists()


async def test_several_run_in_a_row_with_the_exports_of_those_before(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    release = "printf 'default_process_types: {%s: run}\\n'"
    one = make_buildpack(
        "one",
        compile='echo "export TOOL=$UNSET/one" > "$(dirname "$0")/../export"; touch "$HOME/left"',
        release=release % "first",
    )
    two = make_buildpack(
        "two", compile='echo "tool=$TOOL"; ls "$HOME/left"; echo "export TOOL=$TOOL/two" > "${0%/*}/../export"'
    )
    three = make_buildpack(
        "three", compile='echo "tool=$TOOL"', release='echo "default_process_types: {last: a$TOOL}"'
    )
    result = await workshop.build(app, one, two, three)
    assert f"-----> Using buildpacks:\n       1. {one}\n       2. {two}\n       3. {three}\n" in workshop.said
    assert "-----> Two app detected\ntool=/one\n" in workshop.said
    assert "-----> Three app detected\ntool=/one/two\n" in workshop.said
    assert "/left\n" in workshop.said, "the second sees what the first left in /app"
    assert result.slug.process_types["last"] == "a", "bin/release gets no exports, and only the last one counts"
    assert "first" not in result.slug.process_types
    assert result.buildpacks == (str(one), str(two), str(three))
    assert not (one / "export").exists(), "a buildpack's own folder is never written"


async def test_each_of_those_asked_for_must_detect(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    with pytest.raises(BuildFailed, match="no buildpack fits it"):
        await workshop.build(app, make_buildpack("one"), make_buildpack("two", detect="echo why >&2; exit 1"))
    assert "why\n-----> App not compatible with buildpack: " in workshop.said


async def test_an_app_nobody_knows_fails_with_what_is_looked_for(workshop: Workshop, app: Path) -> None:
    with pytest.raises(BuildFailed, match="no buildpack fits it"):
        await workshop.build(app)
    assert "-----> Determining which buildpack to use for this app\n" in workshop.said
    assert " !     No default language could be detected for this app.\n" in workshop.said


async def test_an_app_with_its_own_scripts_is_its_own_buildpack(workshop: Workshop, app: Path) -> None:
    lay_out(
        app,
        {
            "package.json": "{}",
            "bin/detect": "#!/bin/sh\necho Mine\n",
            "bin/compile": '#!/bin/sh\ntouch "$1/made"\n',
            "bin/release": "#!/bin/sh\necho 'default_process_types: {clock: tick}'\n",
        },
    )
    result = await workshop.build(app)
    assert "-----> Mine app detected\n" in workshop.said
    assert (result.slug.root / "made").exists()
    assert (result.buildpacks, result.slug.process_types["clock"]) == (("inline",), "tick")


async def test_own_scripts_that_cannot_run_are_told(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    lay_out(app, {"bin/detect": "", "bin/compile": ""})
    (app / "bin" / "compile").chmod(0o644)
    result = await workshop.build(app, make_buildpack("x"))
    assert [str(warning) for warning in result.warnings] == [
        "bin/detect: not executable, so the app is not used as its own buildpack"
    ]


async def test_no_process_types_is_a_warning(workshop: Workshop, tmp_path: Path, make_buildpack: Make) -> None:
    result = await workshop.build(lay_out(tmp_path / "bare", {"a": "", "procfile": "web: x"}), make_buildpack("x"))
    assert result.slug.process_types == {}
    assert [str(warning) for warning in result.warnings] == [
        "procfile: not read: the file must be called `Procfile`",
        "Procfile: no process types, so nothing will run; the router answers H14",
    ]
    again = await workshop.build(tmp_path / "bare", tmp_path / "buildpacks" / "x")
    assert (again.reused, again.warnings) == (True, result.warnings)


@pytest.mark.parametrize("script", ["detect", "compile"])
async def test_a_folder_that_is_no_buildpack_is_told(
    workshop: Workshop, app: Path, make_buildpack: Make, script: str
) -> None:
    pack = make_buildpack("x")
    (pack / "bin" / script).chmod(0o644)
    with pytest.raises(BuildFailed, match=f"bin/{script} is not executable") as told:
        await workshop.build(app, pack)
    assert told.value.hint == f"chmod +x {pack}/bin/{script}"
    (pack / "bin" / script).unlink()
    with pytest.raises(BuildFailed, match=f"it has no bin/{script}"):
        await workshop.build(app, pack)


async def test_a_path_counts_from_the_app(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    make_buildpack("x", compile="echo found")
    await workshop.build(app, "../buildpacks/x")
    assert "found\n" in workshop.said
    with pytest.raises(UsageProblem, match="there is no folder"):
        await workshop.build(app, "./none")


async def test_a_shipped_name_says_whose_place_it_takes(workshop: Workshop, tmp_path: Path) -> None:
    folder = lay_out(tmp_path / "site", {"index.html": "hello"})
    await workshop.build(folder, "heroku-community/static")
    assert "       heroku-community/static: the `static` of minipaas stands for it\n" in workshop.said
    assert "-----> Static HTML app detected\n" in workshop.said


async def test_a_faulty_release_fails_the_build(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    with pytest.raises(BuildFailed, match="cannot read what bin/release of"):
        await workshop.build(app, make_buildpack("x", release="echo '['"))
    with pytest.raises(BuildFailed, match="bin/release failed"):
        await workshop.build(app, make_buildpack("y", release="exit 1"))
    assert workshop.nothing_left()


async def test_report_runs_after_success_and_after_failure_and_may_fail(
    workshop: Workshop, app: Path, make_buildpack: Make, tmp_path: Path
) -> None:
    report = f'echo "$#" >> {tmp_path}/reports; echo noise; exit 1'
    await workshop.build(app, make_buildpack("good", report=report))
    assert "noise" not in workshop.said
    with pytest.raises(BuildFailed):
        await workshop.build(app, make_buildpack("bad", report=report, compile="exit 1"))
    assert (tmp_path / "reports").read_text() == "3\n3\n"


async def test_a_procfile_that_cannot_be_used_is_told_before_anything_is_built(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    (app / "Procfile").write_bytes(b"web: a\0b\n")
    with pytest.raises(FileProblem, match="Procfile:1: "):
        await workshop.build(app, make_buildpack("x"))
    assert workshop.said == ""


async def test_a_build_that_never_ends_is_stopped(
    open_workshop: Callable[..., Workshop], app: Path, make_buildpack: Make
) -> None:
    workshop = open_workshop(Limits(build_timeout_s=0.3))
    with pytest.raises(BuildFailed, match=r"cannot build notes: no end after 0\.005 minutes"):
        await workshop.build(app, make_buildpack("slow", compile="echo begun; sleep 60"))
    assert " !     Timed out compiling Slow (0.005 minutes)\n" in workshop.said
    assert workshop.nothing_left()


async def test_fifteen_minutes_are_enough_for_heroku_and_for_us(
    open_workshop: Callable[..., Workshop], app: Path, make_buildpack: Make
) -> None:
    clock = FakeClock()
    workshop = open_workshop(clock=clock)
    build = asyncio.ensure_future(workshop.build(app, make_buildpack("slow", compile="echo begun; sleep 60")))
    while "begun" not in workshop.said:
        await asyncio.sleep(0.01)
    await clock.advance(899)
    assert not build.done()
    await clock.advance(2)
    with pytest.raises(BuildFailed, match="no end after 15 minutes"):
        await build


def ended(pid: int) -> bool:
    """Gone, or dead and only not yet reaped by whoever inherited it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def test_a_cancelled_build_leaves_no_process_and_no_folder(
    workshop: Workshop, app: Path, make_buildpack: Make, tmp_path: Path
) -> None:
    pack = make_buildpack("slow", compile=f"echo $$ > {tmp_path}/pid; echo begun; exec sleep 60")
    build = asyncio.ensure_future(workshop.build(app, pack))
    while "begun" not in workshop.said:
        await asyncio.sleep(0.01)
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build
    assert ended(int((tmp_path / "pid").read_text()))
    assert workshop.nothing_left()


async def test_a_daemon_left_by_a_buildpack_does_not_hold_the_build(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    started = SystemClock().monotonic()
    result = await workshop.build(app, make_buildpack("x", compile="sleep 60 & echo done"))
    assert not result.reused
    assert SystemClock().monotonic() - started < 30


async def test_what_a_killed_platform_left_is_cleared_by_the_next_build(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    lay_out(workshop.home.builds / "work-0123", {"app/x": "", "cache/y": ""})
    await workshop.build(app, make_buildpack("x"))
    assert workshop.nothing_left()


async def test_two_sweeps_at_once_do_not_delete_under_each_others_hands(workshop: Workshop) -> None:
    for work in range(20):
        lay_out(workshop.home.builds / f"work-{work}", {f"app/{number}/x": "" for number in range(30)})
    assert sorted(await asyncio.gather(workshop.builder.sweep(), workshop.builder.sweep())) == [0, 20]
    assert workshop.nothing_left()


async def test_two_builds_of_one_app_at_once_do_not_disturb_each_other(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    packs = [make_buildpack(name, compile=f'touch "$2/{name}"; sleep 0.2; touch "$1/{name}"') for name in ("a", "b")]
    one, two = await asyncio.gather(*(workshop.build(app, pack) for pack in packs))
    assert (one.slug.root / "a").exists() and (two.slug.root / "b").exists()
    assert workshop.nothing_left()


async def test_a_path_with_spaces_and_other_letters(workshop: Workshop, tmp_path: Path, make_buildpack: Make) -> None:
    folder = lay_out(tmp_path / "mein schönes 'App'", {"Procfile": "web: x", "ein ß.txt": "y"})
    result = await workshop.build(folder, make_buildpack("ein Paket", compile='ls "$1"'))
    assert "ein ß.txt\n" in workshop.said
    assert (result.slug.root / "ein ß.txt").exists()


def repository(folder: Path) -> None:
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


async def test_a_buildpack_by_git_url_is_cloned_then_updated(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    pack = make_buildpack("x", compile="echo one")
    repository(pack)
    await workshop.build(app, f"file://{pack}#main")
    assert "one\n" in workshop.said
    assert (await workshop.build(app, f"file://{pack}#main")).reused

    make_buildpack("x", compile="echo two")
    repository(pack)
    (app / "serve").write_text("changed")
    await workshop.build(app, f"file://{pack}#main")
    assert "two\n" in workshop.said


async def test_a_clone_serves_on_when_the_network_does_not(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    pack = make_buildpack("x", compile="echo one")
    repository(pack)
    await workshop.build(app, f"file://{pack}")
    pack.rename(pack.with_name("moved"))
    await workshop.build(app, f"file://{pack}", force=True)
    assert "cannot update" in workshop.said and "the copy from before serves" in workshop.said
    assert "one\n" in workshop.said


@pytest.mark.parametrize("url", ["file:///nowhere/at/all", "file:///nowhere/at/all#main"])
async def test_a_buildpack_that_git_cannot_fetch_is_told(workshop: Workshop, app: Path, url: str) -> None:
    with pytest.raises(BuildFailed, match="cannot fetch buildpack file:///nowhere/at/all") as told:
        await workshop.build(app, url)
    assert "does not" in told.value.message
    assert list(workshop.home.buildpacks.iterdir()) == []


async def test_a_branch_that_is_not_there_is_told(workshop: Workshop, app: Path, make_buildpack: Make) -> None:
    pack = make_buildpack("x")
    repository(pack)
    with pytest.raises(BuildFailed, match="nosuch"):
        await workshop.build(app, f"file://{pack}#nosuch")


async def test_a_build_cancelled_while_it_copies_leaves_no_folder(
    workshop: Workshop, app: Path, make_buildpack: Make
) -> None:
    lay_out(app, {f"many/{number}": "x" for number in range(2000)})
    pack = make_buildpack("x")
    build = asyncio.ensure_future(workshop.build(app, pack))
    while not list(workshop.home.builds.glob("*/app/many")):
        await asyncio.sleep(0)
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build
    assert workshop.nothing_left()
    assert not (await workshop.build(app, pack)).reused


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
async def test_a_full_disk_is_told_and_leaves_nothing_half_made(
    small_disk: Path, runtime: BashRuntime, app: Path, make_buildpack: Make
) -> None:
    home = Home(small_disk / "home")
    home.prepare()
    workshop = Workshop(home, runtime, Limits(), SystemClock())
    filling = make_buildpack("filling", compile='head -c 9000000 /dev/zero > "$1/big"')
    with pytest.raises(BuildFailed, match="bin/compile failed"):
        await workshop.build(app, filling)
    assert "No space left on device" in workshop.said
    assert workshop.nothing_left()

    (app / "large").write_bytes(bytes(3_000_000))
    with pytest.raises(StoreProblem, match="cannot lay out the build of notes: No space left on device") as told:
        await workshop.build(app, make_buildpack("x"))
    assert told.value.hint == "free some space in the state folder and try again"
    assert workshop.nothing_left()

    (app / "large").unlink()
    await workshop.build(app, make_buildpack("x"))
