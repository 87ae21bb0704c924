"""Settings come from ``[tool.zhixing]``, all have defaults, and a wrong one is reported at its line."""

import pytest

from zhixing.config import Config, load
from zhixing.errors import Problem

SETTINGS = "environment, languages, memory_limit, output_limit, preload, process_limit, run_timeout, start_method, timeout, verify_command"


def test_everything_has_a_default(blog):
    """A folder with articles and no pyproject.toml is a blog; its languages are the folders that hold articles."""
    for language in ("zh", "en"):
        (blog.root / "docs" / language / "articles").mkdir(parents=True)
    (blog.root / "docs" / "theme").mkdir()
    config = load(blog.root)
    assert config == Config(blog.root.resolve(), languages=("en", "zh"), timeout=60, run_timeout=300, preload=(), environment=())
    assert (config.docs, config.code, config.build) == tuple(blog.root.resolve() / name for name in ("docs", "code", "build"))


def test_settings_are_read(blog):
    """Each setting of pyproject.toml takes the place of its default; other tools' tables are left alone."""
    blog.write("pyproject.toml", '[tool.other]\nx = 1\n[tool.zhixing]\nlanguages = ["zh", "en"]\ntimeout = 1.5\nenvironment = ["A"]\n')
    config = load(str(blog.root))
    assert (config.languages, config.timeout, config.run_timeout, config.environment) == (("zh", "en"), 1.5, 300, ("A",))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("timout = 3", "[tool.zhixing] has no setting 'timout'; did you mean timeout?"),
        ("colour = 3", f"[tool.zhixing] has no setting 'colour'; settings are {SETTINGS}"),
        ("root = 'x'", f"[tool.zhixing] has no setting 'root'; settings are {SETTINGS}"),
        ("timeout = '3'", "timeout = '3'; give seconds, above 0"),
        ("timeout = true", "timeout = True; give seconds, above 0"),
        ("run_timeout = 0", "run_timeout = 0; give seconds, above 0"),
        ("preload = 'torch'", "preload = 'torch'; give a list of strings"),
        ("memory_limit = 0", "memory_limit = 0; give GB, above 0"),
        ("process_limit = 'many'", "process_limit = 'many'; give a number of processes, above 0"),
        ("start_method = 'fork'", "start_method = 'fork'; give forkserver or spawn"),
        ("verify_command = 'verify'", "verify_command = 'verify'; give a text with {slug} in it"),
        ("verify_command = 1", "verify_command = 1; give a text with {slug} in it"),
        ("languages = [1]", "languages = [1]; give a list of strings"),
    ],
)
def test_wrong_setting(setting, message, blog):
    """A setting that does not exist or has another type is reported at its line, with what to write."""
    blog.write("pyproject.toml", f"[project]\nname = 'x'\n\n[tool.zhixing]\n{setting}\n")
    with pytest.raises(Problem) as caught:
        load(blog.root)
    assert str(caught.value) == f"pyproject.toml:5: {message}"


def test_broken_toml(blog):
    """A pyproject.toml that is no TOML is reported at the line where it breaks."""
    blog.write("pyproject.toml", "[project]\nname =\n")
    with pytest.raises(Problem, match=r"^pyproject.toml:2: not TOML: .*; mend the syntax$"):
        load(blog.root)
