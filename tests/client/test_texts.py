"""Every text has its Chinese, and a language is one file."""

import ast
import functools
import itertools
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from velatura_client import texts
from velatura_client.form import fields
from velatura_client.po_file import Message, PoError, read_po
from velatura_daemon.models.catalogue import build_catalogue
from velatura_daemon.models.library import ModelLibrary
from velatura_protocol.errors import FAMILY_OF_CODE, ErrorInfo

REPOSITORY = Path(__file__).parents[2]
PLUGIN = REPOSITORY / "plugin"
#: Where errors are made that a painter may meet.
ERROR_SOURCES = ("backend/velatura_daemon", "plugin/velatura_client")
#: Trainings and traces are run from a shell, which speaks English, and settings are read where the daemon is started.
SHELL_SOURCES = {"training", "trace", "settings.py"}
#: What makes an error, and which of its arguments is the sentence.
MAKES_ERROR = {"VelaturaError": 1, "ErrorInfo": 1, "_invalid": 0}
#: Sentences for whoever writes a client, and those that a client of this version cannot bring about. A new sentence of
#: an error gets a translation, in ``languages/*.po`` with the context ``sentence``, or stands here.
NOT_FOR_PAINTERS = {
    "The daemon gave an answer of another kind. Update daemon and client.",
    "The task {1} needs exactly one control, whose image is a picture and not yet a map (prepared = false). Choose one "
    "control.",
    "The {1} is missing from the request. Send the pixels of the region.",
    "This connection has not said hello, or not for long. Say hello first.",
    "canvas is missing. The task 'copy' needs it.",
    "document ({1}, {2}, {3} x {4}) must be a part of the canvas of {5} x {6} pixels.",
    "inpaint.fill is {1}; use original, {2}.",
    "mask has channels {1}; a mask has the single channel Y, 255 = repaint.",
    "previews is {1}; it must be 0 to {2}.",
    "region ({1}, {2}, {3} x {4}) must be a part of the canvas of {5} x {6} pixels. Send the region that `plan` "
    "answers.",
    "{1} has {2} x {3} pixels, but the region has {4} x {5}. Send the pixels of the region.",
    "{1} is missing. The task {2} needs it.",
    '{1} must be a JSON list such as ["python", ...].',
}
#: What puts a text before a person's eyes, by the name of the function or method.
SHOWS = {
    *("QLabel", "QPushButton", "QCheckBox", "QRadioButton", "QToolButton", "QGroupBox", "QMenu", "QAction"),
    *("setText", "setToolTip", "setPlaceholderText", "setWindowTitle", "setTitle", "setSuffix", "setPrefix"),
    *("setSpecialValueText", "setStatusTip", "setInformativeText", "addAction", "addItem", "addTab", "addRow"),
    *("createAction", "QListWidgetItem", "setAccessibleName"),
    *("show_error", "show_finished", "Progress", "showFloatingMessage"),
}


