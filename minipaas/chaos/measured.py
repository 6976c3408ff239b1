"""From dynos of the lab to the measurements that are judged."""

import json
from dataclasses import replace

from minipaas.chaos.boots import Boot
from minipaas.chaos.lab import Lab, LabDyno, NotUp


def process_type_of(dyno: LabDyno) -> str:
    """`web` of `web.1`."""
    return dyno.name.partition(".")[0]


def begun(lab: Lab, dyno: LabDyno, at: float) -> Boot:
    """What is known of a boot at its launch."""
    command = lab.specimen.commands[process_type_of(dyno)]
    return Boot(dyno=dyno.name, process_type=process_type_of(dyno), at_s=at, command=command, port=dyno.port)


def failed(lab: Lab, not_up: NotUp, at: float) -> Boot:
    """A boot that ended with no port bound."""
    return replace(
        begun(lab, not_up.dyno, at),
        exit_status=not_up.exit.status if not_up.exit is not None else None,
        lived_s=lab.clock.monotonic() - not_up.dyno.started_at,
        listeners=not_up.listeners,
        last_lines=not_up.dyno.last_lines(),
    )


def formation(lab: Lab) -> set[str]:
    """Process types that app.json asks dynos of."""
    try:
        formation = json.loads((lab.specimen.slug / "app.json").read_text()).get("formation", {})
    except (OSError, ValueError, AttributeError):
        return set()
    return {
        name
        for name, wanted in (formation.items() if isinstance(formation, dict) else ())
        if isinstance(wanted, dict) and wanted.get("quantity", 1)
    }
