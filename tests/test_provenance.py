"""What a log says of the machine it was made on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from llmxsite.log import provenance


def test_a_machine_has_cores_memory_and_a_name_for_its_processor() -> None:
    host = provenance.host()
    assert host.cores is not None and host.cores >= 1
    assert host.memory_bytes is not None and host.memory_bytes > 1 << 28
    assert host.os and host.machine and host.cpu


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_is_the_kernels() -> None:
    line = next(x for x in Path("/proc/meminfo").read_text("utf-8").splitlines() if x.startswith("MemTotal:"))
    assert provenance.host().memory_bytes == int(line.split()[1]) * 1024
