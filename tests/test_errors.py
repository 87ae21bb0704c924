"""How what is wrong is said."""

from pathlib import PurePosixPath

from zhixing.errors import Problem, Problems, ZhixingError


def test_a_problem_says_where_what_and_what_to_do():
    """The text is ``path:line: what; fix``, and the JSON form has its parts."""
    problem = Problem(PurePosixPath("docs/en/articles/a.md"), 7, "no alt text", 'say what it shows: alt="…"')
    assert str(problem) == 'docs/en/articles/a.md:7: no alt text; say what it shows: alt="…"'
    assert problem.as_json() == {"path": "docs/en/articles/a.md", "line": 7, "message": 'no alt text; say what it shows: alt="…"'}
    assert isinstance(problem, ZhixingError)


def test_problems_come_in_the_order_of_their_places_each_once():
    """Problems of one run are sorted by path and line (as numbers), and a repeated one is said once."""
    places = [("b.md", 1), ("a.md", 10), ("a.md", 9), ("a.md", 10)]
    said = Problems(Problem(path, line, "wrong", "mend it") for path, line in places).problems
    assert [(p.path, p.line) for p in said] == [("a.md", 9), ("a.md", 10), ("b.md", 1)]
