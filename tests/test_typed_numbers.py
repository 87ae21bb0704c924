"""Typed numbers: where they are errors, what names them, and what excuses them."""

import json

import pytest

from zhixing.config import load
from zhixing.read import read_works
from zhixing.typed_numbers import Counts, check_typed, counts


def problems_of(blog):
    """What is wrong with the numbers of the one work of a blog, as line: message."""
    config, problems = load(blog.root), []
    (work,) = read_works(config, pytest.fail)
    check_typed(work, config, problems.append)
    return [f"{problem.line}: {problem.message}" for problem in problems]


def numbers_of(blog):
    return [message.split(" is typed")[0].split("the number ")[1] for message in problems_of(blog)]


@pytest.mark.parametrize(
    ("text", "field"),
    [("0.9734", ".4f"), ("85%", ".0%"), ("97.3 %", ".1%"), ("1,234.5", ".1f"), ("3×", ".0f"), ("百分之八十五", ".0%")],
)
def test_a_typed_number_is_an_error_at_its_line(text, field, blog):
    """The error has the line, the number, and the inline value that would print it."""
    blog.article("typed", f"First.\n\nWe get {text} here.\n")
    fix = f"bind it: `{{python}} expression:{field}`, or excuse it: <!-- typed: why -->"
    assert problems_of(blog) == [f"8: the number {text} is typed; {fix}"]


@pytest.mark.parametrize(
    "text", ["0.97<!-- typed: a paper -->", "0.97 of them <!-- typed: a paper,\nTable 2 -->", "| 0.97 <!--typed:why--> |"]
)
def test_a_reason_excuses_the_number_before_it(text, blog):
    """A comment with a reason excuses the nearest number before it in its paragraph."""
    blog.article("typed", f"{text}\n")
    assert problems_of(blog) == []


def test_an_excuse_is_for_one_number(blog):
    """Only the nearest number is excused, and only in the same paragraph."""
    blog.article("typed", "0.91 and 0.92<!-- typed: a paper --> and 0.93\n")
    assert numbers_of(blog) == ["0.91", "0.93"]


@pytest.mark.parametrize("text", ["0.97<!-- typed -->", "0.97<!-- typed: -->", "Nothing.<!--typed:-->"])
def test_an_excuse_needs_a_reason(text, blog):
    """An excuse without a reason is an error at its line."""
    blog.article("typed", f"\n{text}\n")
    assert problems_of(blog) == ["7: this excuse gives no reason; write where the number comes from: <!-- typed: why -->"]


def test_an_excuse_needs_a_number(blog):
    """An excuse without a number before it is an error at its line."""
    blog.article("typed", "Nothing.<!-- typed: why --> 8×8\n")
    what = "this excuse has no typed number before it in its paragraph"
    assert problems_of(blog) == [f"6: {what}; put it right after the number, or remove it"]


@pytest.mark.parametrize("between", ["\n\n", "\n\n```text\n```\n\n", "<!-- typed: a paper -->"])
def test_an_excuse_does_not_reach_another_paragraph(between, blog):
    """A number of an earlier paragraph, or one that is excused already, is not excused."""
    blog.article("typed", f"0.97{between}Nothing.<!-- typed: why -->\n")
    assert any("no typed number before it" in message for message in problems_of(blog))


def test_numbers_that_the_code_names_are_no_results(blog):
    """A decimal of the article's cells or listings may be typed, also as a percentage or in another spelling; a ratio may not."""
    blog.write("code/model.py", "def model(dropout=0.15):\n    return dropout\n\nOTHER = 0.77\n")
    cell = "```python {.cell #one}\nrate, decay = 5e-3, 1e-4\n```\n"
    listing = '```python\n--8<-- "model.py:model"\n```\n'
    prose = "0.005, 0.5 %, 0.0001, 15%, 0.005 to 0.15, but 0.77, 0.16, 0.005× and 0.005 to 0.2.\n"
    blog.article("typed", f"{cell}\n{listing}\n{prose}")
    assert numbers_of(blog) == ["0.77", "0.16", "0.005×", "0.005 to 0.2"]


def test_a_translation_names_what_the_original_s_cells_name(blog):
    """Cells whose body is left empty count with the original's code."""
    blog.article("typed", "```python {.cell #one}\nrate = 5e-3\n```\n\n0.005\n", "en")
    blog.article("typed", "```python {.cell #one}\n```\n\n步长 0.005，准确率 0.97。\n", "zh")
    assert numbers_of(blog) == ["0.97"]


def test_code_that_does_not_parse_names_nothing(blog):
    """A cell that is no Python, and a listing that is not there, are left to others to report."""
    blog.article("typed", '```python {.cell #one}\nrate = = 0.5\n```\n\n```\n--8<-- "absent.py"\n```\n\n0.5\n')
    assert numbers_of(blog) == ["0.5"]


