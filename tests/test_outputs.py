"""What a cell shows is kept in order; test_execute runs whole articles with it."""

import pytest

from zhixing.outputs import OutputLimit, Outputs, Stream, error_output


@pytest.fixture
def outputs(tmp_path):
    """Outputs that may hold 1,000 characters; nothing was written past Python's streams."""
    made = Outputs(1000, str(tmp_path))
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
    """Bytes become base64, and addresses of objects, which are never the same twice, are hidden."""
    outputs.add({"output_type": "display_data", "data": {"image/png": b"\x89PNG", "text/plain": "<A at 0x7f00aa>"}, "metadata": {}})
    assert outputs.shown[0]["data"] == {"image/png": "iVBORw==", "text/plain": "<A at 0x…>"}


def test_a_wanted_error_is_published_without_its_traceback():
    """A traceback would hold this machine's paths."""
    assert error_output(KeyError("no")) == {"output_type": "error", "ename": "KeyError", "evalue": "'no'", "traceback": []}
