"""Two versions that move apart: the package's, and the protocol's (SPEC.md, "Versions")."""

PACKAGE_VERSION = "0.1.0"

#: Peers with different majors do not talk; each says so in one sentence.
PROTOCOL_MAJOR = 1
#: Additions only: unknown fields are ignored and unknown kinds are answered, so minors mix freely.
PROTOCOL_MINOR = 1
