"""Zhixing: articles whose code runs become Markdown that says what it did.

read → plan → execute → store → bind → weave → prove, in the order of ``pipeline.build``.
"""

__version__ = "0.1.0"
