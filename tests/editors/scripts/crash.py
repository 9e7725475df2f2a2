"""Dies at its first start of a signal that Python has no part in."""

import subprocess


def main(driver):
    marker = driver.folder.parent / "crashed"
    if not marker.exists():
        marker.touch()
        subprocess.Popen(["sh", "-c", "sleep 0.3; kill -SEGV $PPID"])
        yield 20
    driver.put("done", True)
