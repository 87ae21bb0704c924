"""The few words that the engine itself writes on a page, by language."""

from __future__ import annotations

SCRIPT_EN = """\
{title}

The article's cells, with the modules and files that they use. They ran on {interpreter}. To run them again:

    uv run {name}
    pipx run {name}

Both install the packages listed above; or install those yourself, then run this file with Python. It prints what the cells
print, says where it saves their figures, and at its end shows each number of the text beside the one computed here.
Where a claim or another cell fails it stops, with exit status 1.
"""
SCRIPT_ZH = """\
{title}

文章的全部单元，连同用到的模块和文件。发表时的运行环境：{interpreter}。再运行一遍：

    uv run {name}
    pipx run {name}

两者都会先装好上面列出的包；也可以自己装好，再用 Python 运行本文件。单元打印什么，这里就打印什么；图会存成文件，并
说明存在哪里；最后把正文里的每个数字和此处算出的并排列出。论断不成立，或者单元出错，就此停下，退出状态为 1。
"""
WORDS = {
    "en": {
        "fig": "Figure {}",
        "tbl": "Table {}",
        "eq": "Eq. ({})",
        "caption": "{}. {}",
        "references": "References",
        "held": "This claim was checked by the run on this page, and held.",
        "measured": "Shapes as measured by the run on this page, in the first call.",
        "measured_with": "Shapes as measured by the run on this page, in the first call: {}.",
        "executed": "✓ {n} passing test executed {executed} of {statements} statements|"
        "✓ {n} passing tests executed {executed} of {statements} statements",
        "imported": "✓ Passing tests executed this code when they imported it",
        "unexecuted": "No test executes this code.",
        "checked": "✓ {n} passing test checks this formula|✓ {n} passing tests check this formula",
        "tests": "Tests",
        "tests_intro": "Articles cite these tests below code and formulas. All of them passed with the code that the articles show.",
        "notebooks": "Notebooks",
        "notebooks_intro": "Each article as the notebook of its run, with code and outputs, to read or to download.",
        "accepted": "These results were accepted on {date}{commit}. They took {seconds} CPU seconds on {on}.",
        "at_commit": ", at commit {}",
        "on_commit": ", on commit {} and changes since",
        "not_accepted": "These results have not been reviewed yet.",
        "changed": "**{} of them are not as accepted.** This page cannot be published so.",
        "no_corrections": "No corrections so far.",
        "corrections": "Corrections so far: {}",
        "excused": "Numbers in the text that come from elsewhere and not from this run: {}.",
        "unchecked": "Numbered formulas that no test checks: {} of {}.",
        "verify": "To check them on your machine: `{}`",
        "download": "Download: {}",
        "save": "download",
        "notebook": "notebook",
        "script": "script",
        "colab": "open in Colab",
        "script_intro": SCRIPT_EN,
        "numbers": "The numbers of the text",
        "published": "in the text",
        "here": "here",
        "differs": "differs",
    },
    "zh": {
        "fig": "图 {}",
        "tbl": "表 {}",
        "eq": "式 ({})",
        "caption": "{}　{}",
        "references": "参考文献",
        "held": "这条论断由本页的运行检验过，成立。",
        "measured": "形状由本页的运行在首次调用时量得。",
        "measured_with": "形状由本页的运行在首次调用时量得：{}。",
        "executed": "✓ {n} 个测试执行过这段代码（{executed}/{statements} 条语句）并通过",
        "imported": "✓ 测试在导入时执行过这段代码并通过",
        "unexecuted": "没有测试执行过这段代码。",
        "checked": "✓ {n} 个测试验算过这个公式并通过",
        "tests": "测试",
        "tests_intro": "文章在代码和公式下方引用了这些测试。它们针对文章所示的代码全部通过。",
        "notebooks": "笔记本",
        "notebooks_intro": "每篇文章的运行记录，代码与输出俱全，可在此阅读，也可下载。",
        "accepted": "本页结果于 {date} 验收{commit}，运行用了 {seconds} CPU 秒，环境是 {on}。",
        "at_commit": "（提交 {}）",
        "on_commit": "（提交 {} 及其后的修改）",
        "not_accepted": "本页结果还没有经过验收。",
        "changed": "**其中 {} 项与验收时不同**，这样的页面不能发布。",
        "no_corrections": "至今没有更正。",
        "corrections": "至今更正 {} 次",
        "excused": "正文里有 {} 个数字另有出处，不由本页算出。",
        "unchecked": "带编号的公式里，有 {} 个没有测试验算过（共 {} 个）。",
        "verify": "在自己的机器上核对：`{}`",
        "download": "下载：{}",
        "save": "下载",
        "notebook": "笔记本",
        "script": "脚本",
        "colab": "在 Colab 中打开",
        "script_intro": SCRIPT_ZH,
        "numbers": "正文里的数字",
        "published": "文中",
        "here": "此处",
        "differs": "不同",
    },
}


def words(language: str) -> dict[str, str]:
    """The wording of a language, English for those that have none here."""
    return WORDS.get(language.partition("-")[0], WORDS["en"])


def counted(forms: str, number: int, **more: object) -> str:
    """The form for a number, "one|several" where a language has two."""
    return forms.split("|")[-1 if number != 1 else 0].format(n=number, **more)
