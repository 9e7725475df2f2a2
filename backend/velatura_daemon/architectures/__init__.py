"""One file per model architecture, each defining ``ARCHITECTURE``; importing one imports no torch."""
