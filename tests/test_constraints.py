"""`nox -s lock`: what pip resolves becomes constraints.txt, whole or not at all, and what moved is said."""

import platform
import subprocess
import sys
import zipfile
from pathlib import Path

import constraints
import pytest

HEADER = f"# Tested with: Python {sys.version_info.major}.{sys.version_info.minor} on {platform.system()}.\n"
REPORT = {"beta": "2.0", "Alpha_one": "1.10", "torch": "2.13.0+cpu", "nvidia-cublas-cu12": "12.8", "triton": "3.5"}


def item(name, version):
    """One package of a report, with what a constraints file must not say."""
    return {"metadata": {"name": name, "version": version}, "download_info": {"url": f"https://example.org/{name}.whl"}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose requirements resolve to the report above; what was wanted of pip is in ``project.wanted``."""

    def resolve(wanted):
        resolve.wanted = wanted
        return {"install": [item(*pair) for pair in REPORT.items()]}

    monkeypatch.setattr(constraints, "resolve", resolve)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["beta>=1"]\n[project.optional-dependencies]\na = ["torch==2.13.0"]\nb = ["alpha-one"]\n'
    )
    (tmp_path / "constraints.txt").write_text(HEADER + "alpha.one==1.9\nbeta==2.0\ngone==0.1\n")
    resolve.root = tmp_path
    return resolve


def test_what_moved_is_said_in_columns(project, capsys):
    """Added, removed and moved packages have a line each; names are compared as indexes compare them; what stays is not said."""
    assert constraints.main([], project.root) == 0
    said = "added    torch      2.13.0\nremoved  gone       0.1\nmoved    alpha-one  1.9 -> 1.10\n"
    assert capsys.readouterr().out == said


def test_constraints_are_of_no_machine(project):
    """The file keeps its first line, then has names and versions: no local version, no host, nothing that torch's CUDA build brings."""
    constraints.main([], project.root)
    assert (project.root / "constraints.txt").read_text() == HEADER + "Alpha_one==1.10\nbeta==2.0\ntorch==2.13.0\n"
    assert [path.name for path in project.root.iterdir() if "constraints" in path.name] == ["constraints.txt"]


def test_all_extras_are_resolved_together(project):
    """pip is asked for the requirements and those of every extra."""
    constraints.main([], project.root)
    assert project.wanted == ["beta>=1", "torch==2.13.0", "alpha-one"]


def test_second_lock_moves_nothing(project, capsys):
    """Where the versions are those of the file, this is said, and the file is not written."""
    constraints.main([], project.root)
    before = (project.root / "constraints.txt").stat().st_mtime_ns
    capsys.readouterr()
    assert constraints.main([], project.root) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("nothing moved\n", "")
    assert (project.root / "constraints.txt").stat().st_mtime_ns == before


def test_dry_run_writes_nothing(project, capsys):
    """With --dry-run the same is said, with exit status 0 (newer releases are no error), and the file stays."""
    before = (project.root / "constraints.txt").read_bytes()
    assert constraints.main(["--dry-run"], project.root) == 0
    assert "moved    alpha-one  1.9 -> 1.10\n" in capsys.readouterr().out
    assert (project.root / "constraints.txt").read_bytes() == before


@pytest.mark.parametrize("first", ["# Python 2.7 on Linux.\n", "# Tested.\n", ""])
def test_another_python_is_refused(first, project, capsys):
    """Constraints of another Python or system, or that do not say of which, are left as they are."""
    path = project.root / "constraints.txt"
    path.write_text(first + "beta==1.0\n")
    assert constraints.main([], project.root) == 1
    assert "its first line says" in capsys.readouterr().err
    assert path.read_text() == first + "beta==1.0\n"


def test_killed_lock_leaves_the_old_file(project, monkeypatch):
    """The new file takes the old one's place in one step: until then the old one is whole."""

    def killed(new, path):
        assert new.read_text().endswith("torch==2.13.0\n")
        raise SystemExit

    before = (project.root / "constraints.txt").read_bytes()
    monkeypatch.setattr(constraints.os, "replace", killed)
    with pytest.raises(SystemExit):
        constraints.main([], project.root)
    assert (project.root / "constraints.txt").read_bytes() == before


def test_interrupted(project, monkeypatch, capsys):
    """Ctrl-C leaves the file as it was, and exits with 130."""
    monkeypatch.setattr(constraints, "lines", lambda report: (_ for _ in ()).throw(KeyboardInterrupt))
    assert constraints.main([], project.root) == 130
    assert capsys.readouterr().err == "interrupted; constraints.txt is as it was\n"


@pytest.fixture
def has_pip():
    pytest.importorskip("pip")


@pytest.mark.usefixtures("has_pip")
@pytest.mark.parametrize("installed", [False, True])
def test_pip_s_own_report(installed, tmp_path, monkeypatch):
    """What pip reports of a package becomes its line, whether it is installed or not; nothing is installed by that."""
    wheel = tmp_path / "zx_thing-1.2+cpu-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        info = "zx_thing-1.2+cpu.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: zx-thing\nVersion: 1.2+cpu\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        if installed:
            archive.extractall(tmp_path / "installed")
            monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    assert constraints.lines(constraints.resolve([str(wheel)])) == "zx-thing==1.2\n"
    assert subprocess.run([sys.executable, "-m", "pip", "show", "-qq", "zx-thing"]).returncode == (0 if installed else 1)


@pytest.mark.usefixtures("has_pip")
def test_what_pip_cannot_resolve(tmp_path, capfd):
    """Where pip finds no versions its message is shown, the file stays, and the exit status is 1."""
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["./absent.whl"]\noptional-dependencies = {}\n')
    (tmp_path / "constraints.txt").write_text(HEADER + "beta==1.0\n")
    assert constraints.main([], tmp_path) == 1
    said = capfd.readouterr().err
    assert "ERROR: " in said
    assert "absent" in said
    assert said.endswith("; constraints.txt is as it was\n")
    assert (tmp_path / "constraints.txt").read_text() == HEADER + "beta==1.0\n"


def test_this_project_s_file_is_as_the_lock_writes_it():
    """constraints.txt says for which Python it is, and is sorted, so that a lock changes only the lines that moved."""
    header, *rows = (Path(__file__).parent.parent / "constraints.txt").read_text().splitlines()
    assert "Python 3.11 on Linux" in header
    assert constraints.lines({"install": [item(*row.split("==")) for row in rows]}).splitlines() == rows
