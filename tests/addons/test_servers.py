"""Real servers: provisioned, used by real drivers, stopped, killed, reset."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import psycopg.errors
import pytest
import redis
import redis.exceptions

from minipaas.addons import servers
from minipaas.addons.provider import Addons
from minipaas.addons.search import Programs, RedisProgram
from minipaas.errors import Missing, NotFound, StoreProblem, UsageProblem
from minipaas.model.addon import AddonState
from minipaas.model.app import AddonWish
from minipaas.runtime import proc
from tests.addons.conftest import WHEELS, Logs, Make

pytestmark = pytest.mark.slow

POSTGRES, REDIS = AddonWish("heroku-postgresql:mini"), AddonWish("heroku-redis:mini")


def sql(url: str, *statements: str) -> Any:
    """The last statement's first row."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def client(url: str) -> "redis.Redis[Any]":
    return redis.Redis.from_url(url, retry=None)


async def eventually(what: Callable[[], Any]) -> Any:
    async with asyncio.timeout(30):
        while not (value := what()):
            await asyncio.sleep(0.01)
        return value


def working_in(folder: Path) -> list[str]:
    """Processes whose folder is in there: a server's command line may not tell."""
    found = []
    for pid in proc.everyone():
        with suppress(OSError):
            if str(Path(f"/proc/{pid}/cwd").readlink()).startswith(f"{folder}/"):
                found.append(f"{pid} {proc.command_of(pid)}")
    return found


async def up(addons: Addons, app: str, *wishes: AddonWish) -> dict[str, str]:
    await addons.provision(app, wishes)
    await addons.start(app)
    return addons.config(app)


@pytest.mark.parametrize("programs", [Programs(), WHEELS], ids=["found", "wheels"])
async def test_data_is_there_after_stop_and_start_also_by_another_platform(make: Make, programs: Programs) -> None:
    first = make(programs=programs, durable=programs is not WHEELS)
    config = await up(first, "notes", POSTGRES, REDIS)
    assert set(config) > {"DATABASE_URL", "REDIS_URL"}
    sql(config["DATABASE_URL"], "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('Ä kept')")
    client(config["REDIS_URL"]).set("k", "kept")
    await first.stop("notes")
    assert not first.server("notes", "DATABASE").alive()
    await first.start("notes")
    assert sql(config["DATABASE_URL"], "SELECT lower(a) FROM t") == ("ä kept",)
    await first.close()
    second = make(programs=programs)
    assert await up(second, "notes", POSTGRES, REDIS) == config
    assert sql(config["DATABASE_URL"], "SELECT a FROM t") == ("Ä kept",)
    assert client(config["REDIS_URL"]).get("k") == b"kept"


async def test_provisioning_twice_adds_nothing_and_a_new_wish_only_that(make: Make) -> None:
    addons = make()
    first = await addons.provision("notes", [POSTGRES])
    assert await addons.provision("notes", [POSTGRES]) == first
    both = await addons.provision("notes", [REDIS, POSTGRES])
    assert both[:1] == first
    assert [addon.service for addon in both] == ["heroku-postgresql", "heroku-redis"]
    assert await addons.provision("notes", []) == both


async def test_a_wish_that_cannot_be_fulfilled_writes_nothing(make: Make) -> None:
    addons = make()
    with pytest.raises(UsageProblem):
        await addons.provision("notes", [POSTGRES, AddonWish("papertrail")])
    assert addons.addons("notes") == ()
    with pytest.raises(UsageProblem):
        addons.check(AddonWish("papertrail"))
    nothing = make(programs=Programs(path="", debian=Path("/nonexistent"), package=lambda _name: None))
    with pytest.raises(Missing):
        nothing.check(POSTGRES)


async def test_servers_never_run_as_root(make: Make) -> None:
    addons = make()
    await up(addons, "notes", POSTGRES, REDIS)
    for name in ("DATABASE", "REDIS"):
        pid = addons.server("notes", name).pid
        assert pid is not None
        status = Path(f"/proc/{pid}/status").read_text()
        capabilities = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
        assert int(capabilities, 16) == 0


