"""Accepting results: from then on a build fails where a run gives anything else."""

import json
import subprocess

import pytest

BODY = """\
```python {.cell #one}
import helper
print(helper.WIDTH)
```

It is `{python} helper.WIDTH`, about `{python} helper.WIDTH / 3:.2f ± 0.1`.

```python {.cell #claim .claim}
assert helper.WIDTH > 1
```
"""


@pytest.fixture
def accepted(blog):
    """A blog with one article, whose results are accepted, and a second one that was never accepted."""
    blog.write("code/helper.py", "WIDTH = 3\n")
    blog.article("a", BODY)
    blog.article("b", "`{python} 1 + 1`\n")
    assert blog.run("accept", "a", "--reason", "first").status == 0
    return blog


def ledger_of(blog, slug="a"):
    return json.loads((blog.root / f"docs/ledger/{slug}.json").read_text(encoding="utf-8"))


def test_accept_writes_what_was_run(accepted):
    """The ledger holds the results, the reason and on what they were made; a build that gives the same passes."""
    kept = ledger_of(accepted)
    assert kept["values"] == {"helper.WIDTH": "3", "helper.WIDTH / 3:.2f": "1.00 ± 0.1"}
    assert list(kept["digests"]) == ["one"]
    assert kept["accepted"][0]["reason"] == "first"
    assert kept["run"]["seed"] == 0
    assert kept["run"]["cpu"] > 0
    assert kept["run"]["memory"] > 10
    accepted.built()


@pytest.mark.parametrize("arguments", [(), ("--reason",), ("--reason", " ")])
def test_accept_wants_a_reason(arguments, accepted):
    """Without a reason nothing is accepted, and the option is named."""
    before = accepted.digests("docs/ledger")
    said = accepted.run("accept", "b", *arguments)
    assert said.status == 2
    assert "--reason" in said.err
    assert accepted.digests("docs/ledger") == before


def test_changed_results_fail_the_build(accepted):
    """Exactly what changed of exactly the article that it changed in is told with old, new and allowed; nothing is published."""
    accepted.built()
    before = accepted.digests()
    accepted.write("code/helper.py", "WIDTH = 4\n")
    said = accepted.build()
    assert said.status == 1
    assert accepted.digests() == before
    (error,) = said.errors
    _, heading, *rows = (line.split() for line in error.splitlines())
    assert error.startswith("docs/en/articles/a.md:11: 3 results are not as accepted in docs/ledger/a.json; ")
    assert "--reason" in error
    assert heading == ["line", "result", "accepted", "now", "allowed"]
    assert rows[0] == ["11", "value", "helper.WIDTH", "3", "4", "the", "same", "different"]
    assert rows[1] == ["11", "value", "helper.WIDTH", "/", "3:.2f", "1.00", "±", "0.1", "1.33", "±", "0.1", "±", "0.1", "different"]
    assert rows[2][:3] == ["6", "output", "#one"]
    assert said.slugs("failed") == {"a"}


def test_accept_keeps_all_reasons(accepted):
    """A second acceptance stands behind the first, with how many results it changed; the build then passes."""
    accepted.write("code/helper.py", "WIDTH = 4\n")
    said = accepted.run("accept", "a", "--reason", "wider")
    assert said.status == 0
    assert "3 changed results" in said.out
    assert [(one["reason"], one["changed"]) for one in ledger_of(accepted)["accepted"]] == [("first", 0), ("wider", 3)]
    accepted.built()


def test_nothing_to_accept_leaves_the_ledger(accepted):
    """Where all is as accepted, or within tolerance, the ledger stays as it is."""
    before = accepted.digests("docs/ledger")
    said = accepted.run("accept", "a", "--reason", "again")
    assert "nothing to accept" in said.out
    assert accepted.digests("docs/ledger") == before


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("It is", "They say it is", None),
        ("± 0.1", "± 0.15", None),
        ("± 0.1", "± 0.5", "value helper.WIDTH / 3:.2f"),
        ("assert helper.WIDTH > 1", "assert True", "claim #claim"),
        ("about `{python} helper.WIDTH / 3:.2f ± 0.1`", "`{python} 2 + 2`", "value 2 + 2"),
        ("It is `{python} helper.WIDTH`, about", "About", "value helper.WIDTH"),
        ("print(helper.WIDTH)", "print(3, helper.WIDTH)", "output #one"),
    ],
)
def test_article_that_publishes_something_else_fails(old, new, wanted, accepted):
    """Prose may change; a claim, a value or an output that is another, new or gone has to be accepted."""
    accepted.article("a", BODY.replace(old, new))
    said = accepted.build()
    assert said.status == (wanted is not None), said.errors
    assert wanted is None or wanted in said.errors[0]


def test_accept_of_what_fails_writes_nothing(accepted):
    """An article that cannot be run, or whose results cannot be compared, is not accepted."""
    before = accepted.digests("docs/ledger")
    for body in ("`{python} float('nan')`\n", "```python {.cell}\n1 / 0\n```\n", "`{python} 'warm' ± 0.1`\n"):
        accepted.article("b", body)
        assert accepted.run("accept", "a", "b", "--reason", "both").status == 1
    said = accepted.run("accept", "nowhere", "--reason", "x", "--json")
    assert said.errors == ["docs:1: there is no article 'nowhere'; there is a, b"]
    assert accepted.digests("docs/ledger") == before


def test_damaged_ledger_is_neither_passed_nor_overwritten(accepted):
    """With a ledger that somebody edited, neither a build nor accept goes on."""
    path = accepted.root / "docs/ledger/a.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"3"', '"4"'), encoding="utf-8")
    damaged = path.read_bytes()
    for said in (accepted.build(), accepted.run("accept", "a", "--reason", "mine", "--json")):
        assert said.status == 1
        assert said.errors[0].startswith("docs/ledger/a.json:1: this ledger is not as accept wrote it; restore it")
    assert path.read_bytes() == damaged


def test_ledger_of_no_article_is_reported(accepted):
    """A ledger whose article is gone, or has another name now, fails the build."""
    (accepted.root / "docs/en/articles/a.md").unlink()
    assert accepted.build().errors == ["docs/ledger/a.json:1: there is no article 'a'; remove its ledger, or bring the article back"]


def test_other_bytes_on_another_machine_are_only_reported(accepted, monkeypatch, caplog):
    """Where the processor is another, a text that differs is told, with the reason that it may have, and the build passes."""
    from zhixing import execute

    machine = execute.machine()
    monkeypatch.setattr(execute, "machine", lambda: {**machine, "processor": "another"})
    accepted.article("a", BODY.replace("print(helper.WIDTH)", "print(3.0000001)"))
    accepted.built()
    (note,) = caplog.messages
    assert note.startswith("a: #one is not byte for byte as accepted, which may come from processor another (accepted: ")


def test_acceptance_names_day_and_commit(accepted, monkeypatch):
    """The day is the clock's or that of SOURCE_DATE_EPOCH; the commit has a plus where articles or code have changed since."""
    git = ["git", "-C", accepted.root, "-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "all"], check=True)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    accepted.run("accept", "b", "--reason", "first")
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    (first,) = ledger_of(accepted, "b")["accepted"]
    assert first["date"] == "1970-01-02"
    assert commit.startswith(first["commit"])
    accepted.article("b", "`{python} 1 + 2`\n")
    accepted.run("accept", "b", "--reason", "second")
    assert ledger_of(accepted, "b")["accepted"][1]["commit"] == first["commit"] + "+"
    assert ledger_of(accepted)["accepted"][0]["commit"] == ""  # before there was a repository
