"""What the person chose, shared by the menu and by the dockers of every window, and kept over restarts of Krita."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Dict, Optional

from krita import Krita

from .qt import QObject, Signal

if TYPE_CHECKING:
    from velatura_client.choices import Choices
    from velatura_protocol.messages import Catalogue

#: Group and key of the one JSON value among Krita's settings.
GROUP, KEY = "velatura", "state"
#: What belongs to one picture rather than to the person: layers, and regions of it.
_NOT_KEPT = ("controls",)


class SharedState(QObject):
    """Signals: ``choices_changed()``, ``catalogue_changed()``.

    Attributes:
        catalogue: what the daemon can do; None until one has told.
        view: how the dockers look: which parts are folded out. JSON values.
    """

    choices_changed = Signal()
    catalogue_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.catalogue: Optional[Catalogue] = None
        self._kept = _read()
        self.view: Dict[str, Any] = dict(self._kept.get("view") or {})
        self._choices: Optional[Choices] = None

    @property
    def choices(self) -> "Choices":
        """Read when it is first asked for: its modules would make Krita's start longer."""
        if self._choices is None:
            self._choices = _choices_from(self._kept.get("choices") or {})
        return self._choices

    @choices.setter
    def choices(self, choices: "Choices") -> None:
        if choices != self._choices:
            self._choices = choices
            self.choices_changed.emit()

    @property
    def prompt(self) -> str:
        """``choices.prompt``, without what reading all choices costs."""
        if self._choices is not None:
            return self._choices.prompt
        return str((self._kept.get("choices") or {}).get("prompt", ""))

    def choose(self, name: str, value: Any) -> None:
        """Set the choice at the dotted ``name``, such as ``inpaint.grow``."""
        from velatura_client.form import with_value

        self.choices = with_value(self.choices, name, value)

    def learn(self, catalogue: "Catalogue") -> None:
        if catalogue != self.catalogue:
            self.catalogue = catalogue
            self.catalogue_changed.emit()

    def save(self) -> None:
        """Hand everything to Krita, which writes it when it ends."""
        kept: Dict[str, Any] = {"view": self.view, "choices": self._kept.get("choices") or {}}
        if self._choices is not None:
            from velatura_protocol.codec import to_plain

            plain = to_plain(self._choices)
            kept["choices"] = {name: value for name, value in plain.items() if name not in _NOT_KEPT}
        if kept != self._kept:
            self._kept = kept
            Krita.instance().writeSetting(GROUP, KEY, json.dumps(kept))


def _read() -> Dict[str, Any]:
    try:
        kept = json.loads(Krita.instance().readSetting(GROUP, KEY, "{}"))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _choices_from(plain: Dict[str, Any]) -> "Choices":
    """What was kept; of what another version kept, whatever still fits."""
    from velatura_client.choices import SHOW, Choices
    from velatura_protocol.codec import from_plain
    from velatura_protocol.errors import ProtocolError

    if plain.get("insert_at_once") is False:  # as it was kept when there were but two ways
        plain = {"results": SHOW, **plain}
    known = {field.name for field in dataclasses.fields(Choices)} - set(_NOT_KEPT)
    choices = Choices()
    for name in known & set(plain):
        try:
            single = from_plain(Choices, {name: plain[name]})
        except ProtocolError:
            continue
        choices = dataclasses.replace(choices, **{name: getattr(single, name)})
    return choices
