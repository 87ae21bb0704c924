"""Machine: on what an article ran, as far as results can depend on it."""

from __future__ import annotations

import platform
import sys
from functools import cache
from pathlib import Path

# what compiled libraries choose their loops by: another of these, and the last digits of a sum may be others
VECTORS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "amx_tile", "neon", "asimd", "sve")


def interpreter() -> str:
    """Which Python this is, and what it was made for."""
    return f"{platform.python_implementation()} {platform.python_version()} {sys.platform} {platform.machine()}"


@cache
def machine() -> dict[str, str]:
    """Python's version, the platform, and the processor with its vector instructions."""
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": f"{sys.platform} {platform.machine()}",
        "processor": _processor(),
    }


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return platform.processor() or platform.machine()
    facts = {key.strip(): value.strip() for key, _, value in (row.partition(":") for row in rows)}
    have = facts.get("flags", facts.get("Features", "")).split()
    vectors = " ".join(name for name in VECTORS if name in have)
    name = facts.get("model name") or platform.machine()
    return f"{name} ({vectors})" if vectors else name
