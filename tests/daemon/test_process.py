"""How the platform's own process is set."""

import resource
import sys
from collections.abc import Iterator

import pytest

from minipaas.daemon.process import DESCRIPTORS, allow_descriptors, short_turns


@pytest.fixture
def few() -> Iterator[int]:
    """A soft limit as a shell has it; the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_limit_of_descriptors_is_raised_to_the_hard_one_within_reason(few: int) -> None:
    allow_descriptors()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == few
    assert soft == (DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS))


def test_a_limit_that_is_high_already_stays(few: int) -> None:
    allow_descriptors()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_descriptors()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_threads_have_their_usual_turns_again_afterwards() -> None:
    usual = sys.getswitchinterval()
    with pytest.raises(ImportError), short_turns():
        assert sys.getswitchinterval() < usual
        raise ImportError
    assert sys.getswitchinterval() == usual
