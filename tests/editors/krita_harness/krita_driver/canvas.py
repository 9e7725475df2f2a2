"""A real mouse on the canvas of the active view."""

from .qt import QPoint, QWidget

#: A stroke goes this many pixels to the right of where it begins, in this many moves.
STROKE_LENGTH, STROKE_MOVES = 360, 60
#: The xdotool command that ends a stroke that was left unreleased.
RELEASE = ["xdotool", "mouseup", "1"]


def canvas_of(window):
    """The canvas widget of the active view."""
    return next(
        widget
        for widget in window.qwindow().findChildren(QWidget)
        if widget.metaObject().className() == "KisQPainterCanvas" and widget.isVisible()
    )


def canvas_centre(window):
    """Its middle, in pixels of the screen."""
    canvas = canvas_of(window)
    return canvas.mapToGlobal(QPoint(canvas.width() // 2, canvas.height() // 2))


def stroke_command(start, *, releases=True):
    """The xdotool command for a stroke of about 2 seconds that begins at ``start``; ``releases``: and ends.

    It is straight, so that it looks the same when a busy machine leaves some of its moves out.
    """
    moves = []
    for index in range(STROKE_MOVES + 1):
        x = start.x() + STROKE_LENGTH * index // STROKE_MOVES
        moves += ["mousemove", str(x), str(start.y()), "sleep", "0.03"]
    place = ["mousemove", str(start.x()), str(start.y()), "sleep", "0.2"]
    return ["xdotool", *place, "mousedown", "1", *moves, *(RELEASE[1:] if releases else ())]
