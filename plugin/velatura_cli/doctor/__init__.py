"""``velatura doctor``: one file per subject, each a function that returns findings."""
