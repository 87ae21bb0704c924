"""On what an article ran."""

import platform

from zhixing import machine


def test_machine_names_what_results_can_depend_on():
    """Python, the platform, and on Linux the processor's model as the system tells it."""
    found = machine.machine()
    assert found["python"].endswith(platform.python_version())
    assert platform.machine() in found["platform"]
    assert found["processor"]


def test_vector_instructions_are_named(tmp_path, monkeypatch):
    """Two processors of one model with other vector instructions are told apart; where nothing is known the architecture stands."""
    for flags, wanted in (("fpu sse avx2 fma avx512f", "EPYC (avx2 fma avx512f)"), ("fpu sse", "EPYC")):
        info = tmp_path / "cpuinfo"
        info.write_text(f"model name\t: EPYC\nflags\t\t: {flags}\n")
        monkeypatch.setattr(machine, "Path", lambda name, info=info: info)
        assert machine._processor() == wanted
    info.unlink()
    assert machine._processor() == (platform.processor() or platform.machine())
