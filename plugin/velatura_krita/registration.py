"""Hands extension and docker to Krita, and sees to a clean end."""

from krita import DockWidgetFactory, DockWidgetFactoryBase, Krita

from . import plugin
from .docker import IDENTIFIER, VelaturaDocker
from .extension import VelaturaExtension


def register() -> None:
    application = Krita.instance()
    shared = plugin.instance()
    application.addExtension(VelaturaExtension(application, shared))
    application.addDockWidgetFactory(DockWidgetFactory(IDENTIFIER, DockWidgetFactoryBase.DockRight, VelaturaDocker))
    notifier = application.notifier()
    notifier.setActive(True)  # without it the notifier is mute
    notifier.applicationClosing.connect(shared.stop)
    notifier.viewCreated.connect(lambda _view: shared.on_view())
