"""What a person reads, in their language.

A language is one file, ``languages/<code>.po``: made and edited with Poedit, read when it is chosen. A text that it
lacks stays English.
"""

import re
import sys
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Pattern, Sequence, Tuple

from velatura_protocol.errors import ErrorInfo

from .po_file import Message, PoError, read_po

LANGUAGES = Path(__file__).parent / "languages"
#: The context (msgctxt) of the catalogue's labels and helps, which come from the daemon.
CATALOGUE = "catalogue"
#: The context of the sentences for error codes; the code is their msgid.
ERROR = "error"
#: The context of whole sentences of errors, which the daemon and this client say in English. {1}, {2} ... stand where
#: something was put in, which may be such a sentence, or a part of one, itself.
SENTENCE = "sentence"
_PLACE = re.compile(r"\{(\d+)\}")
#: Chinese differs by script, which editors tell by region and systems also by its own name.
_SCRIPTS = ("hans", "hant")
_SCRIPT_OF_REGION = {"cn": "hans", "sg": "hans", "my": "hans", "tw": "hant", "hk": "hant", "mo": "hant"}

_translations: Mapping[Message, str] = {}
#: Made of ``_translations`` when an error has to be told: what a sentence looks like, and its translation.
_sentences: "Optional[Sequence[Tuple[Pattern[str], str]]]" = None


class _Translated(str):
    """A text that is in the chosen language already."""


def tr(text: str, **values: Any) -> str:
    """``text`` in the chosen language, with ``{name}`` replaced by ``values``. ``text`` is a literal, in English."""
    translation = _translations.get(Message(text))
    if translation:
        try:
            return _Translated(translation.format(**values) if values else translation)
        except (LookupError, ValueError):
            pass  # the translator changed a name between braces
    return text.format(**values) if values else text


def tr_daemon(text: str) -> str:
    """A label or help of the daemon's catalogue in the chosen language; one that nobody translated stays as it is."""
    translation = _translations.get(Message(text, CATALOGUE))
    return _Translated(translation) if translation else text


def error_text(error: ErrorInfo) -> str:
    """The error's own sentence in the chosen language; where it has no translation, its code's sentence before it."""
    if isinstance(error.message, _Translated):
        return error.message
    whole = _translated_sentence(error.message)
    if whole:
        return whole
    sentence = _translations.get(Message(error.code, ERROR))
    return tr("{sentence} ({details})", sentence=sentence, details=error.message) if sentence else error.message


def _translated_sentence(message: str) -> str:
    """ "" when nobody translated it."""
    exact = _translations.get(Message(message, SENTENCE))
    if exact:
        return exact
    for pattern, translation in _known_sentences():
        found = pattern.fullmatch(message)
        if found is not None:
            values = ["", *(_translated_sentence(value) or value for value in found.groups())]
            return _PLACE.sub(lambda place, values=values: values[int(place[1])], translation)
    return ""


def _known_sentences() -> "Sequence[Tuple[Pattern[str], str]]":
    """Those in which something is put in, the most telling first."""
    global _sentences
    if _sentences is None:
        known = [
            (message.text, translation)
            for message, translation in _translations.items()
            if message.context == SENTENCE and translation and _PLACE.search(message.text)
        ]
        known.sort(key=lambda pair: len(_PLACE.sub("", pair[0])), reverse=True)
        _sentences = [(_pattern_of(text), translation) for text, translation in known]
    return _sentences


def _pattern_of(text: str) -> "Pattern[str]":
    """``text`` numbers its places in their order."""
    parts = _PLACE.split(text)[::2]
    return re.compile("(.+?)".join(re.escape(part) for part in parts), re.DOTALL)


def available_languages() -> Tuple[str, ...]:
    """Codes of the languages there are, English first."""
    return ("en", *sorted(path.stem for path in LANGUAGES.glob("*.po")))


def use_language(code: str) -> str:
    """From now on texts are in the language that ``code`` names, such as ``zh_CN``, ``zh-Hans`` or ``de_AT.UTF-8``.

    Returns:
        The code of the language that is used: ``en`` when no file fits, or the one that fits is damaged.
    """
    global _translations, _sentences
    _translations, _sentences = {}, None
    language = _language_for(code)
    if language is None:
        return "en"
    try:
        translations: Dict[Message, str] = read_po(LANGUAGES / f"{language}.po")
    except PoError as error:
        print(f"Velatura: texts stay English: {error}", file=sys.stderr)
        return "en"
    _translations = translations
    return language


def _language_for(code: str) -> Optional[str]:
    """The file's name without ``.po``: the one of the same region or script, else one of the language alone."""
    wanted = _parts(code)
    found = {_parts(language): language for language in available_languages()[1:]}
    for parts in (wanted, (wanted[0], "")):
        if parts in found:
            return found[parts]
    # "zh" alone takes any Chinese; "zh_TW" asks for one that is not here
    return next((found[parts] for parts in found if parts[0] == wanted[0] and not wanted[1]), None)


def _parts(code: str) -> Tuple[str, str]:
    """``zh_CN``, ``zh-Hans-HK`` and ``zh_SG.UTF-8`` are ("zh", "hans"), ``de_AT`` ("de", "at"), ``de`` ("de", "")."""
    language, *rest = re.split("[._@-]", code.lower().split(".")[0])
    for part in rest:
        if part in _SCRIPTS:
            return language, part
    region = next((part for part in rest if len(part) < 4), "")  # four letters are a script, such as "latn"
    return language, _SCRIPT_OF_REGION.get(region, region) if language == "zh" else region
