"""Notes what Velatura tells, as a docker does."""

#: What is shown while a result waits for the brush.
WAITS = "Finished, waits for the end of your stroke"


class Watcher:
    """``shown``: progress texts; ``ends``: ("finished" or "failed", message) of each job that ended."""

    def __init__(self, editor):
        self.shown = []
        self.ends = []
        self.previews = 0
        editor.progressed.connect(self._on_progress)
        editor.previewed.connect(self._on_preview)
        editor.finished.connect(self._on_finished)
        editor.failed.connect(self._on_failed)

    def until_painting(self, driver, previews=0):
        """``yield from``: until the job denoises and that many previews were shown."""

        def is_painting():
            return bool(self.shown) and self.shown[-1].startswith("Painting") and self.previews >= previews

        yield from driver.until(lambda: is_painting() or self.ends, 60, "painting")
        if self.ends:
            raise RuntimeError(f"the job ended early: {self.ends}")

    def forget(self):
        self.shown, self.ends, self.previews = [], [], 0

    def _on_progress(self, progress):
        self.shown.append(progress.text)

    def _on_preview(self, _job, _image):
        self.previews += 1

    def _on_finished(self, _job, message):
        self.ends.append(["finished", message])

    def _on_failed(self, _job, message):
        self.ends.append(["failed", message])
