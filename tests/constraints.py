"""Resolve the newest versions that pyproject.toml allows, write them to constraints.txt, and say what moved. Needs pip alone."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
CUDA = ("cuda-", "nvidia-", "triton")  # beside torch where its build for CUDA is found; it requires exact versions of them itself


class Refused(Exception):
    """Nothing was written, because of this."""


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="nox -s lock --", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="say what would move, and write nothing")
    options = parser.parse_args(argv)
    path = root / "constraints.txt"
    try:
        old = path.read_text(encoding="utf-8")
        check_platform(old)
        new = old.partition("\n")[0] + "\n" + lines(resolve(requirements(root)))
    except Refused as error:
        print(f"{error}; constraints.txt is as it was", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; constraints.txt is as it was", file=sys.stderr)
        return 130
    print("\n".join(moved(versions(old), versions(new)) or ["nothing moved"]))
    if new != old and not options.dry_run:
        replace(path, new)
        print("constraints.txt is new: run the tests with it before you commit it", file=sys.stderr)
    return 0


def check_platform(text: str) -> None:
    """The first line of the constraints says for which Python and system they are: other ones resolve to other versions."""
    here = f"Python {sys.version_info.major}.{sys.version_info.minor} on {platform.system()}"
    wanted = re.match(r"#.*(Python [\d.]+ on \w+)", text)
    if not wanted or wanted[1] != here:
        raise Refused(f"its first line says {wanted[1] if wanted else 'nothing of its Python and system'}, and this is {here}")


def requirements(root: Path) -> list[str]:
    """What pyproject.toml requires, with all its extras."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]


def resolve(wanted: list[str]) -> dict:
    """pip's report of what it would install for these requirements where nothing is installed."""
    print("resolving, which takes pip half a minute", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed", "--report", "-", *wanted]
    done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8")
    if done.returncode:
        raise Refused(f"pip found no versions (exit status {done.returncode})")
    return json.loads(done.stdout)


def lines(report: dict) -> str:
    """The report as lines ``name==version``, without what is of one machine: local versions, where a file was found."""
    found = {item["metadata"]["name"]: item["metadata"]["version"].partition("+")[0] for item in report["install"]}
    names = sorted((name for name in found if not name.lower().startswith(CUDA)), key=str.casefold)
    return "".join(f"{name}=={found[name]}\n" for name in names)


def versions(text: str) -> dict[str, str]:
    """{name: version} of constraints, the names as indexes compare them (PEP 503)."""
    pairs = (line.partition("==") for line in text.splitlines() if "==" in line and not line.startswith("#"))
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, _, version in pairs}


def moved(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What was added, removed and moved, a line each, in columns."""
    rows = [
        *(("added", name, new[name]) for name in sorted(new.keys() - old.keys())),
        *(("removed", name, old[name]) for name in sorted(old.keys() - new.keys())),
        *(("moved", name, f"{old[name]} -> {new[name]}") for name in sorted(old.keys() & new.keys()) if old[name] != new[name]),
    ]
    widest = max((len(name) for _, name, _ in rows), default=0)
    return [f"{what:<7}  {name:<{widest}}  {change}" for what, name, change in rows]


def replace(path: Path, text: str) -> None:
    """Put a file in the other's place in one step."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


if __name__ == "__main__":
    sys.exit(main())
