"""Dies within a call from Python."""

import faulthandler


def main(driver):
    yield 0.1
    faulthandler._sigsegv()
