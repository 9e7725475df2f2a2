"""The plug-in speaks Krita's language."""

import pytest

pytestmark = pytest.mark.krita(everywhere=True)


def test_language_is_krita_s(start_krita):
    """The system's language, which Krita follows too, unless its painter chose another one in Krita."""
    outcome = start_krita(LANGUAGE="zh_CN").run("language.py")
    assert outcome.error == ""
    assert outcome.values["of the system"] in ("zh-CN", "zh-Hans-CN")  # Qt 6 tells the script too
    assert "种子" == outcome.values["said at the start"]
    assert "生成..." == outcome.values["in the menu"]
    assert {"de:en_US": "de", "zh_TW": "zh_TW"} == outcome.values["chosen"]
