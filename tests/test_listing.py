"""Listings are code of code/, by file, lines, section or qualified name."""

import textwrap

import pytest

from zhixing.listing import ListingError, listed, numbered

SOURCE = '''\
"""Module."""
import math

# --8<-- [start:constants]
A = 1
B: float = 2.0  # --8<-- [start:inner]
C, D = 3, 4
# --8<-- [end:inner]
# --8<-- [end:constants]


@decorate
@decorate.more(
    "x"
)
class Outer(Base):
    """Outer."""

    attribute: int = 3

    class Inner:
        async def method(self):
            return (
                1
            )

    @property
    def method(self):

        return 2


def function(a): return a


if A:
    def conditional():
        pass
'''


@pytest.fixture
def code(tmp_path):
    """A code/ with one Python module and one file of another kind."""
    folder = tmp_path / "code"
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "module.py").write_text(SOURCE)
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "data.yaml").write_text("a: 1\n# --8<-- [start: part]\nb:\n  c: 2\n# --8<-- [end: part]\n")
    (tmp_path / "secret.py").write_text("x = 1\n")
    return folder


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("function", "def function(a): return a"),
        ("A", "A = 1"),
        ("B", "B: float = 2.0  # --8<-- [start:inner]"),
        ("Outer.attribute", "attribute: int = 3"),
        ("Outer.method", "@property\ndef method(self):\n\n    return 2"),
        ("Outer.Inner.method", "async def method(self):\n    return (\n        1\n    )"),
        ("Outer.Inner", "class Inner:\n    async def method(self):\n        return (\n            1\n        )"),
        ("constants", "A = 1\nC, D = 3, 4"),
        ("inner", "C, D = 3, 4"),
        ("1:2", '"""Module."""\nimport math'),
        (":1", '"""Module."""'),
        ("5:5", "A = 1"),
    ],
)
def test_part_of_a_file(part, expected, code):
    """A name gives its source with decorators, a section what it encloses, lines both ends; all dedented."""
    assert listed(code, f"package/module.py:{part}") == expected


@pytest.mark.parametrize("part", ["", ":Outer.method", ":constants", ":inner", ":2:5", ":function"])
def test_rows_know_their_lines(part, code):
    """Each row of a listing comes with its number in the file, markers between them left out."""
    rows = numbered(code, f"package/module.py{part}")
    assert [SOURCE.split("\n")[number - 1] for number, _ in rows] == [row for _, row in rows]
    assert textwrap.dedent("\n".join(row for _, row in rows)).strip("\n") == listed(code, f"package/module.py{part}")
    if part == ":constants":
        assert [number for number, _ in rows] == [5, 7]


def test_class_keeps_its_decorators_and_inner_lines(code):
    """A class's listing is its source as it stands, from the first decorator to the last line."""
    text = listed(code, "package/module.py:Outer")
    assert text.startswith('@decorate\n@decorate.more(\n    "x"\n)\nclass Outer(Base):')
    assert text.endswith("        return 2")
    assert text in textwrap.dedent(SOURCE)


def test_whole_file_without_markers(code):
    """A whole file is listed without the lines that mark its sections."""
    assert listed(code, "data.yaml") == "a: 1\nb:\n  c: 2"
    assert listed(code, "data.yaml:part") == "b:\n  c: 2"


@pytest.mark.parametrize(
    ("target", "message", "fix"),
    [
        ("absent.py", "listing 'absent.py': there is no code/absent.py", "name an existing file below code/"),
        ("package", "listing 'package': there is no code/package", "name an existing file below code/"),
        ("../secret.py", "listing '../secret.py' is outside code/", "name a file below code/"),
        ("/etc/passwd", "listing '/etc/passwd' is outside code/", "name a file below code/"),
        ("data.yaml:absent", "listing 'data.yaml:absent': code/data.yaml has no absent", "name a section that the file marks"),
    ],
)
def test_what_is_not_there(target, message, fix, code):
    """A file, name or section that is not there, or not below code/, is an error that says what is."""
    with pytest.raises(ListingError) as caught:
        listed(code, target)
    assert (str(caught.value), caught.value.fix) == (message, fix)


@pytest.mark.parametrize("part", ["Outer.absent", "C.x", "conditional.x", "1:999", "absent", "constants.x"])
def test_missing_name_lists_those_there_are(part, code):
    """A missing name of a module is answered with the names that the module defines."""
    with pytest.raises(ListingError) as caught:
        listed(code, f"package/module.py:{part}")
    assert caught.value.fix == "the file defines A, B, Outer, function"


def test_link_out_of_code(code):
    """A symbolic link that leads out of code/ is refused."""
    (code / "link.py").symlink_to(code.parent / "secret.py")
    with pytest.raises(ListingError, match="is outside code/"):
        listed(code, "link.py")


def test_module_that_does_not_parse(code):
    """A name of a module that does not parse raises its SyntaxError."""
    with pytest.raises(SyntaxError):
        listed(code, "broken.py:f")
