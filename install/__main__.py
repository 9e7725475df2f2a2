"""``python3 install <verb>``: reads the command line and hands over to the verb's own module."""

import sys

if sys.version_info < (3, 10):  # noqa: UP036  (this file must still be readable to an older Python, to say so)
    sys.exit(
        "Velatura's installer needs Python 3.10 or newer; this one is older. Install Python 3.12 from python.org "
        "or with your system's packages, then start the installer with it."
    )

from pathlib import Path

# Run as a folder, Python puts the folder itself on the path; the package's parent is wanted there.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from install.command_line import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
