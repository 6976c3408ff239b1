"""Commands in both spellings, `ps:scale web=2` and `ps scale web=2`, each loaded only when it is called."""

import gc
import importlib
from collections.abc import Mapping
from types import ModuleType

import click

#: Spelled command to (module, attribute, one line of help). Kept here so that `--help` loads none of them.
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "up": ("minipaas.cli.up", "up", "build and run the app(s) at PATH and show their logs"),
    "down": ("minipaas.cli.down", "down", "stop the platform, leave nothing running"),
    "chaos": ("minipaas.cli.chaos", "chaos", "judge apps by the three rules: what breaks, and why"),
    "report": ("minipaas.cli.report", "report", "write the report of an earlier run of chaos again"),
    "apps": ("minipaas.cli.apps", "apps", "list the apps that run"),
    "apps:create": ("minipaas.cli.created", "create", "make an app to `git push` to"),
    "apps:info": ("minipaas.cli.created", "info", "show one app"),
    "apps:destroy": ("minipaas.cli.created", "destroy", "end an app and delete all of it"),
    "git:remote": ("minipaas.cli.created", "remote", "let this clone push to an app"),
    "open": ("minipaas.cli.apps", "open_app", "open an app in the browser"),
    "ps": ("minipaas.cli.ps", "ps", "list the dynos of an app"),
    "ps:scale": ("minipaas.cli.ps", "scale", "change how many dynos run, and their size"),
    "ps:restart": ("minipaas.cli.ps", "restart", "restart dynos"),
    "ps:relocate": ("minipaas.cli.ps", "relocate", "move dynos to another host"),
    "ps:type": ("minipaas.cli.sizes", "type_", "show or set the size of dynos: their memory limit"),
    "ps:stop": ("minipaas.cli.ps", "stop", "stop dynos; the formation brings them back"),
    "run": ("minipaas.cli.run", "run", "run a command in a dyno of its own, with your terminal"),
    "run:detached": ("minipaas.cli.run", "detached", "run a command in a dyno of its own, its output in the log"),
    "logs": ("minipaas.cli.logs", "logs", "show an app's log"),
    "metrics": ("minipaas.cli.metrics", "metrics", "show latencies by route, throughput and error codes"),
    "drains": ("minipaas.cli.drains", "drains", "list where an app's log is sent to"),
    "drains:add": ("minipaas.cli.drains", "add", "send an app's log to a syslog or HTTP receiver"),
    "drains:remove": ("minipaas.cli.drains", "remove", "send it there no longer"),
    "builds": ("minipaas.cli.builds", "builds", "list the builds of an app"),
    "builds:create": ("minipaas.cli.builds", "create", "build a folder and deploy it to the running platform"),
    "builds:output": ("minipaas.cli.builds", "output_of", "show what a build printed"),
    "buildpacks": ("minipaas.cli.builds", "buildpacks", "list the buildpacks that come with minipaas"),
    "releases": ("minipaas.cli.releases", "releases", "list the releases of an app"),
    "releases:info": ("minipaas.cli.releases", "info", "show one release and its config vars"),
    "releases:output": ("minipaas.cli.releases", "output_of", "show what a release command printed"),
    "rollback": ("minipaas.cli.releases", "rollback", "bring back code and config vars of an earlier release"),
    "config": ("minipaas.cli.config", "config", "list the config vars of an app"),
    "config:get": ("minipaas.cli.config", "get", "print config vars"),
    "config:set": ("minipaas.cli.config", "set_", "set config vars, and restart"),
    "config:unset": ("minipaas.cli.config", "unset", "unset config vars, and restart"),
    "config:edit": ("minipaas.cli.configedit", "edit", "change config vars in your editor"),
    "config:push": ("minipaas.cli.configedit", "push", "set the config vars that a .env file holds"),
    "features": ("minipaas.cli.features", "features", "list what an app can have switched on"),
    "features:info": ("minipaas.cli.features", "info", "tell about one feature"),
    "features:enable": ("minipaas.cli.features", "enable", "switch a feature on: preboot"),
    "features:disable": ("minipaas.cli.features", "disable", "switch a feature off"),
    "addons": ("minipaas.cli.addons", "addons", "list the add-ons of an app"),
    "addons:create": ("minipaas.cli.addons", "create", "make an add-on: PostgreSQL, Redis, a bucket"),
    "addons:info": ("minipaas.cli.addons", "info", "show one add-on"),
    "addons:attach": ("minipaas.cli.attachments", "attach", "attach an add-on of any app to this one"),
    "addons:detach": ("minipaas.cli.attachments", "detach", "take an attachment away"),
    "addons:destroy": ("minipaas.cli.addons", "destroy", "end an add-on and delete its data"),
    "addons:wait": ("minipaas.cli.addons", "wait", "wait until add-ons that are being made are there"),
    "addons:services": ("minipaas.cli.addons", "services", "list the kinds of add-ons there are"),
    "addons:plans": ("minipaas.cli.addons", "plans", "list the plans of a kind of add-on"),
    "addons:fail": ("minipaas.cli.attachments", "fail", "kill an add-on's server"),
    "addons:recover": ("minipaas.cli.attachments", "recover", "start a failed add-on's server again"),
    "pg:psql": ("minipaas.cli.data", "psql", "open PostgreSQL's terminal on an app's database"),
    "pg:info": ("minipaas.cli.data", "pg_info", "show version, size and connections of a database"),
    "pg:promote": ("minipaas.cli.data", "pg_promote", "let DATABASE_URL be another database's"),
    "pg:reset": ("minipaas.cli.data", "pg_reset", "delete everything in a database"),
    "redis:cli": ("minipaas.cli.data", "redis_cli", "open Redis's terminal on an app's store"),
    "redis:info": ("minipaas.cli.data", "redis_info", "show version, memory and keys of a store"),
    "heroku:env": ("minipaas.cli.heroku", "env", "point Heroku's own CLI at this platform"),
    "hosts": ("minipaas.cli.hosts", "hosts", "list the hosts and the dynos on them"),
    "hosts:fail": ("minipaas.cli.hosts", "fail", "let a host fail: its dynos vanish and come up elsewhere"),
    "hosts:drain": ("minipaas.cli.hosts", "drain", "let a host take no more dynos, and move those it has"),
    "hosts:recover": ("minipaas.cli.hosts", "recover", "let a failed or drained host take dynos again"),
    "maintenance": ("minipaas.cli.apps", "maintenance", "show whether maintenance mode is on"),
    "maintenance:on": ("minipaas.cli.apps", "maintenance_on", "answer every request with the maintenance page"),
    "maintenance:off": ("minipaas.cli.apps", "maintenance_off", "serve requests again"),
    "stack": ("minipaas.cli.stack", "stack", "list the stacks that containers can be made of"),
    "stack:build": ("minipaas.cli.stack", "build", "build a stack from this machine's package mirror"),
    "explain": ("minipaas.cli.explain", "explain", "explain what chaos finds: why it matters, the way out"),
    "doctor": ("minipaas.cli.doctor", "doctor", "say what this machine offers and what to install for more"),
    "version": ("minipaas.cli.version", "version", "print the version"),
    "completion": ("minipaas.cli.completion", "completion", "print the shell's completion script"),
}
#: Heroku's short names for the same.
ALIASES = {
    "create": "apps:create",
    "info": "apps:info",
    "destroy": "apps:destroy",
    "scale": "ps:scale",
    "restart": "ps:restart",
    "stop": "ps:stop",
    "ps:resize": "ps:type",
    "resize": "ps:type",
    "log": "logs",
    "psql": "pg:psql",
}


class ColonGroup(click.Group):
    """Finds `ps:scale` for both spellings, and suggests a near one for a word that is none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a first hour with the tool."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command."""
        found = COMMANDS.get(ALIASES.get(cmd_name, cmd_name))
        if found is None:
            return None
        module, attribute, _ = found
        command: click.Command = getattr(_load(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Join `ps scale` to `ps:scale` where that is a command."""
        if len(args) > 1 and (f"{args[0]}:{args[1]}" in COMMANDS or f"{args[0]}:{args[1]}" in ALIASES):
            args = [f"{args[0]}:{args[1]}", *args[2:]]
        name = args[0] if args else ""
        if ALIASES.get(name, name) not in COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415  for a typing error only

            near = get_close_matches(name, COMMANDS, n=1)
            hint = f"did you mean `minipaas {near[0]}`?" if near else "`minipaas --help` lists the commands"
            raise click.UsageError(f"there is no command `{name}`; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of `--help`, made without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


def _load(module: str) -> ModuleType:
    """Nothing of a module that is being loaded is garbage, and looking for some takes a tenth of the time."""
    gc.disable()  # `__main__` has done so already
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def example(*lines: str) -> str:
    """An epilog: examples at the end of a command's help, unwrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