async def test_a_wrong_password_is_refused_by_both(make: Make) -> None:
    config = await up(make(), "notes", POSTGRES, REDIS)
    before, _, after = config["DATABASE_URL"].rpartition("@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        sql(f"{before}x@{after}", "SELECT 1")
    admin = config["DATABASE_URL"].split("//")[1].split(":")[0]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        sql(config["DATABASE_URL"].replace(admin, "postgres"), "SELECT 1")
    with pytest.raises(redis.exceptions.AuthenticationError):
        client(config["REDIS_URL"].replace("@", "x@")).ping()
    with pytest.raises(redis.exceptions.AuthenticationError):
        client(f"redis://{config['REDIS_URL'].partition('@')[2]}").ping()


async def test_two_apps_have_servers_users_and_data_of_their_own(make: Make) -> None:
    addons = make()
    mine, theirs = await asyncio.gather(up(addons, "mine", POSTGRES, REDIS), up(addons, "theirs", POSTGRES, REDIS))
    assert not set(mine.values()) & set(theirs.values())
    sql(mine["DATABASE_URL"], "CREATE TABLE t ()")
    with pytest.raises(psycopg.errors.UndefinedTable):
        sql(theirs["DATABASE_URL"], "TABLE t")
    port = theirs["DATABASE_URL"].split(":")[3].split("/")[0]
    here = mine["DATABASE_URL"].split(":")[3].split("/")[0]
    with pytest.raises(psycopg.OperationalError):
        sql(mine["DATABASE_URL"].replace(here, port), "SELECT 1")
    client(mine["REDIS_URL"]).set("k", 1)
    assert client(theirs["REDIS_URL"]).get("k") is None


async def test_the_app_owns_its_database_and_is_no_superuser(make: Make) -> None:
    config = await up(make(), "notes", POSTGRES)
    url = config["DATABASE_URL"]
    sql(url, "CREATE SCHEMA s", "CREATE EXTENSION IF NOT EXISTS plpgsql", "CREATE TABLE public.t ()")
    assert sql(url, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user") == (False, False)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        sql(url, "SELECT pg_read_file('postgresql.conf')")


async def test_reset_snapshot_and_restore_with_sessions_that_stay(make: Make) -> None:
    addons = make()
    url = (await up(addons, "notes", POSTGRES))["DATABASE_URL"]
    server = addons.server("notes", "DATABASE")
    with pytest.raises(StoreProblem, match="no snapshot"):
        await server.restore()
    sql(url, "CREATE TABLE t (id serial, a text)", "INSERT INTO t (a) VALUES ('migrated')")
    idle = psycopg.connect(url)
    idle.execute("SELECT 1")
    await server.snapshot()
    for number in range(3):
        sql(url, "INSERT INTO t (a) VALUES ('trial')", "CREATE TABLE IF NOT EXISTS other ()")
        busy = psycopg.connect(url)
        busy.execute("LOCK t")
        await server.restore()
        assert sql(url, "SELECT count(*), max(id) FROM t") == (1, 1), number
        with pytest.raises(psycopg.OperationalError):
            busy.execute("SELECT 1")
        busy.close()
    with pytest.raises(psycopg.OperationalError):
        idle.execute("SELECT 1")
    idle.close()
    sql(url, "INSERT INTO t (a) VALUES ('more')")
    await server.snapshot()
    await server.reset()
    with pytest.raises(psycopg.errors.UndefinedTable):
        sql(url, "TABLE t")
    await server.restore()
    assert sql(url, "SELECT count(*) FROM t") == (2,)


async def test_redis_comes_back_with_every_type_database_and_expiry(make: Make) -> None:
    addons = make()
    url = (await up(addons, "notes", REDIS))["REDIS_URL"]
    server, here, there = addons.server("notes", "REDIS"), client(url), client(f"{url}/3")
    with pytest.raises(StoreProblem, match="no snapshot"):
        await server.restore()
    here.set("text", b"\x00\r\n\xff")
    here.rpush("list", *range(300))
    here.hset("hash", mapping={"a": 1})
    here.xadd("stream", {"a": 1})
    here.set("soon", 1, ex=1000)
    there.sadd("set", *range(1200))
    for number in range(1200):
        there.set(f"key {number}", number)
    await server.snapshot()
    here.flushall()
    here.set("trial", 1)
    await server.restore()
    assert here.get("text") == b"\x00\r\n\xff"
    assert here.lrange("list", 0, -1) == [str(number).encode() for number in range(300)]
    assert here.hgetall("hash") == {b"a": b"1"}
    assert here.xlen("stream") == 1
    assert 900 < here.ttl("soon") <= 1000
    assert here.ttl("text") == -1
    assert not here.exists("trial")
    assert (there.dbsize(), there.scard("set")) == (1201, 1200)
    await server.reset()
    assert here.dbsize() == there.dbsize() == 0


async def test_a_failed_server_stays_down_until_it_is_recovered_and_keeps_what_was_acknowledged(
    make: Make, logs: Logs
) -> None:
    addons = make()
    config = await up(addons, "notes", POSTGRES, REDIS)
    sql(config["DATABASE_URL"], "CREATE TABLE t ()", "INSERT INTO t DEFAULT VALUES")
    client(config["REDIS_URL"]).set("k", "kept")
    pids = [pid for name in ("DATABASE", "REDIS") for pid in proc.tree(addons.server("notes", name).pid or 0)]
    for name in ("DATABASE", "REDIS"):
        addons.fail("notes", name)
        await eventually(lambda name=name: not addons.server("notes", name).alive())
    with pytest.raises(psycopg.OperationalError):
        sql(config["DATABASE_URL"], "SELECT 1")
    with pytest.raises(StoreProblem, match="cannot reach the add-on"):
        await addons.server("notes", "REDIS").reset()
    assert not any(proc.is_alive(pid) for pid in pids)
    assert "Killed by SIGKILL, as asked" in logs.text["notes", "heroku-redis"]
    await addons.start("notes")
    assert not addons.server("notes", "DATABASE").alive()
    for name in ("DATABASE", "REDIS"):
        await addons.recover("notes", name)
    assert sql(config["DATABASE_URL"], "SELECT count(*) FROM t") == (1,)
    assert client(config["REDIS_URL"]).get("k") == b"kept"


async def test_fail_and_recover_at_once_waits_for_the_end(make: Make) -> None:
    addons = make()
    config = await up(addons, "notes", POSTGRES, REDIS)
    for _ in range(3):
        addons.fail("notes", "DATABASE")
        addons.fail("notes", "REDIS")
        await addons.recover("notes", "DATABASE")
        await addons.recover("notes", "REDIS")
        assert sql(config["DATABASE_URL"], "SELECT 1") == (1,)
        assert client(config["REDIS_URL"]).ping()


async def test_a_server_that_dies_by_itself_is_started_again_and_that_is_logged(make: Make, logs: Logs) -> None:
    addons = make()
    url = (await up(addons, "notes", REDIS))["REDIS_URL"]
    client(url).set("k", "kept")
    server = addons.server("notes", "REDIS")
    died = server.pid
    os.kill(died or 0, signal.SIGKILL)
    await eventually(lambda: server.pid not in (None, died))
    await addons.start("notes")
    assert client(url).get("k") == b"kept"
    assert "Ended with status 137; started again in 0.5 s" in logs.text["notes", "heroku-redis"]


@pytest.mark.parametrize("act", ["stop", "fail"])
async def test_a_server_that_died_and_is_then_stopped_is_not_started_again(make: Make, act: str) -> None:
    addons = make()
    await up(addons, "notes", REDIS)
    server = addons.server("notes", "REDIS")
    os.kill(server.pid or 0, signal.SIGKILL)
    await eventually(lambda: not server.alive())
    (again,) = await eventually(lambda: set(addons._servers._again))
    if act == "stop":
        await addons.stop("notes")
    else:
        addons.fail("notes", "REDIS")
    await again
    assert not server.alive()


async def test_destroy_deletes_the_data_and_forgets_the_addon(make: Make, tmp_path: Path) -> None:
    addons = make("home")
    await up(addons, "notes", POSTGRES, REDIS)
    name = addons.addons("notes")[1].name
    await addons.destroy("notes", "REDIS")
    assert "REDIS_URL" not in addons.config("notes")
    assert not (tmp_path / "home" / "notes" / name).exists()
    assert "REDIS_URL" not in make("home").config("notes")
    with pytest.raises(NotFound, match="notes has no add-on REDIS"):
        addons.server("notes", "REDIS")


async def test_a_port_that_was_taken_meanwhile_is_left_to_its_new_owner(make: Make) -> None:
    first = make()
    config = await up(first, "notes", REDIS)
    client(config["REDIS_URL"]).set("k", "kept")
    await first.close()
    port = first.server("notes", "REDIS").port
    stranger = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", port)
    second = make()
    moved = await up(second, "notes", REDIS)
    assert moved != config
    assert client(moved["REDIS_URL"]).get("k") == b"kept"
    stranger.close()
    await second.close()
    assert make().config("notes") == moved


class Sly:
    """Programs that let a stranger have the port at the last moment."""

    def __init__(self) -> None:
        self.take: Callable[[], None] = lambda: None

    def redis(self) -> RedisProgram:
        self.take()
        return Programs().redis()


async def test_a_port_that_was_taken_at_the_last_moment_is_no_failure(make: Make) -> None:
    """Two platforms drew the same port, and both found it free."""
    sly = Sly()
    addons = make(programs=sly)
    await addons.provision("notes", [REDIS])
    before, stranger = addons.config("notes"), socket.socket()

    def take() -> None:
        sly.take = lambda: None
        stranger.bind(("127.0.0.1", addons.server("notes", "REDIS").port))
        stranger.listen()

    sly.take = take
    await addons.start("notes")
    assert addons.config("notes") != before
    assert client(addons.config("notes")["REDIS_URL"]).ping()
    stranger.close()


async def test_nothing_is_left_outside_the_home(make: Make) -> None:
    before = set(Path("/dev/shm").iterdir()), set(Path("/tmp").glob(".s.PGSQL*"))
    addons = make()
    await up(addons, "notes", POSTGRES, REDIS)
    addons.fail("notes", "DATABASE")
    await addons.close()
    shared = {path for path in Path("/dev/shm").iterdir() if "PostgreSQL" in path.name}
    assert not shared - before[0]
    assert not set(Path("/tmp").glob(".s.PGSQL*")) - before[1]


async def test_servers_speak_in_the_apps_log(make: Make, logs: Logs) -> None:
    url = (await up(make(), "notes", POSTGRES, REDIS))["DATABASE_URL"]
    with pytest.raises(psycopg.errors.UndefinedTable):
        sql(url, "SELECT * FROM nowhere")
    await eventually(lambda: 'relation "nowhere" does not exist' in logs.text["notes", "heroku-postgres"])
    assert "eady to accept connections" in logs.text["notes", "heroku-redis"]
    assert "starting up" not in logs.text["notes", "heroku-postgres"].replace("is starting up at", "")


async def test_a_server_that_cannot_start_is_told_by_its_own_words(make: Make, tmp_path: Path) -> None:
    addons = make("home")
    (addon,) = await addons.provision("notes", [POSTGRES])
    await addons.start("notes")
    await addons.stop("notes")
    (tmp_path / "home" / "notes" / addon.name / "data" / "global" / "pg_control").unlink()
    with pytest.raises(StoreProblem) as told:
        await addons.start("notes")
    assert addon.name in told.value.message
    assert "pg_control" in told.value.message or "could not find the database system" in told.value.message


async def test_a_cancelled_start_leaves_no_server(make: Make, tmp_path: Path) -> None:
    """Ctrl-C while add-ons start, at any moment of it."""
    for number in range(6):
        addons = make(f"home{number}")
        await addons.provision("notes", [POSTGRES, REDIS])
        starting = asyncio.ensure_future(addons.start("notes"))
        await asyncio.sleep(0.03 * number)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await addons.close()
        assert working_in(tmp_path / f"home{number}") == []
        config = await up(make(f"home{number}"), "notes", POSTGRES, REDIS)
        assert sql(config["DATABASE_URL"], "SELECT 1") == (1,)
        await addons.close()


async def test_data_of_a_version_that_is_gone_is_not_opened_by_another(make: Make) -> None:
    first = make(programs=WHEELS)
    await up(first, "notes", POSTGRES)
    await first.close()
    gone = make(programs=Programs(path="", package=lambda _name: None))
    with pytest.raises(Missing, match="PostgreSQL 18"):
        await gone.start("notes")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder]).returncode:
        pytest.skip("may not mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.root
@pytest.mark.parametrize("shared", [True, False], ids=["copy", "initdb"])
async def test_a_full_disk_is_told_and_left_clean(
    make: Make, small_disk: Path, templates: Path, shared: bool
) -> None:
    if shared:
        await up(make(), "warm", POSTGRES)
    more = {"templates": templates if shared else None}
    addons = make(str(small_disk / "home"), **more)
    (addon,) = await addons.provision("notes", [POSTGRES])
    with pytest.raises(StoreProblem) as told:
        await addons.start("notes")
    assert told.value.message.endswith("No space left on device"), told.value.message
    assert "free some space" in (told.value.hint or "")
    assert not list((small_disk / "home" / "notes" / addon.name).iterdir())
    assert shutil.disk_usage(small_disk).used < 2_000_000


async def test_an_app_may_be_called_hosts(make: Make) -> None:
    """The sweeping of dynos' disks must never meet add-ons' data."""
    addons = make()
    config = await up(addons, "hosts", REDIS)
    client(config["REDIS_URL"]).set("k", "kept")
    await addons.close()
    again = make()
    await again.sweep()
    await again.start("hosts")
    assert client(again.config("hosts")["REDIS_URL"]).get("k") == b"kept"


def test_waits_between_new_starts_grow_and_end_growing() -> None:
    assert servers.again_after(0) == 0.5
    assert [servers.again_after(tries) for tries in (1, 2, 3)] == [1, 2, 4]
    assert servers.again_after(50) == 60


@pytest.mark.root
async def test_a_full_disk_at_creation_is_told_and_nothing_is_left(make: Make, small_disk: Path) -> None:
    addons = make(str(small_disk / "home"), templates=None)
    with pytest.raises(StoreProblem, match="No space left"):
        await addons.create("notes", POSTGRES)
    assert addons.addons("notes") == ()
    assert [path.name for path in (small_disk / "home").glob("*/*") if path.is_dir()] == []
    assert make(str(small_disk / "home")).addons("notes") == ()
    assert (await addons.create("notes", REDIS)).state == "provisioned"


async def test_what_a_killed_platform_was_destroying_is_gone_with_the_next(make: Make, tmp_path: Path) -> None:
    first = make("home")
    await up(first, "notes", REDIS)
    (record,) = first.registry.owned("notes")
    await first.close()
    first.registry.change(replace(record, addon=replace(record.addon, state=AddonState.DEPROVISIONED)))
    second = make("home")
    await second.sweep()
    assert second.addons("notes") == ()
    assert not (tmp_path / "home" / "notes" / record.addon.name).exists()
    assert second.registry.over() == []


async def test_two_apps_use_one_server(make: Make) -> None:
    addons = make()
    config = await up(addons, "shop", POSTGRES)
    addons.attach(addons.addons("shop")[0].name, "blog", None)
    assert addons.config("blog") == {"DATABASE_URL": config["DATABASE_URL"]}
    await addons.stop("shop")
    await addons.start("blog")
    sql(addons.config("blog")["DATABASE_URL"], "CREATE TABLE t ()")
    assert addons.server("blog", "DATABASE").pid == addons.server("shop", "DATABASE").pid


async def test_what_servers_say_of_themselves(make: Make) -> None:
    addons = make()
    config = await up(addons, "notes", POSTGRES, REDIS)
    sql(config["DATABASE_URL"], "CREATE TABLE t ()")
    client(config["REDIS_URL"]).set("k", "v")
    database, store = await addons.server("notes", "DATABASE").facts(), await addons.server("notes", "REDIS").facts()
    assert database["Tables"] == "1"
    assert database["Connections"].endswith("/100")
    assert database["Data Size"].endswith("kB")
    assert store["Keys"] == "1"
    assert all({**database, **store}.values())
