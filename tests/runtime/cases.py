"""What a dyno may do, once as a shell command and once as the fake's act."""

from dataclasses import dataclass

from tests.fake_runtime import Act


@dataclass(frozen=True, slots=True)
class Case:
    """`command` for real runtimes; the fake looks `act` up by the same words."""

    name: str
    command: str
    act: Act


EXITS = [
    (Case("exits 0", "true", Act(exits=0)), 0),
    (Case("exits 3", "exit 3", Act(exits=3)), 3),
    (Case("no such command", "there-is-no-such-command", Act(exits=127)), 127),
    (Case("dies of a signal", "kill -9 $$", Act(exits=137)), 137),
    (Case("aborts in a child", "sh -c 'kill -ABRT $$'; exit $?", Act(exits=134)), 134),
]

_LOOP = "while :; do sleep 0.01; done"
READY = (b"ready\n",)
TERMS = [
    (Case("default action", f"echo ready; {_LOOP}", Act(says=READY)), 143),
    (Case("own status", f"trap 'exit 7' TERM; echo ready; {_LOOP}", Act(says=READY, on_term=7)), 7),
    (Case("polite", f"trap 'exit 0' TERM; echo ready; {_LOOP}", Act(says=READY, on_term=0)), 0),
    (Case("compound", "echo ready; sleep 30; true", Act(says=READY)), 143),
    (Case("child of a shell", "sh -c 'echo ready; sleep 30; true'; echo no", Act(says=READY)), 143),
]
IGNORES = Case("ignores SIGTERM", f"trap '' TERM; echo ready; {_LOOP}", Act(says=READY, on_term=None))
STAYS = Case("stays", "echo ready; exec sleep 30", Act(says=READY))

WRITES = Case(
    "adds, changes and deletes",
    "echo new > new.txt; mkdir -p deep/er; echo x > deep/er/file; echo after > changed.txt; rm gone.txt;"
    ' echo t > "${TMPDIR:-/tmp}/scratch"; chmod 600 kept.txt; touch lib/one.py',
    Act(
        exits=0,
        files={
            "/app/new.txt": b"new\n",
            "/app/deep/er/file": b"x\n",
            "/app/changed.txt": b"after\n",
            "/app/gone.txt": None,
            "/tmp/scratch": b"t\n",
        },
    ),
)
SPEAKS = Case("speaks on both", "echo one; echo two >&2; printf three", Act(exits=0, says=(b"one\ntwo\nthree",)))
READS_KEPT = Case("reads", "cat changed.txt extra", Act(exits=0, says=(b"1\n2\n",)))
_SERVER = 'import socket, time; s = socket.create_server(("127.0.0.1", {port})); print("ready"); time.sleep(30)'
LISTENS = Case("listens", f"python3 -u -c '{_SERVER}'", Act(says=READY))
ALL = [case for case, _ in (*EXITS, *TERMS)] + [IGNORES, STAYS, WRITES, SPEAKS, READS_KEPT]
