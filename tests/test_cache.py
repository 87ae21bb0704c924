"""The command ``cache``: what is kept of runs is shown, verified, repaired and pruned; damage is reported and runs again."""

import pytest

CELL = "```python {.cell #one}\nprint(1)\n```\n"


@pytest.fixture
def blog(blog):
    """A blog of two articles, of which one has a kept run."""
    blog.article("cells", CELL)
    blog.article("prose", "No cells.\n")
    blog.built()
    (blog.entry,) = (blog.root / "build/store").glob("*/*.json")
    return blog


def states(said):
    """The state of everything that is kept, by its path below build/store."""
    return {entry["path"].removeprefix("build/store/"): entry["state"] for entry in said.json["entries"]}


def damage(entry):
    """Cut an entry's end off, as a full disk does."""
    entry.write_bytes(entry.read_bytes()[:-10])


def leave(blog):
    """What killed builds leave: a run's folder and unfinished files; their paths."""
    return [blog.write(f"build/{name}", "half").relative_to(blog.root).as_posix()
            for name in ("run-killed/a/x.txt", ".new-1", "store/cells/.new-2", "store/gone/.new-3")]  # fmt: skip


def test_show(blog):
    """``cache`` lists what is kept, and which of it is damaged or set aside."""
    size = blog.entry.stat().st_size
    listed = f"{size:>10,}  cells/{blog.entry.stem[:12]}"
    assert blog.run("cache").out.splitlines() == [listed, f"{size:>10,}  bytes kept: 1 whole"]
    blog.write("build/store/cells/0.damaged", "")
    damage(blog.entry)
    said = blog.run("cache")
    assert said.status == 0
    assert f"{listed.split()[1]}  damaged\n" in said.out
    assert "cells/0  set aside\n" in said.out
    assert said.out.endswith("  bytes kept: 0 whole, 1 damaged, 1 set aside\n")


def test_verify_reports_and_changes_nothing(blog):
    """Each entry that is not what its digest and its name say is an error that names the remedy; no file changes."""
    assert blog.run("cache", "verify").status == 0
    other = blog.write("build/store/prose/0.json", blog.entry.read_bytes())
    damage(blog.entry)
    leave(blog)
    before = blog.digests("build")
    said = blog.run("cache", "verify", "--json")
    assert said.status == 1
    remedy = "this entry is damaged; run `zhixing cache repair`: its article will run again"
    assert said.errors == [f"{path.relative_to(blog.root)}:1: {remedy}" for path in (blog.entry, other)]
    assert said.json["articles"] == said.json["removed"] == said.json["set_aside"] == []
    assert blog.digests("build") == before


def test_repair(blog):
    """Damaged entries are set aside, what killed builds left goes, whole entries stay; each change is told, and then all is well."""
    whole = blog.entry.read_bytes()
    damaged = blog.write("build/store/prose/0.json", whole)
    left = leave(blog)
    said = blog.run("cache", "repair")
    assert said.status == 0
    changes = ["set aside build/store/prose/0.damaged", "removed build/run-killed", *(f"removed {path}" for path in left[1:])]
    assert sorted(said.out.splitlines()[:-1]) == sorted(changes)
    assert [blog.root / path for path in left if (blog.root / path).exists()] == []
    assert not (blog.root / "build/run-killed").exists()
    assert (damaged.exists(), blog.entry.read_bytes()) == (False, whole)
    assert blog.run("cache", "verify").status == 0
    again = blog.run("cache", "repair", "--json").json
    assert (again["set_aside"], again["removed"]) == ([], [])


def test_prune(blog):
    """What no article uses, what is damaged or set aside and what killed builds left goes; the blog stays fresh."""
    gone = [blog.write(f"build/store/{name}", "").relative_to(blog.root).as_posix() for name in ("gone/0.json", "cells/1.damaged")]
    left = leave(blog)
    said = blog.run("cache", "prune", "--json")
    assert said.status == 0
    assert sorted(said.json["removed"]) == sorted([*gone, "build/run-killed", *left[1:]])
    assert states(said) == {f"cells/{blog.entry.name}": "whole"}
    assert [path.name for path in (blog.root / "build/store").rglob("*.*")] == [blog.entry.name]
    assert blog.run("status", "--json").slugs("stale") == set()


def test_prune_keeps_the_entry_that_is_true(blog):
    """Pruning keeps the entry that the article uses now, also where it is not the newest."""
    blog.article("cells", CELL.replace("print(1)", "print(2)"))
    blog.built()
    blog.article("cells", CELL)
    assert len(blog.run("cache", "prune", "--json").json["removed"]) == 1
    assert blog.run("status", "--json").slugs("stale") == set()
    assert blog.entry.exists()


def test_prune_keeps_the_last_entry_of_an_article_with_an_error(blog):
    """An article whose source has an error now keeps its last whole entry for when it is mended."""
    blog.article("cells", CELL + CELL)
    blog.write("build/store/cells/0.json", "damaged, and the newest")
    said = blog.run("cache", "prune", "--json")
    assert said.status == 1
    assert states(said) == {f"cells/{blog.entry.name}": "whole"}


def test_damaged_entry_is_reported_and_run_again(blog):
    """Status says what is damaged and leaves it; a build sets it aside, says so and runs the article, once; what it publishes is right."""
    before = blog.digests()
    damage(blog.entry)
    for _ in range(2):
        assert blog.run("why", "cells").out == "cells  stale   its kept outputs are damaged\n"
    reason = "its kept outputs are damaged and set aside"
    said = blog.run("build")
    assert said.err.splitlines()[0] == f"[0/1] cells is to run: {reason}"
    assert blog.digests() == before
    assert states(blog.run("cache", "--json")) == {
        f"cells/{blog.entry.name}": "whole",
        f"cells/{blog.entry.stem}.damaged": "set aside",
    }
    assert blog.built().slugs("ran") == set()
    damage(blog.entry)
    assert blog.built().articles["cells"]["why"] == reason


def test_a_failing_run_does_not_hide_the_damage(blog):
    """Where the run after a damage fails, the next one still says why it runs; once it has run, other reasons count again."""
    damage(blog.entry)
    blog.article("cells", CELL.replace("print(1)", "1 / 0"))
    assert blog.build().articles["cells"]["state"] == "failed"
    blog.article("cells", CELL)
    assert blog.built().articles["cells"]["why"] == "its kept outputs are damaged and set aside"
    blog.article("cells", CELL.replace("print(1)", "print(2)"))
    assert blog.built().articles["cells"]["why"] == "cell #one changed"
