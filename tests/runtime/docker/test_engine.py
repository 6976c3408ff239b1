"""What the user is told when the engine does not do what it should."""

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from minipaas.errors import DynoProblem, RuntimeMissing
from minipaas.runtime.docker import engine as engine_file
from minipaas.runtime.docker.engine import Engine, EngineDown, cause_of, told


class Said(Exception):
    """As the SDK's errors: the engine's words are in `explanation`."""

    def __init__(self, explanation: str | bytes) -> None:
        super().__init__("409 Client Error")
        self.explanation = explanation


async def test_no_engine_is_exit_4_and_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        await Engine.connect(f"unix://{tmp_path}/none")
    assert caught.value.exit_code == 4
    assert caught.value.message == f"cannot use the Docker engine at unix://{tmp_path}/none: it is not running"
    assert "DOCKER_HOST" in (caught.value.hint or "")


async def test_docker_host_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/elsewhere")
    with pytest.raises(RuntimeMissing, match="elsewhere"):
        await Engine.connect()


async def test_a_socket_nobody_listens_on_is_an_engine_that_does_not_run(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "s"))
    with pytest.raises(RuntimeMissing, match="it is not running"):
        await Engine.connect(f"unix://{tmp_path}/s")


async def test_an_engine_that_takes_the_call_and_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_file, "_CONNECT_TIMEOUT_S", 0.2)
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "s"))
        deaf.listen()
        with pytest.raises(RuntimeMissing, match="it does not answer"):
            await Engine.connect(f"unix://{tmp_path}/s")
        deaf.settimeout(0.2)
        while any(thread.name == "docker-apart" for thread in threading.enumerate()):
            with suppress(TimeoutError):
                deaf.accept()[0].close()  # it ends once it is hung up on


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do anything")
async def test_a_socket_of_others_names_the_group(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(tmp_path / "s"))
        theirs.listen()
        (tmp_path / "s").chmod(0)
        with pytest.raises(RuntimeMissing) as caught:
            await Engine.connect(f"unix://{tmp_path}/s")
    assert "usermod -aG docker" in (caught.value.hint or "")


async def test_an_address_that_makes_no_sense_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeMissing, match="cannot use the Docker engine at nonsense://x"):
        await Engine.connect("nonsense://x")


@pytest.mark.parametrize(
    ("error", "kind", "part"),
    [
        (Said("write /var/lib/docker/tmp: no space left on device"), DynoProblem, "the Docker engine's disk is full"),
        (Said(b"Error response from daemon: conflict:\n in use"), DynoProblem, "cannot stop it: conflict: in use"),
        (ConnectionRefusedError(111, "Connection refused"), EngineDown, "does not answer"),
        (OSError("('Connection aborted.')", FileNotFoundError(2, "no such file")), EngineDown, "does not answer"),
    ],
)
def test_what_the_sdk_raises_is_said_in_one_line(error: Exception, kind: type[DynoProblem], part: str) -> None:
    problem = told("stop it", error)
    assert type(problem) is kind
    assert part in problem.message
    assert "\n" not in problem.message


def test_an_error_without_words_has_its_name() -> None:
    assert cause_of(KeyError()) == "KeyError"


async def test_a_refusal_of_the_engine_is_a_dyno_problem(engine: Engine) -> None:
    with pytest.raises(DynoProblem, match="cannot look at it: No such container: there-is-none"):
        await engine.call("look at it", lambda api: api.inspect_container("there-is-none"))
    assert engine.answers()
