import os

import pytest

from mnistcnn.evaluation._environment import describe_environment


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux alone limits cores so")
def test_counts_the_cores_that_this_process_may_use():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        environment = describe_environment()
    finally:
        os.sched_setaffinity(0, allowed)
    assert environment["logical_cores"] == 1
