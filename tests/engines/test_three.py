"""The lab of three engines keeps what tests expect of it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.engines.three import BASE, ME, NODES, SWITCH, NoLab, three_engines


@pytest.mark.slow
@pytest.mark.root
def test_three_engines_are_one_swarm_and_leave_nothing() -> None:
    try:
        with three_engines() as lab:
            names = [json.loads(line) for line in lab.manager.docker("node", "ls", "--format", "json").splitlines()]
            assert sorted(each["Hostname"] for each in names) == [node.name for node in NODES]
            lab.kill(lab.nodes[2])
            assert lab.nodes[2].pid() is None
            lab.revive(lab.nodes[2])
            assert lab.nodes[2].docker("info", "--format", "{{.Swarm.LocalNodeState}}") in ("active", "pending")
    except NoLab as reason:
        pytest.skip(f"no lab of three engines here: {reason}")
    left = subprocess.run(("ip", "netns", "list"), capture_output=True, text=True).stdout
    assert not [node for node in NODES if node.namespace in left] and SWITCH not in left
    assert ME not in subprocess.run(("ip", "addr"), capture_output=True, text=True).stdout
    assert not BASE.exists()
    assert str(BASE) not in Path("/proc/self/mounts").read_text()
