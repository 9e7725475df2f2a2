"""Hands extension and docker to Krita, and sees to a clean end."""

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita

from . import plugin
from .docker import IDENTIFIER, VelaturaDocker
from .extension import VelaturaExtension


def register() -> None:
    """What can go wrong goes wrong before Krita has been given anything: a plug-in is whole or says what is wrong."""
    application = Krita.instance()
    shared = plugin.instance()
    extension = VelaturaExtension(application, shared)
    # Krita 6 knows its enums by their scoped names alone, Krita 5 by both
    right = DockWidgetFactoryBase.DockPosition.DockRight
    factory = DockWidgetFactory(IDENTIFIER, right, VelaturaDocker)
    notifier = application.notifier()
    notifier.setActive(True)  # without it the notifier is mute
    notifier.applicationClosing.connect(shared.stop)
    notifier.viewCreated.connect(lambda _view: shared.on_view())
    application.addDockWidgetFactory(factory)
    application.addExtension(extension)
