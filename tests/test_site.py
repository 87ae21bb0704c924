"""The configuration for a blog that has no mkdocs.yml."""

import yaml

from zhixing.config import load
from zhixing.site import write_default_site


def test_each_language_has_its_site_the_first_at_the_root(tmp_path):
    """The first language is built to site/, another below it, each from its woven tree, with the style sheets that are there."""
    for language in ("en", "zh"):
        (tmp_path / "docs" / language / "articles").mkdir(parents=True)
    styles = tmp_path / "build/docs/en/assets/zhixing"
    styles.mkdir(parents=True)
    (styles / "zhixing.css").touch()
    paths = write_default_site(load(tmp_path))
    first, second = (yaml.safe_load((tmp_path / path).read_text(encoding="utf-8")) for path in paths)
    assert [str(path) for path in paths] == ["build/mkdocs.yml", "build/mkdocs.zh.yml"]
    assert (first["docs_dir"], first["site_dir"]) == ("docs/en", "../site")
    assert (second["docs_dir"], second["site_dir"]) == ("docs/zh", "../site/zh")
    assert first["extra_css"] == ["assets/zhixing/zhixing.css"]
    assert second["extra_css"] == []
    assert first["markdown_extensions"] == ["zhixing"]
    assert first["theme"]["font"] is False
