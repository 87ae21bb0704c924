"""Literals that look like results, and the many numbers that do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhixing.literals import read

RESULTS = {
    # decimals
    "The accuracy is 0.9734.": ["0.9734"],
    "It is .97, or 1,234.5 in all.": [".97", "1,234.5"],
    "准确率0.9734，误差不超过 1e-6。": ["0.9734", "1e-6"],
    "It took 1.5s and 2.2 GB.": ["1.5", "2.2"],
    "| SVM | 0.989 |": ["0.989"],
    # shares
    "85% or 85 % or 97.3 % or 85％": ["85%", "85 %", "97.3 %", "85％"],
    "85 percent, 3 percentage points": ["85 percent", "3 percentage points"],
    "百分之八十五，高了 3 个百分点": ["百分之八十五", "3 个百分点"],
    # ratios
    "3×, __2x__, 2.5x and **1.44X**, 3 times as fast, 4 times faster": ["3×", "2x", "2.5x", "1.44X", "3 times", "4 times"],
    "快了 3 倍，也就是3倍": ["3 倍", "3倍"],
    # a range and a spread are one number
    "0.97–0.98, 10%-20%, 10-20%, 1.5 to 2 times as fast": ["0.97–0.98", "10%-20%", "10-20%", "1.5 to 2 times"],
    "0.973 ± 0.004，0.97 到 0.98，3～4 倍": ["0.973 ± 0.004", "0.97 到 0.98", "3～4 倍"],
    # beside what is none
    "PyTorch takes 12.5 ms, NumPy is 3.5 times slower.": ["12.5", "3.5 times"],
    "Python 3.11 gets 0.97 on 8×8 images (Section 2.1).": ["0.97"],
    "[0.97](0.98.html) on `0.5`": ["0.97"],
    "Python 3.5 took 3.5 s.": ["3.5"],
    "Since 0.9734 is above 0.95, or higher": ["0.9734", "0.95"],
    "准确率在 0.97 以上，这代表 0.98 的方式 97.35": ["0.97", "0.98", "97.35"],
    "NumPy 0.973, PyTorch 0.981": ["0.973", "0.981"],
    "## 97.3 % on digits\n\n97.3 的准确率": ["97.3 %", "97.3"],
    "one of {0.1, 0.2}, 3.2dB": ["0.1", "0.2", "3.2"],
    "## 2.3 From 0.91 on": ["0.91"],
    "- 2.5 秒\n- 2.5 GB": ["2.5", "2.5"],
}
NO_RESULTS = [
    # years, dates, times, ordinals, counts
    "In 2019, on 2026-01-02, 2026.01.02 and the 3rd of May at 10:30 or 9.30 a.m., for the 2nd time.",
    "2019 年 5 月 3 日，第 2 次，一共 1,797 张，5 个种子，12 轮。",
    # sections, figures, formulas
    "Section 4.1, Sec. 2.3, §2.3, Figure 2.1, Fig. 2.1, Tables 3.1 and 3.2, Chapter 1.2",
    "第 2.3 节，2.3 节，图 2.3，表4.1，式 (2.1)，算法 1.2，附录 3.4",
    "## 2.3 A heading\n\n- 1.1 Overview\n- **1.2 概述**\n- [2.1 损失函数](#loss)",
    # versions
    "Python 3.11, python 3.8, PyTorch 2.13, CUDA>=11.2, v1.2, 2.13.0, version 2.1, since 1.5, Apache 2.0, CC-BY 4.0",
    "Python 3.10, 3.11 and 3.12; in 3.12 it is faster. Python 3.9 or newer, JetPack 4.2 and above",
    "版本 2.1，Python 3.11 及以上，3.8 以上版本，Ubuntu 22.04、24.04",
    "requests >= 2.1, HTTP/1.1, Qwen2.5, GPT-4.1, mAP@0.5, model-v0.9.pt",
    # sizes, prices, levels
    "8×8, 3x3, 1×8×8, 2×n, 8 × 8 and 5.4 × 2.2 inches",
    "$3.50, €2.5, a 95% confidence interval, 95 %置信区间",
    # code, mathematics, places, tags
    "`0.97`, ``a `0.97` ``, $x = 0.97$, \\(0.97\\), $$0.97 = 85\\%$$, `{python} x:.3f ± 0.01`",
    "[a](b-0.97.html), ![](0.97.png), https://a.org/0.97, doi:10.1109/5.726791, arXiv:1312.6114, <img width='85%'>",
    "[1]: https://a.org/0.97 '85%'\n\n<!-- 0.97 --> <code>0.97</code> {: width=85% }",
    "run it 3 times, v_0.9, 0.9_a, 10 engineers, 0x1F, x86, 3 times",
]


@pytest.mark.parametrize("text", RESULTS)
def test_what_looks_like_a_result_is_found(text):
    """Decimals, percentages and ratios are found as they are written, in both languages, each with its line."""
    literals, _ = read(text)
    assert [literal.text for literal in literals] == RESULTS[text]
    assert all(literal.text.split()[0] in text.splitlines()[literal.line] for literal in literals)


@pytest.mark.parametrize("literal", sorted({literal for found in RESULTS.values() for literal in found}))
def test_one_number_is_enough(literal):
    """A number is found also where it is the only one in a text."""
    assert [found.text for found in read(f"It is {literal} as a whole")[0]] == [literal]


@pytest.mark.parametrize("text", NO_RESULTS)
def test_what_names_or_shows_something_is_no_result(text):
    """Years, dates, sections, versions, sizes, prices, levels, code, mathematics, links and tags are no results."""
    assert [literal.text for literal in read(text)[0]] == []


@settings(max_examples=200, deadline=None, derandomize=True)
@given(number=st.decimals(0, 10**4, places=3), unit=st.sampled_from(["", "%", " %", "×", "x", " 倍", " 个百分点", " percent"]))
def test_every_decimal_in_a_sentence_is_found(number, unit):
    """Whatever its value, a decimal with or without a unit is one literal."""
    assert [literal.text for literal in read(f"得到 {number}{unit}，and so on.")[0]] == [f"{number}{unit}"]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=st.text(alphabet="0123456789.,%×x倍-–$`<>[](){}# \n\\eva百分之一~±", max_size=60))
def test_no_text_is_too_strange(text):
    """Any text can be read, and what is found stands in it, on its line."""
    literals, excuses = read(text)
    assert excuses == []
    assert all(text[: literal.end].endswith(literal.text) for literal in literals)
    assert all(text.count("\n", 0, literal.end - len(literal.text)) == literal.line for literal in literals)