def test_titles_descriptions_captions_and_alternative_texts_are_read(blog):
    """A number there is an error at its line; it can only be left to the prose."""
    cell = '```python {.cell #one caption="It gets 0.97." alt="A line that ends at 85 %."}\n```\n'
    blog.article("typed", f"{cell}", front="description: We get 0.98.\n")
    said = "is typed; leave it to the prose, where a run can give it"
    assert problems_of(blog) == [f"4: the number 0.98 {said}", f"7: the number 0.97 {said}", f"7: the number 85 % {said}"]


def test_what_is_shown_as_code_is_not_read(blog):
    """Cells, listings, other fences, diagrams, formulas and inline values hold no typed numbers."""
    fences = "```python {.cell #one}\nx = 0.91\n```\n\n```text\n0.92\n```\n\n```mermaid\nflowchart TD\n  a[0.93]\n```\n"
    formulas = "$$\n0.94\n$$ {#eq-one}\n\n$$\n0.95\n$$\n"
    blog.article("typed", f"{fences}\n{formulas}\n`{{python}} x + 0.96:.2f ± 0.01`\n")
    assert problems_of(blog) == []


def test_bound_and_excused_numbers_are_counted(blog):
    """The counts of an article are its inline values and its excuses; an excuse in code is none."""
    blog.article("typed", "`{python} 1 / 3:.2f`, `{python} 2`, 0.9<!-- typed: a paper -->, `<!-- typed: x -->`\n")
    (work,) = read_works(load(blog.root), pytest.fail)
    assert counts(work.original) == Counts(bound=2, excused=1)


@pytest.fixture(scope="module")
def typed(new_blog):
    """A blog with a sound article, and one in which 0.9734 is typed on line 8."""
    blog = new_blog("typed")
    blog.article("sound", "Sound.\n")
    blog.article("typed", "First.\n\nThe accuracy is 0.9734.\n")
    return blog


ERROR = "docs/en/articles/typed.md:8: the number 0.9734 is typed; bind it: `{python} expression:.4f`, or excuse it: <!-- typed: why -->"


@pytest.mark.parametrize("command", ["build", "check", "status"])
def test_a_typed_number_fails_each_command(command, typed):
    """A typed number fails build and check with its line and status 1, and nothing is published."""
    said = typed.run(command)
    assert (said.status, said.err.splitlines()[0]) == (1, ERROR)
    said = typed.run(command, "--json")
    assert (said.status, said.errors, said.articles["typed"]["state"]) == (1, [ERROR], "failed")
    assert not (typed.root / "build" / "docs").exists()


def test_check_of_named_articles(typed):
    """With names, check tells of those articles alone; a name that is none is an error."""
    assert (typed.run("check", "sound").status, typed.run("check", "sound").out) == (0, "sound  sound\n")
    assert typed.run("check", "typed", "sound", "--json").errors == [ERROR]
    said = typed.run("check", "absent", "--json")
    assert said.errors == ["docs:1: there is no article 'absent'; there is sound, typed"]


def test_check_runs_nothing_and_says_what_needs_no_run(new_blog):
    """Check finds what is misspelled or names nothing, executes no cell and writes no file."""
    blog = new_blog("checked")
    cell = '```python {.cell #fig caption="A figure"}\nopen("ran", "w")\n```\n'
    missing = '```python\n--8<-- "absent.py"\n```\n\n[@nobody], @eq-none, @fig-none and @fig-fig\n'
    blog.article("wrong", f"{cell}\n{missing}\n```python {{.cell #fig}}\n```\n")
    blog.write("docs/en/articles/unread.md", "no front matter\n")
    said = blog.run("check", "--json")
    told = ["unread.md:1: no front matter", "wrong.md:11: listing 'absent.py'", "wrong.md:14: no source is called 'nobody'"]
    told += ["wrong.md:14: @eq-none names no", "wrong.md:14: @fig-none names no", "wrong.md:16: the id #fig is already taken"]
    assert said.status == 1
    assert [any(text in error for error in said.errors) for text in told] == [True] * len(told)
    assert len(said.errors) == len(told)
    assert not any("@fig-fig" in error.split(";")[0] for error in said.errors)
    assert json.loads(blog.run("check", "unread", "--json").out)["articles"] == []
    assert blog.run("check", "unread").status == 1
    assert {path.name for path in blog.root.iterdir()} == {"docs"}


def test_check_s_help_teaches_the_excuse(typed):
    """``check --help`` shows how a number is bound and how it is excused."""
    said = typed.run("check", "--help").out
    assert "`{python} run.accuracy:.3f`" in said
    assert "<!-- typed: Iyyer et al. 2015, Table 2 -->" in said
