"""What the tests in real Kritas did, from the reports of one or more runs of pytest.

    report.py KRITA... -- REPORT.xml...

Prints a row per Krita. Ends with 1 when a Krita of those named ran no test, a test was skipped, or Krita crashed by
itself more than twice.
"""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

#: More are not chance.
CRASHES = 2


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    names, files = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    reports = [ElementTree.parse(file) for file in files if Path(file).exists()]  # noqa: S314 - pytest wrote them
    cases = [case for report in reports for case in report.iter("testcase")]
    properties = [(each.get("name", ""), each.get("value")) for report in reports for each in report.iter("property")]
    skipped = [str(case.get("name")) for case in cases if case.find("skipped") is not None]
    ran_in_all = True
    for name in names:
        version = dict(properties).get(f"krita {name}", name)
        ran = [case for case in cases if _is_in(name, case) and case.find("skipped") is None]
        seconds = sum(float(case.get("time", "0")) for case in ran)
        print(f"Krita {version}: {len(ran)} tests, {seconds:.0f} s")
        ran_in_all = ran_in_all and bool(ran)
    print(f"{len(skipped)} skipped", *skipped, sep="\n")
    crashes = [(name, script) for name, script in properties if name.endswith(" crashed")]
    for name, script in crashes:
        print(f"{name} by itself in {script} and was started once more")
    return int(not ran_in_all or bool(skipped) or len(crashes) > CRASHES)


def _is_in(name: str, case: ElementTree.Element) -> bool:
    """Whether a test ran in the Krita ``name``, which stands among its parameters."""
    return re.search(rf"[\[-]{name}[\]-]", str(case.get("name"))) is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
