"""What is published of a run, and what of it cannot be compared."""

import pytest

from zhixing.config import load
from zhixing.read import read_works
from zhixing.results import places, results_of, rows
from zhixing.store import Entry


@pytest.fixture
def results(blog):
    """A function that gives the results and the problems of an article with these outputs, values and files."""

    def results(body, outputs=None, values=(), assets=None, **others):
        blog.article("a", body)
        for language, text in others.items():
            blog.article("a", text, language)
        (work,) = read_works(load(blog.root), pytest.fail)
        problems = []
        found = results_of(work, Entry("a", {}, {}, outputs or {}, list(values), assets or {}, {}), problems.append)
        return found, [str(problem) for problem in problems]

    return results


def shown(**data):
    return {"output_type": "display_data", "data": {kind.replace("_", "/"): text for kind, text in data.items()}, "metadata": {}}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


CELL = "```python {.cell #one}\n1\n```\n"


def test_every_inline_value_is_a_result_once(results):
    """The same expression and format is one result, with the tolerance that is stated of it anywhere."""
    found, problems = results(
        "`{python} x:.2f`, `{python} x:.2f ± 0.1`, `{python} x`, `{python} m:.3f ± sd`\n",
        values=[["x", ".2f", "0.50"], ["x", "", "0.5"], ["m", ".3f", "0.980"], ["sd", ".3f", "0.004"]],
    )
    assert found.values == {"x:.2f": "0.50 ± 0.1", "x": "0.5", "m:.3f": "0.980 ± 0.004"}
    assert problems == []


def test_claim_is_what_it_asserts(results):
    """A claim that asserts something else is another result; what stands around it is not."""
    first, _ = results("```python {.cell #c .claim}\nassert 1 > 0\n```\n")
    same, _ = results("Other prose.\n\n```python {.cell #c .claim}\nassert 1 > 0\n\n```\n")
    other, _ = results("```python {.cell #c .claim}\nassert True\n```\n")
    assert first.claims == same.claims != other.claims


def test_table_is_read_cell_by_cell(results):
    """A table's texts are its results; its HTML and the text beside it are not."""
    heading = "<thead><tr><th></th><th>a &amp; b</th></tr></thead>"
    page = f"<table class='dataframe'>{heading}<tbody><tr><th>CNN</th><td>0.9\n ± 0.1</td></tr></tbody></table>"
    found, _ = results(CELL, {"one": [shown(text_html=page, text_plain="…")]})
    assert found.tables == {"one": [["", "a & b"], ["CNN", "0.9 ± 0.1"]]}
    assert found.digests == {}
    assert rows("<p>none</p>") == []
    assert rows("<table>a<tr>b<td>c</td>d</tr></table>") == [["c"]]


def test_other_outputs_are_digests(results):
    """A figure, a printed text or an error is its digest: it changes with what is published, and with nothing else."""
    outputs = {"one": [stream("a"), stream("b", "stderr"), shown(**{"image_svg+xml": "<svg/>", "text_plain": "<Figure>"})]}
    found, _ = results(CELL, outputs)
    merged, _ = results(CELL, {"one": [stream("ab"), shown(**{"image_svg+xml": "<svg/>", "text_plain": "<Figure at>"})]})
    other, _ = results(CELL, {"one": [stream("ab"), shown(**{"image_svg+xml": "<svg> </svg>", "text_plain": "<Figure>"})]})
    assert found.digests == merged.digests != other.digests
    wanted = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    assert results(CELL, {"one": [wanted]})[0].digests != results(CELL, {"one": [{**wanted, "evalue": "yes"}]})[0].digests


def test_hidden_output_is_no_result(results):
    """What no language shows is not published."""
    body = CELL.replace("#one", "#one output=hide")
    assert results(body, {"one": [stream("a")]})[0].digests == {}
    assert list(results(body, {"one": [stream("a")]}, zh=CELL)[0].digests) == ["one"]


def test_files_that_the_run_wrote_are_results(results):
    """A file beside the page is its digest."""
    assert list(results(CELL, assets={"a.csv": "MQ=="})[0].digests) == ["a.csv"]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN"])
def test_value_that_is_not_finite_is_refused(results, text):
    """NaN and infinity are no results: each place of such a value is named."""
    _, problems = results("First.\n\n`{python} x:.2f`\n", values=[["x", ".2f", text]])
    assert len(problems) == 1
    assert problems[0].startswith(f"docs/en/articles/a.md:8: the inline value 'x:.2f' is {text};")


@pytest.mark.parametrize(("text", "sd"), [("warm", "0.1"), ("0.9", "nan"), ("0.9", "-0.1"), ("0.9", "much"), ("0.9 ± 0.1", "0.1")])
def test_tolerance_that_means_nothing_is_refused(results, text, sd):
    """A tolerance is a finite number from 0 up, of a number that has no other: anything else is a problem at its line."""
    _, problems = results("`{python} x ± sd`\n", values=[["x", "", text], ["sd", "", sd]])
    assert len(problems) == 1
    assert problems[0].startswith("docs/en/articles/a.md:6: the inline value 'x'")


def test_two_tolerances_of_one_value_are_refused(results):
    """A value whose translations state other tolerances is a problem where the second is stated."""
    _, problems = results("`{python} x ± 0.1`\n", values=[["x", "", "1"]], zh="`{python} x ± 0.2`\n")
    assert problems == [
        "docs/zh/articles/a.md:6: the inline value 'x' has two tolerances: '1 ± 0.1' and '1 ± 0.2'; state the same one everywhere"
    ]


def table(*texts):
    return shown(text_html=f"<table><tr>{''.join(f'<td>{text}</td>' for text in texts)}</tr></table>")


def test_table_that_is_not_finite_is_refused(results):
    """A table with NaN in it is a problem at its cell; a word that holds these letters is none."""
    _, problems = results(CELL, {"one": [table("nanometre", "NaN", "1", "inf")]})
    assert problems == [
        "docs/en/articles/a.md:6: the table of cell #one holds NaN; show – where there is no number, or mend what it is computed from"
    ]
    assert results(CELL, {"one": [table("nanometre", "1")]})[1] == []


@pytest.mark.parametrize(("outputs", "fine"), [([table("a", "0.5")], True), ([table("a", "b")], False), ([stream("0.5")], False)])
def test_tolerance_of_a_cell_is_that_of_its_numbers(results, outputs, fine):
    """A cell's tolerance is its table's; without a table that holds a number it is a problem."""
    found, problems = results(CELL.replace("#one", "#one tolerance=0.01"), {"one": outputs})
    assert found.tolerances == {"one": "0.01"}
    assert (problems == []) is fine


def test_result_is_where_it_first_stands(blog):
    """A value is found where the original first states it, or else a translation; a cell where its fence begins."""
    blog.article("a", "`{python} y`\n\n`{python} x`\n", "zh")
    blog.article("a", "`{python} x`\n\n`{python} x`\n", "en")
    blog.write("pyproject.toml", '[tool.zhixing]\nlanguages = ["en", "zh"]\n')
    (work,) = read_works(load(blog.root), pytest.fail)
    assert places(work) == {"x": ("docs/en/articles/a.md", 6), "y": ("docs/zh/articles/a.md", 6)}
