"""Ledger: the accepted results of an article, ``docs/ledger/<slug>.json``, kept in git and reviewed like code.

It holds one result a line, and the digest of all the rest: only ``accept`` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import Any

from .config import Config
from .errors import Problem
from .results import Results
from .running.dependency import digest
from .store import Entry, canonical, write_whole

SCHEMA = 1
FOLDER = PurePosixPath("docs", "ledger")


@dataclass(frozen=True)
class Acceptance:
    """When results were accepted, on top of which commit, why, and how many of them were new, other or gone."""

    date: str
    commit: str
    reason: str
    changed: int


@dataclass(frozen=True)
class Ledger:
    """What was accepted of an article: all acceptances, the oldest first, and of the last one the run and its results."""

    acceptances: tuple[Acceptance, ...]
    run: Mapping[str, Any]
    results: Results

    @property
    def corrections(self) -> int:
        """How many acceptances changed what was published."""
        return sum(acceptance.changed > 0 for acceptance in self.acceptances)


def run_of(entry: Entry) -> dict[str, Any]:
    """What a ledger keeps of a run beside its results: the machine, what it used, its seed, versions and environment."""
    return {**entry.conditions, "versions": entry.versions, "environment": dict(entry.dependencies.get("environment", {}))}


def path_of(slug: str) -> PurePosixPath:
    return FOLDER / f"{slug}.json"


def load(slug: str, config: Config) -> Ledger | None:
    """The ledger of an article; None where it has none.

    Raises Problem where ``accept`` did not write what is there, or another version of it did.
    """
    place = path_of(slug)
    try:
        text = (config.root / place).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(place, 1, f"cannot be read: {error}") from None
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise _damaged(place, error.lineno, f"is no JSON: {error.msg}") from None
    return _read(content, place)


def _read(content: Any, place: PurePosixPath) -> Ledger:
    schema = content.get("schema") if isinstance(content, dict) else None
    if isinstance(schema, int) and schema != SCHEMA:
        what = f"this ledger has schema {schema}, and this version of zhixing reads {SCHEMA}"
        raise Problem(place, 1, what, "use the version that wrote it, or move it away and accept the results again")
    if schema is None or content.pop("digest", None) != digest(canonical(content)):
        raise _damaged(place, 1, "is not as accept wrote it")
    acceptances = tuple(Acceptance(**acceptance) for acceptance in content["accepted"])
    return Ledger(acceptances, content["run"], Results(**{field.name: content[field.name] for field in fields(Results)}))


def _damaged(place: PurePosixPath, line: int, how: str) -> Problem:
    return Problem(place, line, f"this ledger {how}", f"restore it (git checkout -- {place}), or move it away and accept the results again")


def save(slug: str, ledger: Ledger, config: Config) -> Path:
    content = {"schema": SCHEMA, "accepted": [asdict(a) for a in ledger.acceptances], "run": ledger.run, **asdict(ledger.results)}
    content["digest"] = digest(canonical(content))
    path = config.root / path_of(slug)
    write_whole(path, ("\n".join(_lines(content)) + "\n").encode(), durable=True)
    return path


def _lines(data: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """JSON with a line for each name and for each row of a list."""
    yield "{"
    for n, (name, value) in enumerate(data.items(), 1):
        comma = "," if n < len(data) else ""
        first, *rest = _value(value, indent + "  ")
        yield f"{indent}  {_json(name)}: {first}" + ("" if rest else comma)
        yield from rest[:-1]
        if rest:
            yield rest[-1] + comma
    yield indent + "}"


def _value(value: Any, indent: str) -> list[str]:
    if isinstance(value, Mapping) and value:
        return list(_lines(value, indent))
    if isinstance(value, list) and value:
        rows = [f"{indent}  {_json(row)}" for row in value]
        return ["[", *(row + "," for row in rows[:-1]), rows[-1], indent + "]"]
    return [_json(value)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def slugs(config: Config) -> list[str]:
    """The articles that have a ledger."""
    return sorted(path.stem for path in (config.root / FOLDER).glob("*.json"))
