"""Formulas and diagrams are drawn at build time, once, without a browser or the network."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from zhixing import render


@pytest.mark.usefixtures("katex")
class TestFormula:
    """TeX by KaTeX."""

    def test_is_html_and_mathml(self):
        """A formula is KaTeX's HTML for the eye and MathML for everybody else, display or inline."""
        assert '<math xmlns="http://www.w3.org/1998/Math/MathML"' in render.formula("x^2", False)
        assert 'class="katex-display"' in render.formula("x^2", True)
        assert 'class="katex-display"' not in render.formula("x^2", False)

    def test_is_the_same_each_time(self):
        """The same TeX is the same HTML, drawn or from the cache, and needs no request."""
        first = render.formula(r"\sum_{i=1}^n \text{卷积}", True)
        assert render.formula(r"\sum_{i=1}^n \text{卷积}", True) == first
        assert not re.search(r'(?:src|href)="http', first)

    def test_is_drawn_once(self, monkeypatch):
        """What was drawn before is taken from the cache, also by another process: V8 is not started."""
        first = render.formula("once + 1", False)
        monkeypatch.setitem(sys.modules, "py_mini_racer", None)
        render._katex.cache_clear()
        assert render.formula("once + 1", False) == first
        with pytest.raises(ImportError):
            render.formula("twice + 2", False)

    @pytest.mark.parametrize("damage", [b"", b"<p>other</p>"])
    def test_that_is_damaged_in_the_cache_is_drawn_again(self, damage, monkeypatch, tmp_path):
        """A kept drawing that is not what was kept is not used, and is mended."""
        (tmp_path / "frontend").symlink_to(render.frontend.cache_folder() / "frontend", target_is_directory=True)
        monkeypatch.setenv("ZHIXING_CACHE", str(tmp_path))
        first = render.formula("d", False)
        (kept,) = (tmp_path / "rendered").rglob("*.html")
        whole = kept.read_bytes()
        kept.write_bytes(damage)
        assert render.formula("d", False) == first
        assert kept.read_bytes() == whole

    @pytest.mark.parametrize("tex", [r"\frac{1}", r"\unknown", r"\begin{aligned} x", "a & b", "}", "x_"])
    def test_that_is_wrong_raises(self, tex):
        """TeX that KaTeX cannot read raises an error with KaTeX's reason, each time."""
        for _ in range(2):
            with pytest.raises(render.RenderError) as caught:
                render.formula(tex, True)
            assert (caught.value.what, caught.value.source) == ("formula", tex)
            assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("katex")
def test_process_that_drew_a_formula_ends(child_environment, tmp_path):
    """A process that started V8 ends by itself, with its own exit status, also after an error."""
    (tmp_path / "frontend").symlink_to(Path(child_environment["ZHIXING_CACHE"], "frontend").resolve(), target_is_directory=True)
    program = "from zhixing.render import formula\nformula('x', True)\nformula('}', True)"
    environment = {**child_environment, "ZHIXING_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "RenderError" in done.stderr.splitlines()[-1]


class TestDiagram:
    """Mermaid by merman, or left to mermaid.js."""

    FLOW = "flowchart TD\n  a --> b\n"

    def test_is_two_svgs(self):
        """A diagram is drawn for light and for dark pages, each with a size of its own and ids of its own."""
        pytest.importorskip("merman")
        drawn = render.diagram(self.FLOW)
        assert [len(re.findall(rf'<div class="zx-diagram zx-{scheme}"><svg', drawn)) for scheme in ("light", "dark")] == [1, 1]
        assert 'width="100%"' not in drawn
        ids = re.findall(r'\sid="([^"]*)"', drawn)
        assert len(ids) == len(set(ids))
        assert render.diagram(self.FLOW) == drawn

    def test_with_math_is_left_to_the_browser(self):
        """Labels with TeX are left to mermaid.js, with their source escaped."""
        pytest.importorskip("merman")
        drawn = render.diagram('flowchart TD\n  a["$$x < 1$$"] --> b\n')
        assert drawn.startswith(render.FALLBACK)
        assert "x &lt; 1" in drawn

    def test_without_merman_is_left_to_the_browser(self, monkeypatch):
        """On a platform without merman's wheel every diagram is left to mermaid.js."""
        from importlib.metadata import PackageNotFoundError

        def absent(name):
            raise PackageNotFoundError(name)

        monkeypatch.setattr(render, "installed", absent)
        assert render.diagram(self.FLOW) == f"{render.FALLBACK}flowchart TD\n  a --&gt; b\n</div>"

    @pytest.mark.parametrize("source", ["", "no diagram", "flowchart TD\n  a --> [\n", "sequenceDiagram\n  A->>\n"])
    def test_that_is_wrong_raises(self, source):
        """Mermaid that cannot be read raises an error with the reason in one line."""
        pytest.importorskip("merman")
        with pytest.raises(render.RenderError) as caught:
            render.diagram(source)
        assert caught.value.what == "diagram"
        assert "\n" not in str(caught.value).strip()
