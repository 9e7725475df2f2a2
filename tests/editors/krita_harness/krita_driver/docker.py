"""Velatura's docker as a test sees it: its parts by name, and a real mouse on them."""

from .qt import (
    QAbstractSpinBox,
    QLabel,
    QLineEdit,
    QListView,
    QPlainTextEdit,
    QPoint,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

#: Dockers that share its column and would leave it little room on a screenshot.
NEIGHBOURS = ("PresetDocker", "ColorSelectorNg", "sharedtooldocker", "KisLayerBox")


class Docker:
    """``widget``: the docker itself."""

    def __init__(self, driver):
        self._driver = driver
        self.widget = next(docker for docker in driver.app.dockers() if docker.objectName() == "velatura_docker")

    def make_room(self):
        """The docker has the column for itself. Krita shows its dockers anew when the first picture is opened."""
        for docker in self._driver.app.dockers():
            if docker.objectName() in NEIGHBOURS:
                docker.hide()
        self.widget.setVisible(True)
        self.widget.raise_()

    def find(self, kind, name="", within=""):
        """A part by its object name, or the only one of its kind within a named part."""
        parent = self.widget.findChild(QWidget, within) if within else self.widget
        return parent.findChild(kind, name) if name else parent.findChild(kind)

    def spin(self, field):
        return self.find(QAbstractSpinBox, within=f"velatura_field_{field}")

    def unfold(self, name):
        self.find(QToolButton, f"velatura_fold_{name}").click()

    prompt = property(lambda self: self.find(QPlainTextEdit, "velatura_docker_prompt"))
    negative = property(lambda self: self.find(QPlainTextEdit, "velatura_docker_negative_prompt"))
    begin = property(lambda self: self.find(QToolButton, "velatura_begin"))
    cancel = property(lambda self: self.find(QPushButton, "velatura_cancel_button"))
    repeat = property(lambda self: self.find(QPushButton, "velatura_repeat"))
    status = property(lambda self: self.find(QLabel, "velatura_status"))
    preview = property(lambda self: self.find(QLabel, "velatura_preview"))
    progress = property(lambda self: self.find(QProgressBar, "velatura_progress"))
    queue = property(lambda self: self.find(QWidget, "velatura_queue"))
    seed = property(lambda self: self.find(QLineEdit, "velatura_seed"))
    use_layer = property(lambda self: self.find(QPushButton, "velatura_use_layer"))
    history = property(lambda self: self.find(QListView, "velatura_history"))

    @property
    def results(self):
        from velatura_krita import plugin

        return plugin.instance().results

    def items(self):
        """The history's items, newest first."""
        from velatura_krita import plugin

        return plugin.instance().editor.history

    def controls(self):
        from velatura_krita import plugin

        return plugin.instance().choices.controls

    def keys(self):
        return [item.key for item in self.items()]

    def history_size(self):
        """Thumbnails in the list, without the headings."""
        return sum(self.history.row_of(key) >= 0 for key in self.keys())

    def queue_buttons(self):
        return [button for button in self.queue.findChildren(QToolButton, "velatura_cancel_job") if button.isVisible()]

    def settings(self):
        """What a painter has set, as it stands in the docker."""
        return {
            "prompt": self.prompt.toPlainText(),
            "negative prompt": self.negative.toPlainText(),
            "negative prompt folded out": self.negative.isVisible(),
            "strength": self.spin("strength").value(),
            "seed": self.seed.text(),
        }

    def click(self, widget, button="1"):
        """``yield from``: a real mouse in the middle of a widget."""
        yield from self._click_at(widget.mapToGlobal(QPoint(widget.width() // 2, widget.height() // 2)), button)

    def headings(self):
        """What stands above the pictures of each job: prompt, tool tip."""
        model = self.history.model()
        rows = [model.item(row) for row in range(model.rowCount())]
        return [[item.text(), item.toolTip()] for item in rows if item.text()]

    def click_thumbnail(self, number, button="1", double=False):
        """``yield from``: a real mouse on a picture of the history, the newest is 0."""
        view = self.history
        index = view.model().index(view.row_of(self.keys()[number]), 0)
        view.scrollTo(index)
        centre = view.visualRect(index).center()
        yield from self._click_at(view.viewport().mapToGlobal(centre), button, times=2 if double else 1)

    def _click_at(self, place, button, times=1):
        clicks = ("click", "--repeat", str(times), "--delay", "60", button)
        yield from self._driver.shell("xdotool", "mousemove", str(place.x()), str(place.y()), "sleep", "0.1", *clicks)
        yield 0.2
