"""Our values in the Platform API's JSON shapes (heroku/typescript-api-schema). Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from minipaas.control.app import RunningApp
from minipaas.errors import MinipaasError
from minipaas.formation.oneoff import OneOff
from minipaas.formation.slot import Slot
from minipaas.logplex.drain import Delivery
from minipaas.model.app import FormationEntry
from minipaas.model.drain import Drain
from minipaas.model.feature import Feature
from minipaas.model.record import AppRecord
from minipaas.model.release import Build, Release
from minipaas.model.rollback import eligible
from minipaas.runtime.base import DynoProcess, Host

Json = dict[str, Any]


def iso(seconds: float) -> str:
    """`2026-01-02T03:04:05Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stable_id(*parts: str) -> str:
    """A UUID for what has no id of its own; the same parts give the same one."""
    return str(uuid5(NAMESPACE_URL, "/".join(parts)))


def error(problem: MinipaasError) -> Json:
    """`id` and `message` are Heroku's; `hint` and `exit_code` are for our own command."""
    shape: Json = {"id": problem.api_id, "message": problem.message, "exit_code": problem.exit_code}
    return {**shape, "hint": problem.hint} if problem.hint else shape


def app_ref(record: AppRecord) -> Json:
    """The short form other shapes name an app by."""
    return {"id": record.id, "name": record.name}


def app(running: RunningApp, web_url: str, own_url: str, git_url: str, user: str) -> Json:
    """An app."""
    record = running.record
    current = record.current
    released = iso(current.created_at) if current else None
    stack = {"id": stable_id("stack", "host"), "name": "host"}
    return {
        "acm": False,
        "archived_at": None,
        "buildpack_provided_description": running.slug.buildpack if running.slug else None,
        "build_stack": stack,
        "created_at": iso(record.created_at),
        "git_url": git_url,
        "id": record.id,
        "maintenance": record.maintenance,
        "name": record.name,
        "owner": {"email": user, "id": stable_id("account", user)},
        "region": {"id": stable_id("region", "local"), "name": "local"},
        "organization": None,
        "team": None,
        "space": None,
        "released_at": released,
        "repo_size": None,
        "slug_size": running.slug.size_bytes if running.slug else None,
        "stack": stack,
        "updated_at": released or iso(record.created_at),
        "web_url": web_url,
        "own_url": own_url,
        "source": record.source,
        "release": f"v{current.version}" if current else None,
    }


def _usage(process: DynoProcess | None) -> Json:
    """What a dyno uses now; ours."""
    return {
        "memory_bytes": process.memory().used_bytes if process else 0,
        "cpu_seconds": round(process.cpu_s(), 2) if process else 0.0,
    }


def dyno(record: AppRecord, slot: Slot, command: str) -> Json:
    """A dyno; `host`, `port`, `pid`, `memory_bytes` and `cpu_seconds` are ours."""
    life = slot.life
    return {
        "app": app_ref(record),
        "attach_url": None,
        "command": command,
        "created_at": iso(slot.since),
        "id": life.id if life else stable_id("dyno", record.id, str(slot.name)),
        "name": str(slot.name),
        "release": {"id": stable_id("release", record.id, str(slot.release)), "version": slot.release},
        "size": slot.size.name,
        "state": str(slot.state),
        "type": slot.name.type,
        "updated_at": iso(slot.since),
        "host": life.host.name if life else None,
        "address": life.host.address if life else None,
        "port": life.port if life else None,
        "pid": life.process.pid if life and life.process else None,
        **_usage(slot.process),
    }


def one_off(record: AppRecord, each: OneOff, attach_url: str | None = None) -> Json:
    """A dyno outside the formation; `attach_url` is told once, to who made it."""
    return {
        "app": app_ref(record),
        "attach_url": attach_url,
        "command": each.errand.told,
        "created_at": iso(each.since),
        "id": each.id,
        "name": str(each.name),
        "release": {"id": stable_id("release", record.id, str(each.release)), "version": each.release},
        "size": each.size.name,
        "state": str(each.state),
        "type": each.name.type,
        "updated_at": iso(each.since),
        "host": each.host.name,
        "address": each.host.address,
        "port": each.port,
        "pid": each.process.pid if each.process else None,
        **_usage(each.process),
    }


def drain(record: AppRecord, each: Drain, delivery: Delivery) -> Json:
    """A log drain; `sent`, `lost` and `trouble` are ours."""
    return {
        "addon": None,
        "app": app_ref(record),
        "created_at": iso(each.created_at),
        "id": each.id,
        "token": each.token,
        "updated_at": iso(each.created_at),
        "url": each.url,
        "sent": delivery.sent,
        "lost": delivery.lost,
        "trouble": delivery.trouble,
    }


def formation(record: AppRecord, type_: str, entry: FormationEntry, commands: Mapping[str, str]) -> Json:
    """One process type of the formation."""
    return {
        "app": app_ref(record),
        "command": commands.get(type_, ""),
        "created_at": iso(record.created_at),
        "dyno_size": {"id": stable_id("size", entry.size.name), "name": entry.size.name},
        "id": stable_id("formation", record.id, type_),
        "quantity": entry.quantity,
        "size": entry.size.name,
        "type": type_,
        "updated_at": iso(record.created_at),
    }


def build(record: AppRecord, each: Build, user: str, problem: MinipaasError | None) -> Json:
    """A build; `error`, `hint` and `reused` are ours."""
    return {
        "app": app_ref(record),
        "buildpacks": [{"name": name, "url": name} for name in each.buildpacks],
        "created_at": iso(each.created_at),
        "id": each.id,
        "output_stream_url": f"/minipaas/builds/{each.id}/output",
        "release": {"id": each.release_id} if each.release_id else None,
        "slug": {"id": each.slug_id} if each.slug_id else None,
        "source_blob": {"checksum": None, "url": record.source, "version": each.commit or each.version},
        "stack": "host",
        "status": str(each.status),
        "updated_at": iso(each.updated_at),
        "user": {"email": user, "id": stable_id("account", user)},
        "reused": each.reused,
        "error": problem.message if problem else None,
        "hint": problem.hint if problem else None,
    }


def release(record: AppRecord, each: Release, user: str, output_url: str | None) -> Json:
    """A release; `output_url` is where its release command's output is, None when it has none."""
    current = record.current
    return {
        "addon_plan_names": list(each.addons),
        "app": app_ref(record),
        "artifacts": [],
        "created_at": iso(each.created_at),
        "current": current is not None and current.id == each.id,
        "description": each.description,
        "eligible_for_rollback": eligible(each),
        "id": each.id,
        "output_stream_url": output_url,
        "slug": {"id": each.slug_id} if each.slug_id else None,
        "status": str(each.status),
        "updated_at": iso(each.created_at),
        "user": {"email": user, "id": stable_id("account", user)},
        "version": each.version,
    }


def feature(record: AppRecord, each: Feature) -> Json:
    """A feature of an app."""
    return {
        "created_at": iso(record.created_at),
        "description": each.description,
        "display_name": each.title,
        "doc_url": each.doc_url,
        "enabled": each.name in record.features,
        "feedback_email": None,
        "id": stable_id("feature", each.name),
        "name": each.name,
        "state": "general",
        "updated_at": iso(record.created_at),
    }


def host(each: Host, *, state: str, dynos: list[str]) -> Json:
    """A host; Heroku has no such thing to show."""
    return {"name": each.name, "address": each.address, "state": state, "dynos": dynos}
