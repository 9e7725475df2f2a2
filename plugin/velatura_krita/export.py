"""Saves pictures as PNG with what made them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from velatura_client.editor import Pixels
from velatura_client.texts import tr
from velatura_protocol.errors import VelaturaError
from velatura_protocol.images import Rect

if TYPE_CHECKING:
    from .plugin import Plugin

#: The names under which other programs, and ``velatura recipe``, look for what made a picture.
PARAMETERS_KEY, RECIPE_KEY = "parameters", "velatura"


class Export:
    """Asks for a file and writes it."""

    def __init__(self, plugin: "Plugin") -> None:
        self._plugin = plugin

    def save_result(self, key: str, window: Any) -> None:
        """A picture of the history."""

        def write(path: Path) -> None:
            def save(actions: Any) -> None:
                history = actions.history
                texts = {PARAMETERS_KEY: history.parameters(key), RECIPE_KEY: history.recipe_text(key)}
                history.with_pixels(key, lambda pixels: write_png(path, pixels, texts))

            self._plugin.use(save)

        self._ask(window, write)

    def save_layer(self, window: Any) -> None:
        """The active layer as far as it lies on the canvas, with its recipe where it has one."""
        document = self._plugin.editor.active_document()
        if document is None:
            self._plugin.editor.show_error("", tr("No picture is open. Open or create one first."))
            return
        layer = document.active_layer()
        recipe = document.recipe_of(layer)

        def write(path: Path) -> None:
            from velatura_client.recipe import parameters_text

            texts = {PARAMETERS_KEY: parameters_text(json.loads(recipe)), RECIPE_KEY: recipe} if recipe else {}
            whole = Rect(0, 0, document.width, document.height)
            self._plugin.attempt(lambda: write_png(path, document.read_layer(whole, layer), texts))

        self._ask(window, write)

    def _ask(self, window: Any, write: Callable[[Path], None]) -> None:
        from .qt import QDialog, QFileDialog, Qt

        dialog = QFileDialog(window, tr("Save as PNG"))
        dialog.setObjectName("velatura_save_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("PNG (*.png)")
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def finished(result: Any) -> None:
            files = dialog.selectedFiles()
            if result == _accepted(QDialog) and files:
                self._plugin.attempt(lambda: write(Path(files[0])))

        dialog.finished.connect(finished)
        dialog.open()


def _accepted(dialog_class: Any) -> int:
    code = dialog_class.DialogCode.Accepted
    return int(getattr(code, "value", code))


def write_png(path: Path, pixels: Pixels, texts: Any) -> None:
    """Write ``pixels`` and the named ``texts`` to ``path``.

    Raises:
        VelaturaError: ``disk_full`` when it cannot be written.
    """
    from velatura_client.png_text import with_texts

    from .pixels import image_of_pixels
    from .qt import QBuffer, QByteArray, QIODevice

    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image_of_pixels(pixels).save(buffer, "PNG")
    buffer.close()
    try:
        path.write_bytes(with_texts(bytes(data), {name: text for name, text in texts.items() if text}))
    except OSError as error:
        reason: Optional[str] = error.strerror
        raise VelaturaError(
            "disk_full", tr("{path} could not be written ({reason}). Choose another folder.", path=path, reason=reason)
        ) from None