def calls(folder: str) -> Iterator[tuple[str, str, ast.Call]]:
    """(place, name of what is called, call) of every call in the source files of ``plugin/<folder>``."""
    for path in sorted((PLUGIN / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield f"{path.relative_to(PLUGIN)}, line {node.lineno}", name, node


def tr_calls() -> list[tuple[str, ast.Call]]:
    return [
        (place, call)
        for folder in ("velatura_client", "velatura_krita")
        for place, name, call in calls(folder)
        if name == "tr"
    ]


def plugin_messages() -> set[Message]:
    return {Message(ast.literal_eval(call.args[0])) for _, call in tr_calls()}


def catalogue_messages() -> set[Message]:
    """What a painter may read of the real daemon's catalogue. Samplers and numbers in percent are alike everywhere."""
    catalogue = build_catalogue(ModelLibrary(()))
    shown = {task.label for task in catalogue.tasks if not task.diagnostic}
    for described in (*catalogue.options, *catalogue.controls):
        shown |= {described.label, described.help}
    shown |= {control.prepare_problem for control in catalogue.controls}
    for field in fields(catalogue, None):
        shown |= {field.unit, *(label for _, label in field.choices)}
    not_said = {"", "%", *(sampler.label for sampler in catalogue.samplers), *(said.text for said in plugin_messages())}
    described = {text for option in catalogue.options for text in (option.label, option.help)}
    return {Message(text, texts.CATALOGUE) for text in shown - (not_said - described)}


def error_messages() -> set[Message]:
    return {Message(code, texts.ERROR) for code in FAMILY_OF_CODE}


def template_of(node: ast.expr) -> str:
    """A text as it stands in a .po file: what is put in is {1}, {2} ...; "" for what is not written out there."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    numbers = itertools.count(1)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else f"{{{next(numbers)}}}" for part in node.values
    )


@functools.cache
def error_sources() -> list[ast.AST]:
    """Every node of the files where errors are made."""
    files = [path for folder in ERROR_SOURCES for path in sorted((REPOSITORY / folder).rglob("*.py"))]
    files = [path for path in files if not SHELL_SOURCES & set(path.parts)]
    return [node for path in files for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]


def error_sentences() -> set[str]:
    """What errors say, as templates. Those that are made in the client's language go through ``tr``."""
    sentences = set()
    for node in error_sources():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKES_ERROR:
            place = MAKES_ERROR[node.func.id]
            sentences |= {template_of(argument) for argument in node.args[place : place + 1]}
    return sentences - {""}


def parts_of_sentences() -> set[Message]:
    """Whatever stands in the sources of errors and may be the whole of a sentence or a part of one."""
    texts_there = {template_of(node) for node in error_sources() if isinstance(node, (ast.Constant, ast.JoinedStr))}
    return {Message(text, texts.SENTENCE) for text in texts_there - {""}}


def all_messages() -> set[Message]:
    return plugin_messages() | catalogue_messages() | error_messages()


def names_in(text: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(autouse=True)
def english():
    """Each test begins and ends in English."""
    texts.use_language("en")
    yield
    texts.use_language("en")


@pytest.fixture
def languages(monkeypatch, tmp_path):
    """An empty folder in the place of the languages."""
    monkeypatch.setattr(texts, "LANGUAGES", tmp_path)
    return tmp_path


def test_tr_is_called_with_one_literal():
    """What is no literal cannot be found for translation; values go by keyword, and those that the text names."""
    wrong = []
    for place, call in tr_calls():
        literal = len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
        if not literal or {keyword.arg for keyword in call.keywords} != names_in(call.args[0].value):
            wrong.append(place)
    assert [] == wrong


@pytest.mark.parametrize("folder", ["velatura_client", "velatura_krita"])
def test_no_text_goes_round_tr(folder):
    """Words that are handed to a widget, or told to the editor, as they stand in the source would stay English."""
    shown = []
    for place, name, call in calls(folder):
        if name not in SHOWS:
            continue
        # the first argument of an action or of an error is an id; an id has no capital letter and no space
        for part in (part for argument in call.args for part in _texts_of(argument)):
            if part.strip() and part.strip() != "Velatura" and (" " in part.strip() or part.strip()[0].isupper()):
                shown.append(f"{place}: {part!r}")
    assert [] == shown


def _texts_of(argument: ast.expr) -> list[str]:
    """Texts that stand in an argument itself, not within a call such as ``tr(...)``."""
    if isinstance(argument, ast.Constant):
        return [argument.value] if isinstance(argument.value, str) else []
    parts: list[ast.expr] = []
    if isinstance(argument, ast.JoinedStr):
        parts = argument.values
    elif isinstance(argument, ast.BinOp):
        parts = [argument.left, argument.right]
    elif isinstance(argument, ast.IfExp):
        parts = [argument.body, argument.orelse]
    return [text for part in parts for text in _texts_of(part)]


def test_every_text_has_its_chinese():
    """All texts of the plug-ins, of the daemon's catalogue, and a sentence for each error code."""
    translated = {message for message, text in read_po(texts.LANGUAGES / "zh_CN.po").items() if text}
    assert set() == all_messages() - translated


@pytest.mark.parametrize("code", texts.available_languages()[1:])
def test_no_translation_is_left_over(code):
    """A text that changed or went away takes its translations along."""
    known = all_messages() | parts_of_sentences() | {Message("")}
    assert set() == set(read_po(texts.LANGUAGES / f"{code}.po")) - known


@pytest.mark.parametrize("code", texts.available_languages()[1:])
def test_names_between_braces_are_kept(code):
    """Each translation names exactly the values that its text names; sentences for error codes name none."""
    translations = read_po(texts.LANGUAGES / f"{code}.po")
    wrong = {
        message: text
        for message, text in translations.items()
        if text and names_in(text) != (set() if message.context == texts.ERROR else names_in(message.text))
    }
    assert {} == wrong


@pytest.mark.parametrize("code", texts.available_languages()[1:])
def test_translators_program_checks_the_braces(code):
    """Entries with names between braces carry the flag by which Poedit and msgfmt check them."""
    lines = (texts.LANGUAGES / f"{code}.po").read_text(encoding="utf-8").splitlines()
    flagged, unflagged = "#, python-brace-format", []
    for number, line in enumerate(lines):
        if line.startswith("msgid ") and "{" in line and flagged not in lines[number - 2 : number]:
            unflagged.append(f"line {number + 1}: {line}")
    assert [] == unflagged


def test_chinese_is_said():
    """Texts with and without values, a label of the catalogue, an error's sentence before its English details."""
    assert "zh_CN" == texts.use_language("zh_CN")
    assert "宽度" == texts.tr("Width")
    assert "提示词" == texts.tr_daemon("Prompt")
    error = ErrorInfo("disk_full", "There are 3 MB left in /data.")
    assert "磁盘空间不足，请清理后重试。（There are 3 MB left in /data.）" == texts.error_text(error)
    texts.use_language("en")
    assert ("Width", "Prompt", error.message) == (
        texts.tr("Width"),
        texts.tr_daemon("Prompt"),
        texts.error_text(error),
    )


def test_every_sentence_of_an_error_has_its_chinese():
    """All that the daemon and this client say, but for what only a faulty client would hear."""
    translated = {message.text for message, text in read_po(texts.LANGUAGES / "zh_CN.po").items() if text}
    assert [] == sorted(error_sentences() - translated - NOT_FOR_PAINTERS)
    assert 60 < len(error_sentences())


def test_not_for_painters_is_what_is_said_somewhere():
    """The list holds nothing that no error says any more."""
    assert set() == NOT_FOR_PAINTERS - error_sentences()


def test_sentences_of_errors_are_said_in_chinese():
    """With what was put in, in its place, and what was put in translated too where it is a sentence."""
    texts.use_language("zh_CN")
    told = {
        "There is no sampler named 'x'. Choose one of: a, b.": "没有名为 'x' 的采样器。可以选择：a, b。",
        "The model 'X' cannot be used: In /a b, the folder unet is missing. Download or copy the model again.": (
            "模型 'X' 无法使用：/a b 中：缺少文件夹 unet。请重新下载或复制模型。"
        ),
        "The daemon takes no more messages. Try again in a moment.": "引擎暂时不再接收消息，请稍后重试。",
    }
    assert told == {message: texts.error_text(ErrorInfo("unknown_model", message)) for message in told}
    texts.use_language("en")
    assert list(told) == [texts.error_text(ErrorInfo("unknown_model", message)) for message in told]


def test_what_is_put_in_may_hold_anything():
    """Names with braces, line breaks and signs of regular expressions stand as they are."""
    texts.use_language("zh_CN")
    name = "'{1} \\\\1 (.*)\n$'"
    assert f"没有模型 {name}，请从列表中选择。" == texts.error_text(
        ErrorInfo("unknown_model", f"There is no model {name}. Choose one of the list.")
    )


def test_nothing_is_said_twice():
    """An error whose own sentence was translated where it was made needs none for its code."""
    texts.use_language("zh_CN")
    sentence = texts.tr("Width")
    assert sentence == texts.error_text(ErrorInfo("invalid_value", sentence))


@pytest.mark.parametrize(
    ("code", "used"),
    [
        *[(code, "zh_CN") for code in ("zh_CN", "zh-CN", "zh_CN.UTF-8", "zh-Hans", "zh-Hans-HK", "zh_SG", "zh")],
        *[(code, "en") for code in ("zh_TW", "zh-Hant", "zh-Hant-CN", "zh_HK", "en", "en_GB", "C", "", "nl", "../x")],
        *[(code, "de") for code in ("de", "de_AT", "de-Latn-CH", "de@euro")],
        *[(code, "pt_BR") for code in ("pt_BR", "pt-Latn-BR", "pt")],
        ("pt_PT", "en"),
    ],
)
def test_code_finds_its_file(languages, code, used):
    """Codes as Krita, Qt and the environment write them; Chinese is told by script, others by region."""
    for name in ("zh_CN", "de", "pt_BR"):
        (languages / f"{name}.po").write_text(f'msgid "Seed"\nmsgstr "{name}"\n', encoding="utf-8")
    assert ("en", "de", "pt_BR", "zh_CN") == texts.available_languages()
    assert used == texts.use_language(code)
    assert (used if used != "en" else "Seed") == texts.tr("Seed")


def test_third_language_is_one_file(languages):
    """A file as translators' programs write it is there at once; what it leaves open stays English."""
    (languages / "de.po").write_text(
        "\ufeff"
        '# Deutsch\nmsgid ""\nmsgstr ""\n"Language: de\\n"\n\n'
        '#: velatura_krita/docker.py:12\n#, python-brace-format\nmsgid "Painting {step}/{steps}"\n'
        'msgstr ""\n"{steps} Schritte, "\n"bei {step}"\n\n'
        '#, fuzzy\nmsgid "Cancel"\nmsgstr "Vielleicht"\n\n'
        '#| msgid "Widht"\nmsgctxt "catalogue"\nmsgid "Width"\nmsgstr "Breite"\n\n'
        'msgid "Two\\nlines, \\"quoted\\""\nmsgstr "Zwei\\nZeilen, \\"zitiert\\", \\\\"\n\n'
        'msgid "Open"\nmsgstr ""\n\n'
        '#~ msgid "Gone"\n#~ msgstr "Fort"\n',
        encoding="utf-8",
    )
    assert "de" == texts.use_language("de_DE")
    assert "4 Schritte, bei 1" == texts.tr("Painting {step}/{steps}", step=1, steps=4)
    assert 'Zwei\nZeilen, "zitiert", \\' == texts.tr('Two\nlines, "quoted"')
    assert ("Breite", "Width") == (texts.tr_daemon("Width"), texts.tr("Width"))
    assert ["Cancel", "Open", "Gone"] == [texts.tr(text) for text in ("Cancel", "Open", "Gone")]


def test_wrong_name_between_braces(languages):
    """A translation that asks for a value that is not there gives way to the English text."""
    (languages / "de.po").write_text('msgid "{count} ahead"\nmsgstr "{anzahl} davor"\n', encoding="utf-8")
    texts.use_language("de")
    assert "3 ahead" == texts.tr("{count} ahead", count=3)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'msgid "a"\nmsgstr "b\n', ", line 2:"),
        (b'msgid "a"\n\nmsgid "b"\nmsgstr "c"\n', ", line 3:"),
        (b'"a"\n', ", line 1:"),
        (b'msgid "a"\n', ", line 1:"),
        (b'msgstr "a"\n', ", line 1:"),
        (b'msgid "a"\nmsgid_plural "b"\n', ", line 2:"),
        (b'msgid "a"\nmsgstr "\\x"\n', ", line 2:"),
        (b'msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n', ", line 3:"),
        (b"<html>\n", ", line 1:"),
        (b'msgid "a"\nmsgstr "\xff"\n', "utf-8"),
    ],
)
def test_damaged_file_leaves_english(languages, capsys, content, line):
    """The plug-in goes on in English; one line of the log names the file and the place."""
    path = languages / "de.po"
    path.write_bytes(content)
    with pytest.raises(PoError, match=r"de\.po") as caught:
        read_po(path)
    assert line in str(caught.value)
    assert "en" == texts.use_language("de")
    assert "a" == texts.tr("a")
    assert [f"Velatura: texts stay English: {caught.value}"] == capsys.readouterr().err.splitlines()


def test_nowhere_to_log(languages, monkeypatch):
    """An editor without a console has no error stream; a damaged file does not stop the plug-in there either."""
    (languages / "de.po").write_text("?", encoding="utf-8")
    monkeypatch.setattr(sys, "stderr", None)
    assert "en" == texts.use_language("de")


def test_folder_holds_languages_alone():
    """Each file there is a language, and is offered."""
    names = [path.name for path in texts.LANGUAGES.iterdir()]
    assert {f"{code}.po" for code in texts.available_languages()[1:]} == set(names)
    assert "zh_CN.po" in names
