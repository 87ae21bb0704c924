"""Verifying: a reader's own results beside the published ones."""

import json

import pytest

BODY = """\
```python {.cell #one caption="Scores"}
import json, random
from IPython.display import HTML
score = json.load(open("scores.json"))
print(score)
HTML(f"<table><tr><td>n</td><td>{score + 0.5} ± 0.2</td></tr></table>")
```

The score is `{python} score ± 0.2`, of `{python} round(score)`.

```python {.cell #claim .claim}
assert score > 1
```
"""


@pytest.fixture
def published(blog):
    """A blog whose one article is accepted with a score of 3."""
    blog.article("a/index", BODY)
    blog.write("docs/en/articles/a/scores.json", "3.0")
    assert blog.run("accept", "a", "--reason", "first").status == 0
    return blog


def states(said):
    return {f"{one['kind']} {one['name']}": one["state"] for one in said.json["results"]}


def test_the_same_results_pass(published):
    """Where everything comes out as published, each result stands in the table, and the exit status is 0."""
    said = published.run("verify", "a")
    assert said.status == 0, said.err
    assert "About a/index (docs/en/articles/a/index.md)" in said.out
    assert "nothing is different" in said.out
    assert "#claim" in said.out
    rows = [row.split() for row in said.out.splitlines() if row.startswith("14 ")]
    assert [row[1] for row in rows] == ["score", "round(score)"]
    assert {row[-1] for row in rows} == {"same"}
    assert "[1/1] a ran in" in said.err


def test_a_run_is_made_even_where_the_store_has_one(published):
    """What is compared is what comes out now, not what was kept."""
    assert published.run("verify", "a", "--json").slugs("ran") == {"a"}


def test_results_within_tolerance_pass(published):
    """A number within its tolerance passes and is told from one that is the same; other bytes on the same machine do not pass."""
    published.write("docs/en/articles/a/scores.json", "3.1")
    found = states(published.run("verify", "a", "--json"))
    assert found["value score"] == "within tolerance"
    assert found["value round(score)"] == "same"
    assert found["table #one row 1, column 2"] == "within tolerance"
    assert found["output #one"] == "different"
    assert found["claim #claim"] == "same"


def test_other_conditions_are_named_and_their_bytes_not_compared(published, monkeypatch):
    """On another processor with another version, both are shown beside the published ones, and bytes are not comparable."""
    from zhixing import execute

    machine = execute.machine()
    monkeypatch.setattr(execute, "machine", lambda: {**machine, "processor": "another one"})
    published.write("docs/en/articles/a/scores.json", "3.1")
    said = published.run("verify", "a")
    assert said.status == 0, said.err
    (row,) = (row for row in said.out.splitlines() if row.startswith("processor"))
    assert row.endswith("another one")
    assert "1 same, 2 within tolerance" not in said.out
    assert "1 not comparable: nothing is different" in said.out


def test_different_results_fail(published):
    """Where a result is outside its tolerance the exit status is 1; the table has both."""
    published.write("docs/en/articles/a/scores.json", "4.0")
    said = published.run("verify", "a", "--json")
    assert said.status == 1
    assert states(said)["value score"] == "different"
    assert said.errors[0].startswith("docs/en/articles/a/index.md:1: 4 of 5 results are different here; ")
    assert json.loads(said.out)["published"]["versions"] == json.loads(said.out)["here"]["versions"]


def test_failing_run_shows_its_error(published):
    """A claim that does not hold here fails as in a build, at its line."""
    published.write("docs/en/articles/a/scores.json", "0.5")
    assert published.run("verify", "a", "--json").errors[0].startswith("docs/en/articles/a/index.md:17: cell #claim: AssertionError")


def test_nothing_accepted_is_said(blog):
    """An article without a ledger cannot be verified, and an unknown one is named with those that there are."""
    blog.article("b", "`{python} 1`\n")
    (error,) = blog.run("verify", "b", "--json").errors
    assert error.startswith("docs/ledger/b.json:1: no results of b were accepted, so there is nothing to compare with; accept them first")
    assert blog.run("verify", "c", "--json").errors == ["docs:1: there is no article 'c'; there is b"]


def test_verify_writes_nothing_to_the_ledger(published):
    """Whatever comes out, the ledger stays as it is."""
    before = published.digests("docs/ledger")
    published.write("docs/en/articles/a/scores.json", "4.0")
    published.run("verify", "a")
    assert published.digests("docs/ledger") == before
