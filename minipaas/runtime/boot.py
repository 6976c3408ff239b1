"""What runs in a dyno before the app's own command: the init, and the shell that sources `.profile.d`."""

import subprocess
from contextlib import suppress
from pathlib import Path

from minipaas.runtime.base import Launch

#: Seconds that processes left over by a main process which ended by itself have, from SIGTERM to SIGKILL (ours).
LEFTOVER_S = 1.0

#: What the init does while it waits, as a list of processes shows it.
INIT_SLEEP = "/bin/sleep 0.05"

INIT_SHELL = "/bin/sh"
#: PID 1 of a sandboxed dyno, for any POSIX sh. It hides its own stderr, where a shell tells of killed children;
#: passes SIGTERM and SIGHUP to every process; and after a SIGTERM waits for all of them, as Heroku does: an init that
#: ends with the main process cuts off what `sh -c "migrate && gunicorn"` and `npm start` have in flight. When the
#: main process ends by itself the dyno is over: the others get SIGTERM, and LEFTOVER_S later they go down with the
#: namespace.
INIT = f"""
exec 3>&0 4>&2 </dev/null 2>/dev/null
unset MINIPAAS_DYNO_ID
stop=
trap 'stop=1; kill -TERM -1' TERM
trap 'kill -HUP -1' HUP
"$@" 0>&3 3>&- 2>&4 4>&- &
main=$!
exec 3>&- 4>&-
while :; do
  wait $main
  status=$?
  kill -0 $main || break
done
wait $main
again=$?
[ $again -ne 127 ] && status=$again
left=-1
[ -z "$stop" ] && kill -TERM -1 && left={round(LEFTOVER_S / 0.05)}
while [ $left -ne 0 ] && kill -0 -1; do
  {INIT_SLEEP}
  left=$((left - 1))
done
exit $status
"""

#: The first act of the main process: one line on its stdin, which is the write end of a pipe. The init cannot say
#: so for it: between fork and exec a shell's child still has the init's SIGTERM handler, and loses a signal.
_READY = """
echo >&0
"""
_NO_INPUT = """
exec </dev/null
"""

#: hsup's order: `.profile.d/*.sh` in glob order, then `.profile`, in the shell that becomes the command.
_PROFILE = """
_command=$1
shift
for _file in "$HOME"/.profile.d/*.sh "$HOME/.profile"; do
  if [ -r "$_file" ]; then . "$_file"; fi
done
exec bash -c "$_command"
"""

_PLAIN = """
exec /bin/bash -c "$1"
"""

ENV = Path("/usr/bin/env")
#: A shell starts `&` jobs with SIGINT and SIGQUIT ignored, nohup ignores SIGHUP, and every program below inherits it.
#: This undoes it.
DEFAULT_SIGNALS = (str(ENV), "--default-signal=HUP,INT,QUIT")


def env_resets_signals() -> bool:
    """coreutils since 2019; busybox's env does not, and dynos then start with SIGINT ignored."""
    with suppress(OSError):
        return subprocess.run((*DEFAULT_SIGNALS, "true"), capture_output=True, check=False).returncode == 0
    return False


def command_words(launch: Launch, stdin: str = "", *, tell_ready: bool = False) -> tuple[str, ...]:
    """The program and arguments that become the dyno's main process.

    Args:
        stdin: what the shell does first to get its stdin, where it did not get it by birth.
    """
    script = _PROFILE if launch.profile else _PLAIN
    ready = _READY + (stdin or _NO_INPUT) if tell_ready else stdin
    return "/bin/bash", "-c", ready + script, "bash", launch.command
