"""What the swarm tells and is told, as tables."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minipaas.model.dyno import SIZES
from minipaas.runtime.base import Host, Launch
from minipaas.runtime.swarm.localnames import told_elsewhere
from minipaas.runtime.swarm.logstream import Pieces, Said, since
from minipaas.runtime.swarm.node import nodes_of
from minipaas.runtime.swarm.process import memory_of
from minipaas.runtime.swarm.service import NOWHERE, Service
from minipaas.runtime.swarm.task import tasks_of


def node(id_: str, name: str, *, state: str = "ready", availability: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "ID": id_,
        "Description": {"Hostname": name},
        "Status": {"State": state, "Addr": "10.0.0.2"},
        "Spec": {"Availability": availability},
        **more,
    }


@pytest.mark.parametrize(
    ("state", "availability", "alive", "takes"),
    [
        ("ready", "active", True, True),
        ("unknown", "active", True, True),
        ("ready", "pause", True, False),
        ("ready", "drain", True, False),
        ("down", "active", False, False),
        ("disconnected", "active", False, False),
    ],
)
def test_a_node_takes_dynos_when_it_lives_and_is_active(
    state: str, availability: str, alive: bool, takes: bool
) -> None:
    (one,) = nodes_of([node("n1", "host1", state=state, availability=availability)])
    assert (one.alive, one.takes_dynos) == (alive, takes)


def test_nodes_of_one_host_name_are_told_apart() -> None:
    assert [one.name for one in nodes_of([node("abcdefgh", "web"), node("ijklmnop", "web")])] == [
        "web-abcde",
        "web-ijklm",
    ]


def test_a_manager_without_an_address_is_reached_as_managers_reach_it() -> None:
    told = node("n1", "host1", Status={"State": "ready", "Addr": "0.0.0.0"}, ManagerStatus={"Addr": "10.0.0.1:2377"})
    assert nodes_of([told])[0].address == "10.0.0.1"


def task(service: str, made: str, **status: Any) -> dict[str, Any]:
    return {"ServiceID": service, "NodeID": "n1", "CreatedAt": made, "Status": status}


def test_what_would_take_a_tasks_place_is_not_the_dyno() -> None:
    found = tasks_of(
        [
            task("s1", "2026-01-01T00:00:02Z", State="pending", Err="no suitable node"),
            task("s1", "2026-01-01T00:00:01Z", State="shutdown", ContainerStatus={"ContainerID": "c", "ExitCode": 7}),
        ]
    )
    assert found["s1"].over
    assert found["s1"].began
    assert found["s1"].status == 7


@pytest.mark.parametrize(
    ("status", "runs", "over", "code"),
    [
        ({"State": "running", "ContainerStatus": {"ContainerID": "c", "ExitCode": 0}}, True, False, 0),
        ({"State": "complete", "ContainerStatus": {"ContainerID": "c"}}, False, True, 0),
        ({"State": "failed", "ContainerStatus": {"ContainerID": "c", "ExitCode": 143}}, False, True, 143),
        ({"State": "failed", "ContainerStatus": {"ContainerID": "c", "ExitCode": -1}}, False, True, 137),
        ({"State": "rejected", "Err": "No such image: x"}, False, True, 0),
        ({"State": "orphaned"}, False, True, 0),
        ({}, False, False, 0),
    ],
)
def test_a_tasks_state_in_the_swarms_words(status: dict[str, Any], runs: bool, over: bool, code: int) -> None:
    found = tasks_of([task("s1", "2026", **status)])["s1"]
    assert (found.runs, found.over, found.status) == (runs, over, code)


def service(**more: Any) -> dict[str, Any]:
    words: dict[str, Any] = {
        "launch": Launch(
            id="1a2b3c4d-0000-4000-8000-123456789abc",
            host=Host("host2", "10.0.0.2", Path("/none")),
            command="serve",
            env={},
            hostname="h" * 80,
            size=SIZES["standard-1x"],
        ),
        "env": {"DYNO": "web.1", "PORT": "5000"},
        "image": "sha256:abc",
        "image_env": ("PYTHONHOME", "PORT"),
        "node": "n2",
        "uid": 1000,
        "labels": {"minipaas.kind": "dyno"},
    }
    return Service(**{**words, **more}).words()


def test_a_web_dyno_is_one_task_with_a_place_and_its_port_on_the_node() -> None:
    told = service()
    template = told["task_template"]
    assert template["Placement"] == {"Constraints": ["node.id==n2"]} != {"Constraints": [NOWHERE]}
    assert template["RestartPolicy"] == {"Condition": "none"}
    assert told["mode"] == {"Replicated": {"Replicas": 1}}
    assert told["name"] == "web-1-123456789abc"
    (port,) = told["endpoint_spec"]["Ports"]
    assert (port["PublishedPort"], port["TargetPort"], port["PublishMode"]) == (5000, 5000, "host")


def test_a_worker_publishes_nothing() -> None:
    assert service(env={"DYNO": "worker.1", "PORT": "5000"})["endpoint_spec"]["Ports"] == []


def test_a_dyno_has_its_config_vars_and_none_of_the_images() -> None:
    container = service()["task_template"]["ContainerSpec"]
    assert {"PORT=5000", "DYNO=web.1", "HOME=/app", "PYTHONHOME"} <= set(container["Env"])
    assert "PORT" not in container["Env"]
    assert container["User"] == "1000:1000"
    assert len(container["Hostname"]) == 63


def piece(stream: int, text: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


WHOLE = (
    piece(1, b"2026-01-01T00:00:01.000000001Z one\n") + piece(3, b"the node is gone") + piece(2, b"2026 two\xff\n")
)


@given(st.lists(st.integers(0, len(WHOLE)), max_size=6))
def test_a_log_comes_whole_however_its_stream_is_cut(cuts: list[int]) -> None:
    pieces = Pieces()
    found = []
    edges = [0, *sorted(cuts), len(WHOLE)]
    for begin, end in itertools.pairwise(edges):
        found += pieces.feed(WHOLE[begin:end])
    assert found == [Said("2026-01-01T00:00:01.000000001Z", b"one\n"), Said("2026", b"two\xff\n")]


def test_a_log_is_taken_up_at_the_second_it_broke_off() -> None:
    assert since("2026-01-01T00:00:01.999999999Z") == "1767225601"
    assert since("") == "0"


@pytest.mark.parametrize(
    ("value", "told", "ports"),
    [
        ("postgres://u:p@127.0.0.1:5432/d", "postgres://u:p@10.0.0.9:5432/d", {5432}),
        ("http://localhost:8080/x", "http://10.0.0.9:8080/x", {8080}),
        ("http://127.0.0.1:5000/own", "http://127.0.0.1:5000/own", set()),
        ("http://127.0.0.1/no-port", "http://127.0.0.1/no-port", set()),
        ("redis://127.0.0.1:1,redis://127.0.0.1:2", "redis://10.0.0.9:1,redis://10.0.0.9:2", {1, 2}),
        ("http://127.0.0.1:99999/", "http://127.0.0.1:99999/", set()),
        ("127.0.0.1:80", "127.0.0.1:80", set()),
        ("http://10.127.0.0.1:80", "http://10.127.0.0.1:80", set()),
    ],
)
def test_this_machine_has_another_name_elsewhere(value: str, told: str, ports: set[int]) -> None:
    env, meant = told_elsewhere({"URL": value, "PORT": "5000"}, "10.0.0.9")
    assert (env["URL"], meant) == (told, ports)


@pytest.mark.parametrize("cache", ["total_inactive_file", "inactive_file"])
def test_memory_is_told_without_page_cache_by_both_kinds_of_control_groups(cache: str) -> None:
    assert memory_of({"memory_stats": {"usage": 100, "stats": {cache: 30}}}).used_bytes == 70
