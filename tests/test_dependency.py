"""Whether what a run depended on is still as it was."""

import hashlib

import pytest

from zhixing.running import dependency
from zhixing.running.dependency import ABSENT, FOLDER, States, file_state, folder_state


def record(**parts):
    empty = {"files": {}, "functions": {}, "folders": {}, "modules": [], "distributions": {}, "environment": {}, "untraceable": []}
    return {**empty, **parts}


def changes(root, variables=None, **parts):
    return list(States(root, variables or {}).changes(record(**parts)))


def test_states_of_files_and_folders(tmp_path):
    """A file is its content's digest, a folder is there, and nothing is absent."""
    (tmp_path / "a").write_bytes(b"content")
    assert file_state(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()
    assert file_state(tmp_path) == FOLDER
    assert file_state(tmp_path / "b") == folder_state(tmp_path / "b") == ABSENT


def test_a_folders_state_is_its_names_without_pythons_caches(tmp_path):
    """A new name changes a folder's state; a new content or a __pycache__ does not."""
    (tmp_path / "a").write_text("1")
    before = folder_state(tmp_path)
    (tmp_path / "a").write_text("2")
    (tmp_path / "__pycache__").mkdir()
    assert folder_state(tmp_path) == before
    (tmp_path / "b").touch()
    assert folder_state(tmp_path) != before


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (b"1", b"1", []),
        (b"1", b"2", ["data.csv changed"]),
        (b"1", None, ["data.csv is gone"]),
        (None, b"1", ["data.csv is new"]),
        (None, None, []),
    ],
)
def test_a_file_is_said_to_be_new_changed_or_gone(tmp_path, then, now, said):
    """What happened to a file is said in words, and nothing where nothing happened."""
    if now is not None:
        (tmp_path / "data.csv").write_bytes(now)
    state = ABSENT if then is None else hashlib.sha256(then).hexdigest()
    assert changes(tmp_path, files={"data.csv": state}) == said


def test_a_module_of_code_shadows_one_that_was_imported_from_elsewhere(tmp_path):
    """A file or folder in code/ with the name of an imported module is a change; another name is none."""
    (tmp_path / "code" / "numpy").mkdir(parents=True)
    (tmp_path / "code" / "other.py").touch()
    assert changes(tmp_path, modules=["numpy", "torch"]) == ["code/ now has a numpy of its own"]


def test_versions_and_variables(tmp_path, monkeypatch):
    """Another installed version and another value of a variable are changes."""
    monkeypatch.setattr(dependency, "distribution_version", lambda name: "2.0")
    assert changes(tmp_path, distributions={"pkg": "1.0"}) == ["pkg 1.0 is now 2.0"]
    assert changes(tmp_path, distributions={"pkg": "2.0"}) == []
    assert changes(tmp_path, {"MODE": "b"}, environment={"MODE": "a"}) == ["the environment variable MODE changed"]


def test_each_file_is_looked_at_once_in_a_build(tmp_path, monkeypatch):
    """A thousand articles that read one file cost one look at it."""
    looks = []
    monkeypatch.setattr(dependency, "file_state", lambda path: looks.append(path) or "same")
    states = States(tmp_path, {})
    for _ in range(3):
        assert list(states.changes(record(files={"shared.py": "same"}))) == []
    assert len(looks) == 1
