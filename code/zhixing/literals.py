"""Literals: the numbers in a text that look like results.

A decimal, a percentage or an "n×" in what readers see is a result, unless what stands around it says otherwise: a version,
a section's number, a size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = r"(?:(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?|\.\d++)(?:e[-+]?\d++)?"
SHARE = r"\s?[%％‰]|\s(?:percent(?:age\spoints?)?|per\scent)\b|-percent\b|\s?个?百分点"
RATIO = r"\s?×(?!\s?[\d$`]|[A-Za-z(])|[xX](?![A-Za-z\d]|\s\d)|\s?倍|\stimes(?=\s(?:as|the|less|more|fewer|[a-z]+er)\b)"
UNIT = r"(?:[kKMGT]i?B?|[mµμn]?s|min|h|[kMG]?Hz|[mckµμn]?m|[kM]?W|dB|fps|pp|bits?)(?![A-Za-z\d])"
LITERAL = re.compile(
    rf"""
    (?<![A-Za-z\d.@])(?<![A-Za-z][-/])(?<![A-Za-z\d]_)                      # no part of a name: Qwen2.5, HTTP/1.1, mAP@0.5
    {NUMBER}(?:(?P<share>{SHARE})|(?P<ratio>{RATIO}))?
    (?:\s?(?:[-–—~～±到至]|\bto\b)\s?{NUMBER}(?:(?P<share2>{SHARE})|(?P<ratio2>{RATIO}))?)?   # a range, a spread
    (?:(?={UNIT})|(?![A-Za-z\d]|_[A-Za-z\d]|\.\d))                                  # nor of 2.13.0 or 2024.01.31
    |百分之(?P<share3>[零〇一二两三四五六七八九十点\d.]+)
    """,
    re.X,
)
# in every text with a result or an excuse; that it begins with one character makes it fast
HINT = re.compile(
    r"""
    [.\d百<](?:
        (?<=\.)\d
        |(?<=\d)(?:\s?(?:[%％‰倍]|个?百|[×xX](?!\s?\d))|e[-+]?\d|[\s-](?:per|times))
        |(?<=百)分之
        |(?<=<)!--\s*typed
    )
    """,
    re.X,
)
EXCUSE = re.compile(r"<!--\s*typed\b:?\s*(?P<why>.*?)\s*-->", re.S)
# what readers do not see as text, or see as code or mathematics
NOT_PROSE = re.compile(
    r"""
    \\[\\$`<]
    |<!--.*?-->
    |(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)              # code
    |\$\$.+?\$\$|\\\(.+?\\\)|\\\[.+?\\\]
    |(?a:(?<![$\w])\$(?=[^\s$])(?:\\.|[^$\\\n]|\n(?![ \t]*\n))+?(?<!\s)\$(?!\d))     # mathematics in a line
    |<(?P<tag>script|style|pre|code|svg|math)\b.*?</(?P=tag)>
    |</?[A-Za-z][^<>]*>
    |\]\((?:[^()\n]|\([^()\n]*\))*\)|^[ ]{0,3}\[[^]^][^]]*\]:[^\n]*                  # targets of links
    |(?:https?://|www\.|doi:\s?|\b10\.\d{4,}/)[^\s<>，。、；）]+
    |(?i:arxiv[:\s]*)\d{4}\.\d{4,5}|\b\d\d(?:0[1-9]|1[012])\.\d{5}\b
    |\{[ ]?[:\#.][^{}\n]*\}|\{[^{}\n]*=[^{}\n]*\}                                      # attributes
    """,
    re.X | re.S | re.M,
)
# what is followed by a version where a number follows; others are written as v2.1, version 2.1 or in code
NAMES = r"""Python CPython PyPy PyTorch torch torchvision TensorFlow Keras JAX NumPy SciPy pandas Matplotlib scikit-learn sklearn
    pytest nox CUDA cuDNN ROCm Ubuntu Debian Fedora CentOS Windows macOS OS\sX iOS Android Linux Java JavaScript TypeScript Node\.js V8
    npm pip conda Ruby Rust PHP Perl Julia MATLAB Scala Kotlin Swift C\+\+ C\# \.NET GCC Clang LLVM glibc musl Django Flask MkDocs Sphinx
    Jupyter IPython Docker Kubernetes Git Unicode HTTP HTML XHTML CSS TLS SSL USB PCIe Bluetooth OpenGL OpenCV OpenMP OpenAPI ONNX WCAG
    Apache L?GPL AGPL MPL CC(?:-[A-Z]+)* License GPT Llama Claude Gemini Qwen DeepSeek"""
MEASURE = rf"\s?(?:[%％×倍秒]|[xX]\b|毫秒|{UNIT})|\s(?:seconds?|times|percent|points?)\b"
MEASURED = re.compile(MEASURE)
DOTTED = rf"(?!0\.\d{{3}})\d++\.\d++(?:\.\d++)*+(?!{MEASURE})"
MORE = rf"(?:(?:\s?[-–—~～/+、]\s?|,\s(?:[A-Za-z]\w*,?\s)*|\s?(?:and|or|to|和|或|到|至)\s?)v?{DOTTED})*"
NEWER = r"\+?\s?(?:(?:or|and)\s(?:newer|later|higher|above|up|older|earlier|below)\b|以?及以上|以上版本|及更高|以后的版本|版)"
VERSION = rf"""
    (?a:\b(?i:v|(?:versions?:?|releases?|since(?=\s[1-9]))\s(?:[<>=~≥≤]=?\s?)?)|版本号?[:：]?\s?){DOTTED}{MORE}
    |(?a:\b(?i:{"|".join(NAMES.split())}))(?:[-:：]|\sversions?:?)?\s?(?:[<>=~≥≤]=?\s?)?{DOTTED}{MORE}
    |(?:[<>=~]=|[≥≤])\s?(?:(?!0){DOTTED}|{DOTTED}\s*$)                              # requests >= 2.1
    |(?<![\d.])(?!0){DOTTED}(?={NEWER}|\s(?:version|release)s?\b)
    """
SECTION = rf"[1-9]\d?(?:\.\d{{1,2}})+(?![\d%])(?!{MEASURE})"
TITLE = r"(?:[A-Z][a-z]|(?!个?百分|[毫微纳]?秒|[分倍万亿千]|小时)[\u4e00-\u9fff])"
NUMBERED = r"section|sec|chapter|ch|figure|fig|table|tab|equation|eq|appendix|theorem|lemma|example|listing|algorithm|step"
# numbers that name something, or that no run could give
NOT_RESULT = re.compile(
    rf"""
    (?P<version>{VERSION})
    |(?:\b(?i:(?:{NUMBERED})s?)\b\.?|§|(?<![代方形模格])[图表式节章第]|算法|定理|附录|公式)\s?\(?{SECTION}(?:\s?(?:[-–~,、]|and|到|和)\s?{SECTION})*
    |(?<![\d.]){SECTION}\s?(?=小?[节章])
    |^[ \t>]*\#+\s+{SECTION}|^[ \t>]*(?:[-*+]\s+|\*\*|\[)+{SECTION}\.?(?=\s{TITLE})    # a heading's number, also in a list
    |(?<![\d.])\d[\d.]*+(?:\s?[×x]\s?\d[\d.]*+)+                                                 # 8×8
    |[$€£¥￥]\s?\d[\d,.]*(?:\s?(?:[-–]|to)\s?[$€£¥]?\d[\d,.]*)?
    |(?<![\d.])\d++\.\d++(?=\s?[ap]\.?m\b)
    |(?<![\d.])\d[\d.]*+\s?%(?=[- ]?(?:[cC]onfidence|[cC]redible|CI\b|置信))
    """,
    re.X | re.M,
)
PARAGRAPH = re.compile(r"(?:[^\n]+\n?)+")
BLANK = "\0"


@dataclass(frozen=True)
class Literal:
    """A number that looks like a result: its text, where it ends, the line (from 0), and the ``values`` that code would name it by."""

    text: str
    end: int
    line: int
    values: frozenset[float]

    @property
    def format(self) -> str:
        """How an f-string's field would print it."""
        digits = len(re.match(r"[\d,]*\.?(\d*)", self.text)[1])
        return f".{digits}%" if re.search(r"[%％]|百分之|percent$|per\scent", self.text) else f".{digits}f"


@dataclass(frozen=True)
class Excuse:
    """A comment ``<!-- typed: why -->``: where it begins, its line (from 0), and the reason that it gives."""

    start: int
    line: int
    why: str


def read(text: str) -> tuple[list[Literal], list[Excuse]]:
    """The literals in a text that look like results, and the excuses, both in order."""
    if not HINT.search(text):
        return [], []
    prose, excuses = _prose(text)
    prose, versions = _without_names(prose)
    return [literal for literal in _literals(prose) if literal.text not in versions or MEASURED.match(prose, literal.end)], excuses


def _prose(text: str) -> tuple[str, list[Excuse]]:
    """The text with all blanked that is no prose, and the excuses in it."""
    excuses: list[Excuse] = []

    def hidden(match: re.Match) -> str:
        if excuse := EXCUSE.fullmatch(match[0]):
            excuses.append(Excuse(match.start(), text.count("\n", 0, match.start()), excuse["why"]))
        return _blank(match)

    return NOT_PROSE.sub(hidden, text), excuses


def _without_names(prose: str) -> tuple[str, set[str]]:
    """Prose with all numbers blanked that name something, and those that are versions: a version is one wherever it stands."""
    versions: set[str] = set()

    def name(match: re.Match) -> str:
        if match["version"]:
            versions.update(re.findall(r"\d+\.\d+", match[0]))
        return _blank(match)

    def paragraph(match: re.Match) -> str:
        return NOT_RESULT.sub(name, match[0]) if HINT.search(match[0]) else match[0]

    return PARAGRAPH.sub(paragraph, prose), versions


def _blank(match: re.Match) -> str:
    return re.sub("[^\n]", BLANK, match[0])


def _literals(prose: str) -> Iterator[Literal]:
    for match in LITERAL.finditer(prose):
        kinds = {kind.rstrip("23") for kind, text in match.groupdict().items() if text}
        if kinds or re.search(r"\.\d|\de", match[0]):
            yield Literal(match[0], match.end(), prose.count("\n", 0, match.start()), _values(match[0], kinds))


def _values(text: str, kinds: set[str]) -> frozenset[float]:
    """What code would call the numbers of a literal: a share as a part of one. No code names a ratio."""
    numbers = [] if "ratio" in kinds else re.findall(NUMBER, text)
    return frozenset(round(float(number.replace(",", "")) / (100 if "share" in kinds else 1), 12) for number in numbers)
