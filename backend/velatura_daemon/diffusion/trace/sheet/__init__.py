"""Draws a ``RunTrace`` with Pillow."""
