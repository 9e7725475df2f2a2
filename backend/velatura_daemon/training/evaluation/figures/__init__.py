"""The figures. Each module defines one as FIGURE."""
