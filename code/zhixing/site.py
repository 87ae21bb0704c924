"""A site for a blog that has no mkdocs.yml yet: one small configuration a language, below build/."""

from __future__ import annotations

from pathlib import Path

import yaml

from .config import Config
from .store import write_whole


def write_default_site(config: Config) -> list[Path]:
    """Write ``build/mkdocs.yml`` (``build/mkdocs.<lang>.yml`` for further languages); returns their paths below the root."""
    made = []
    for n, language in enumerate(config.languages):
        path = config.build / ("mkdocs.yml" if n == 0 else f"mkdocs.{language}.yml")
        styles = sorted(p.name for p in (config.woven(language) / "assets/zhixing").glob("*.css"))
        site = {
            "site_name": config.root.name,
            "docs_dir": f"docs/{language}",
            "site_dir": "../site" if n == 0 else f"../site/{language}",
            "theme": {"name": "material", "language": language, "font": False},
            "plugins": ["search"],
            "markdown_extensions": ["zhixing"],
            "extra_css": [f"assets/zhixing/{name}" for name in styles],
            "exclude_docs": "notebooks/",
            "not_in_nav": "/tests.md",
        }
        write_whole(path, yaml.safe_dump(site, allow_unicode=True, sort_keys=False).encode())
        made.append(path.relative_to(config.root))
    return made
