"""Kinds of ControlNet guidance, one module each that defines CONTROL; ``models.discovery.discover`` finds them.

Modules here import numpy and cv2 inside their functions: the supervisor reads id, label and help from them.
"""
