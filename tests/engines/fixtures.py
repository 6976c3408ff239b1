"""The lab of three engines as a fixture, set up once for all tests of a file.

Not for longer: a machine has one lab, and a process that kept it would wait for itself where it needs another.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.three import NoLab, Three, three_engines


@pytest.fixture(scope="module")
def three(stack_archive: Path) -> Iterator[Three]:
    """Up, with the small stack on the manager alone: nodes are to get what they need from there."""
    try:
        with three_engines() as lab:
            lab.load_stack(stack_archive)
            yield lab
    except NoLab as reason:
        pytest.skip(f"no lab of three engines here: {reason}")
