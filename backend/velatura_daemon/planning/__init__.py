"""Which part of the document a job needs, at what size it runs, and whether its request can be run at all.

No torch and no numpy: the supervisor answers `plan` and checks `submit` while the worker is still loading.
"""
