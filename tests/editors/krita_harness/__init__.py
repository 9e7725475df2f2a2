"""Runs real Krita under Xvfb with a script inside it; Linux only."""
