"""The store keeps the outputs of runs whole: what is damaged is never used."""

import errno
import json
import os

import pytest

from zhixing import store
from zhixing.store import Entry, Store, canonical, write_whole

ENTRY = Entry("slug", {"cells": []}, {"files": {"code/a.py": "absent"}}, {"one": []}, [["x", ".3f", "卷积"]], {}, {"one": 0.5})


@pytest.fixture
def kept(tmp_path):
    """A store that holds one entry, and the entry's file."""
    keeper = Store(tmp_path / "store")
    return keeper, keeper.save(ENTRY)


def test_entry_comes_back_as_it_was(kept):
    """What is saved is read back equal, from a file named by its key."""
    keeper, path = kept
    assert list(keeper.entries("slug")) == [ENTRY]
    assert path == keeper.folder / "slug" / f"{ENTRY.key}.json"
    assert list(keeper.entries("other")) == []


def test_key_covers_what_was_asked_and_what_was_read(kept):
    """The key is another where slug, recipe or dependencies are others, and the same where only outputs are."""
    same = Entry(ENTRY.slug, ENTRY.recipe, ENTRY.dependencies, {}, [], {}, {})
    others = [
        Entry("other", ENTRY.recipe, ENTRY.dependencies, {}, [], {}, {}),
        Entry(ENTRY.slug, {"cells": [["a", "b"]]}, ENTRY.dependencies, {}, [], {}, {}),
        Entry(ENTRY.slug, ENTRY.recipe, {"files": {}}, {}, [], {}, {}),
    ]
    assert same.key == ENTRY.key
    assert len({ENTRY.key, *(entry.key for entry in others)}) == 4


@pytest.mark.parametrize("damage", ["", "truncated", "flipped", "no digest", "not JSON", "other fields", "no object", "of another article"])
def test_damaged_entry_is_never_used(damage, kept):
    """An entry whose content is not what its digest and its name say is never used; only a store that mends sets it aside."""
    keeper, path = kept
    data = path.read_bytes()

    def whole(body):
        return store.digest(body).encode() + b"\n" + body

    path.write_bytes(
        {
            "": b"",
            "truncated": data[:-1],
            "flipped": data.replace(b"0.5", b"0.6"),
            "no digest": data.partition(b"\n")[2],
            "not JSON": whole(b"{"),
            "other fields": whole(canonical({"schema": store.SCHEMA})),
            "no object": whole(b"1"),
            "of another article": whole(data.partition(b"\n")[2].replace(b'"slug":"slug"', b'"slug":"other"')),
        }[damage]
    )
    assert list(keeper.entries("slug")) == [None]
    assert [(one.path, one.state) for one in keeper.all()] == [(path, "damaged")]
    aside = path.with_suffix(".damaged")
    for _ in range(2):
        assert list(Store(keeper.folder, mends=True).entries("slug")) == [None]
        assert [(one.path, one.state) for one in keeper.all()] == [(aside, "set aside")]


def test_entry_of_another_schema_is_left(kept, monkeypatch):
    """An entry that another version of the engine wrote is no damage: it is not used, and stays."""
    keeper, path = kept
    monkeypatch.setattr(store, "SCHEMA", store.SCHEMA + 1)
    assert list(Store(keeper.folder, mends=True).entries("slug")) == []
    assert [(one.path, one.state) for one in keeper.all()] == [(path, "of another version")]


def test_unfinished_file_is_no_entry(kept):
    """What was being written when a build was killed is never read, whatever it holds."""
    keeper, path = kept
    (path.parent / f"{store.UNFINISHED}x").write_bytes(path.read_bytes())
    assert list(keeper.entries("slug")) == [ENTRY]
    assert len(keeper.all()) == 1


def test_newest_entry_comes_first(kept):
    """Entries of one article come newest first, so that going back and forth between two states is fast."""
    keeper, path = kept
    older = Entry("slug", {"cells": [["a", "b"]]}, {}, {}, [], {}, {})
    os.utime(keeper.save(older), (1, 1))
    assert [entry.key for entry in keeper.entries("slug")] == [ENTRY.key, older.key]
    os.utime(path, (0, 0))
    assert [entry.key for entry in keeper.entries("slug")] == [older.key, ENTRY.key]
    assert [one.entry.key for one in keeper.all()] == [older.key, ENTRY.key]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_write_that_fails_leaves_the_old_content(step, tmp_path, monkeypatch):
    """A file that cannot be written whole keeps its old content, and nothing is left beside it."""
    path = tmp_path / "folder" / "page.md"
    write_whole(path, b"old", durable=True)

    def fails(*_):
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(os, step, fails)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, b"new and longer", durable=True)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["page.md"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder cannot be opened")
def test_entry_outlives_a_power_cut(tmp_path, monkeypatch):
    """An entry's content is synced before it gets its name, and its folder after."""
    steps = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda handle: steps.append("folder" if os.path.isdir(f"/dev/fd/{handle}") else "file") or sync(handle)
    )
    monkeypatch.setattr(os, "replace", lambda *names: steps.append("name") or replace(*names))
    Store(tmp_path).save(ENTRY)
    assert steps == ["file", "name", "folder"]


def test_same_data_same_bytes():
    """Data in any order of keys is the same bytes, and text stays text."""
    assert canonical({"b": 1, "a": "卷"}) == canonical({"a": "卷", "b": 1}) == '{"a":"卷","b":1}'.encode()
    assert json.loads(canonical(ENTRY.values)) == ENTRY.values
