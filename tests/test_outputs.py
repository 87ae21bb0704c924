"""What a cell shows is kept in order; test_execute runs whole articles with it."""

import pytest

from zhixing.running.outputs import OutputLimit, Outputs, Stream, error_output


@pytest.fixture
def outputs(tmp_path):
    """Outputs that may hold 1,000 characters; nothing was written past Python's streams."""
    made = Outputs(1000, str(tmp_path), ["/home/me/blog", "/home/me/blog/build/run-1/a", "/opt/lib"])
    made.native, made.native_seen = open(tmp_path / "native", "ab+", buffering=0), 0  # noqa: SIM115, closed below
    yield made
    made.native.close()


def texts(outputs):
    return [(output.get("name"), output["text"]) for output in outputs.shown]


def test_a_stream_is_one_block_until_another_shows(outputs):
    """Prints in a row are one output, whenever they come; another stream or a display begins a new one."""
    out, err = Stream("stdout", outputs), Stream("stderr", outputs)
    for _ in range(3):
        print("a", "b", file=out)
    print("c", file=err)
    print("d", file=out)
    assert texts(outputs) == [("stdout", "a b\n" * 3), ("stderr", "c\n"), ("stdout", "d\n")]


def test_what_goes_past_pythons_streams_keeps_its_place(outputs):
    """Text written to the descriptor comes before what is printed after it."""
    out = Stream("stdout", outputs)
    out.write("first ")
    outputs.native.write("second 卷 ".encode())
    out.write("third")
    assert texts(outputs) == [("stdout", "first second 卷 third")]


def test_each_cell_begins_with_nothing(outputs):
    """A cell's outputs are its own; what was shown before them stays as it was handed on."""
    outputs.add({"output_type": "stream", "name": "stdout", "text": "one"})
    before = outputs.shown
    outputs.begin()
    outputs.add({"output_type": "stream", "name": "stdout", "text": "two"})
    assert (texts(outputs), before[0]["text"]) == ([("stdout", "two")], "one")


def test_outputs_of_all_cells_have_one_limit(outputs):
    """Many small outputs are as much as one large; what goes over is not kept, and the next is refused too."""

    def show():
        outputs.begin()
        outputs.add({"output_type": "stream", "name": "stdout", "text": "x" * 250})

    for _ in range(3):
        show()
    with pytest.raises(OutputLimit):
        show()
    assert outputs.over
    assert outputs.shown == []
    with pytest.raises(OutputLimit):
        show()


def test_data_is_fit_for_json(outputs):
    """Bytes become base64."""
    outputs.add({"output_type": "display_data", "data": {"image/png": b"\x89PNG"}, "metadata": {}})
    assert outputs.shown[0]["data"] == {"image/png": "iVBORw=="}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/me/blog/code/own.py:3: UserWarning", "code/own.py:3: UserWarning"),
        ("in /home/me/blog/build/run-1/a, or /home/me/blog", "in ., or ."),
        ("['/home/me/blog/build/run-1/a/x', '/opt/lib/torch/a.py']", "['x', 'torch/a.py']"),
        ("/home/me/blogs /srv/home/me/blog/x ~/opt/lib/x /opt/lib.py", "/home/me/blogs /srv/home/me/blog/x ~/opt/lib/x /opt/lib.py"),
        ("<A at 0x7f00aa> <B object at 0x12>", "<A at 0x…> <B object at 0x…>"),
        ("0x12 at", "0x12 at"),
    ],
)
def test_what_is_another_on_each_machine_is_not_shown(outputs, text, shown):
    """Streams, values and errors show files as seen from the blog, the working folder or the library, and no address of an object."""
    halfway = len(text) // 2
    outputs.add({"output_type": "stream", "name": "stdout", "text": text[:halfway]})
    outputs.add({"output_type": "stream", "name": "stdout", "text": text[halfway:]})
    outputs.add({"output_type": "execute_result", "data": {"text/plain": text, "text/latex": text}, "metadata": {}})
    outputs.add(error_output(ValueError(text)))
    stream, result, error = outputs.shown
    assert (stream["text"], result["data"]["text/plain"], error["evalue"]) == (shown, shown, shown)
    assert result["data"]["text/latex"] == text


def test_a_styled_table_has_the_same_ids_each_time(outputs):
    """The random id that pandas gives a styled table is replaced, in its style and in its cells."""
    table = '<style>#T_0a1b2_row0_col0 {}</style><table id="T_0a1b2"><td id="T_0a1b2_row0_col0">T_00000x</td></table>'
    outputs.add({"output_type": "display_data", "data": {"text/html": table}, "metadata": {}})
    assert outputs.shown[0]["data"]["text/html"] == table.replace("T_0a1b2", "T_styled")


def test_a_wanted_error_is_published_without_its_traceback():
    """A traceback would hold this machine's paths."""
    assert error_output(KeyError("no")) == {"output_type": "error", "ename": "KeyError", "evalue": "'no'", "traceback": []}
