"""The installer: ``python3 install <verb>``. Standard library only, so that it works before anything is installed."""
