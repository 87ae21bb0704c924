"""Settings: ``[tool.zhixing]`` of the root's pyproject.toml, all with defaults."""

from __future__ import annotations

import difflib
import re
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .errors import Problem

# fields that the root decides, not pyproject.toml
_DERIVED = {"root"}
_CHOICES = {"start_method": ("forkserver", "spawn")}
_UNITS = {"memory_limit": "GB", "output_limit": "MB", "process_limit": "a number of processes"}


@dataclass(frozen=True)
class Config:
    """One blog's folder and how its articles are run.

    ``timeout`` and ``run_timeout`` are seconds for one cell and for all cells of an article.
    ``preload`` names the modules that a run finds already imported.
    ``environment`` names the environment variables that runs may see (and depend on).
    ``memory_limit`` is in GB (10⁹ bytes) for all processes of a run together, ``output_limit`` in MB for what it shows and
    for what it writes, ``process_limit`` a number of processes. ``start_method`` is as in Python's multiprocessing.
    ``verify_command`` is what pages tell readers to repeat an article with.
    """

    root: Path
    languages: tuple[str, ...] = ()
    timeout: float = 60
    run_timeout: float = 300
    preload: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    memory_limit: float = 4
    output_limit: float = 20
    process_limit: float = 64
    verify_command: str = "zhixing verify {slug}"
    start_method: str = "forkserver" if sys.platform == "linux" else "spawn"

    @property
    def docs(self) -> Path:
        return self.root / "docs"

    @property
    def code(self) -> Path:
        return self.root / "code"

    @property
    def build(self) -> Path:
        return self.root / "build"

    def woven(self, language: str) -> Path:
        """The folder of one language's plain Markdown and assets."""
        return self.build / "docs" / language


def load(root: Path | str) -> Config:
    """Read the settings of the blog at ``root``.

    Raises Problem for an unknown setting, a wrong type or TOML that does not parse.
    """
    root = Path(root).resolve()
    path = root / "pyproject.toml"
    given: dict[str, Any] = {}
    if path.exists():
        text = path.read_text(encoding="utf-8")
        try:
            given = tomllib.loads(text).get("tool", {}).get("zhixing", {})
        except tomllib.TOMLDecodeError as error:
            line = int(m[1]) if (m := re.search(r"line (\d+)", str(error))) else 1
            raise Problem(path.name, line, f"not TOML: {error}", "mend the syntax") from None
        for name, value in given.items():
            _check(name, value, text)
        given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
    if not given.get("languages"):
        given["languages"] = _found_languages(root)
    return Config(root=root, **given)


def _found_languages(root: Path) -> tuple[str, ...]:
    return tuple(sorted(folder.parent.name for folder in root.glob("docs/*/articles") if folder.is_dir()))


def _check(name: str, value: Any, text: str) -> None:
    settings = {field.name: field.type for field in fields(Config) if field.name not in _DERIVED}
    line = next((n for n, row in enumerate(text.splitlines(), 1) if re.match(rf"\s*{re.escape(name)}\s*=", row)), 1)
    if name not in settings:
        near = difflib.get_close_matches(name, settings, 1)
        fix = f"did you mean {near[0]}?" if near else f"settings are {', '.join(sorted(settings))}"
        raise Problem("pyproject.toml", line, f"[tool.zhixing] has no setting {name!r}", fix)
    if settings[name] == "float":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise Problem("pyproject.toml", line, f"{name} = {value!r}", f"give {_UNITS.get(name, 'seconds')}, above 0")
    elif name in _CHOICES:
        if value not in _CHOICES[name]:
            raise Problem("pyproject.toml", line, f"{name} = {value!r}", f"give {' or '.join(_CHOICES[name])}")
    elif settings[name] == "str":
        if not isinstance(value, str) or "{slug}" not in value:
            raise Problem("pyproject.toml", line, f"{name} = {value!r}", "give a text with {slug} in it")
    elif not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        raise Problem("pyproject.toml", line, f"{name} = {value!r}", "give a list of strings")
