"""Callers: what a frame on the stack tells of who asks for a file, and what for."""

from __future__ import annotations

from types import FrameType

# functions of Python's path modules that tell no more of a file than whether it is there and what kind it is
PATHS = ("posixpath", "ntpath", "genericpath", "pathlib")
KIND = ("exists", "lexists", "isfile", "isdir", "islink", "is_file", "is_dir", "is_symlink", "realpath", "_joinrealpath")


def asks_for_kind(frame: FrameType) -> bool:
    """Whether it is there, or what kind it is, is all that is asked of a file."""
    if frame.f_code.co_name in ("stat", "lstat") and _module(frame) == "pathlib":
        frame = frame.f_back  # a path's method asks through another
    return frame.f_code.co_name in KIND and _module(frame) in PATHS


def _module(frame: FrameType) -> str:
    return frame.f_globals.get("__name__", "").partition(".")[0]


def captures_stack(frame: FrameType) -> bool:
    """Whether an installed package keeps the stack for its own error messages, as ``torch.manual_seed`` does."""
    extracts = False
    while frame.f_back and frame.f_globals.get("__name__") in ("linecache", "traceback"):
        extracts |= frame.f_code.co_name == "extract_stack"
        frame = frame.f_back
    return extracts and is_of_a_distribution(frame.f_code.co_filename)


def is_of_a_distribution(path: str) -> bool:
    return "site-packages" in path or "dist-packages" in path
