"""The contract between editors and daemon; ``protocol/SPEC.md`` is its authority.

Runs on Python 3.8 and later with msgpack alone, because editors bring their own interpreter.
"""
