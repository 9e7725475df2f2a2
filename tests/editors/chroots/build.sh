#!/usr/bin/env bash
# Makes a folder with another Debian and its Krita, for the tests in other versions of real Krita; as root.
#
#   build.sh SUITE [FOLDER]           make it, unless it is there already
#   build.sh remove SUITE [FOLDER]    take it away
#
#   trixie         Krita 5.2, PyQt5
#   forky          Krita 5.3, PyQt5
#   experimental   Krita 6, PyQt6: sid, with Krita from experimental
#
# FOLDER: SUITE in VELATURA_CHROOTS, or else /var/tmp/velatura-SUITE; 1.2 to 2.2 GB. The mirror, the proxy and
# certificates are those of this machine's own apt. All mounts, of mmdebstrap here and of the tests later, are in mount
# namespaces that end with the processes that need them: there is never anything to unmount.
# Exit code 75: Debian's archive cannot give it today.
set -euo pipefail

default_mirror=http://deb.debian.org/debian
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The archive cannot give it today: out of reach, or packages that do not fit together. Nobody's fault here.
stop_for_today() {
    printf '%s\n' "$*" >&2
    exit 75
}

# xdotool and ImageMagick are for the scripts inside Krita; the X server is the host's
tools=(libgl1-mesa-dri fonts-dejavu-core fonts-wqy-microhei dbus xdotool imagemagick)
describe() { # describe SUITE: what it is made of
    base="$1"
    extra_suite=""
    later=() # packages that come from extra_suite
    case "$1" in
        trixie | forky) packages=(krita python3-pyqt5 python3-pyqt5.sip "${tools[@]}") ;;
        experimental)
            base=sid
            extra_suite=experimental
            packages=("${tools[@]}")
            later=(krita python3-pyqt6 qt6-svg-plugins)
            ;;
        *) stop "There is no suite $1. Choose: trixie, forky, experimental" ;;
    esac
}

# So what an older version of this script has made is not taken for what is wanted now.
recipe() { echo "$base $extra_suite: ${packages[*]} ${later[*]}"; }

is_whole() { [ "$(cat "$chroot/etc/velatura-recipe" 2>/dev/null)" = "$(recipe)" ]; }

# Deletes a chroot, but nothing that somebody else has mounted into it, which may be their own files.
delete() {
    [ -e "$1" ] || return 0
    if findmnt --noheadings --raw --output TARGET | grep --quiet --fixed-strings "$1/"; then
        stop "Something is mounted in $1 (findmnt shows what). Unmount it, then start again."
    fi
    rm --recursive --force --one-file-system "$1"
}

debian_mirror() {
    local found
    found="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian')"
    head --lines=1 <<<"${found:-$default_mirror}"
}

apt_settings() {
    apt-config dump | grep --extended-regexp '^Acquire::(https?::|Check-)' || true
    echo 'Acquire::Retries "5";'
}

build() {
    if is_whole; then
        echo "$chroot is there already."
        return
    fi
    unshare --mount true 2>/dev/null ||
        stop "This machine does not let root mount anything, as in a plain container, so no chroot can be used here."
    command -v mmdebstrap >/dev/null || stop "mmdebstrap is missing. Install it: apt-get install mmdebstrap"
    local part="$chroot.part" mirror options=()
    mirror="$(debian_mirror)"
    local sources="deb [signed-by=$keyring] $mirror $base main"
    if [ -n "$extra_suite" ]; then
        sources+=$'\n'"deb [signed-by=$keyring] $mirror $extra_suite main"
        options+=(--customize-hook="chroot \"\$1\" env DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends --target-release=$extra_suite install ${later[*]}")
    fi
    delete "$part"
    mmdebstrap --verbose --mode=root --format=directory --variant=minbase --include="${packages[*]}" \
        --aptopt=<(apt_settings) \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
        "${options[@]}" "$base" "$part" - <<<"$sources" ||
        stop_for_today "Debian $suite could not be installed into $part; what apt said stands above."
    recipe >"$part/etc/velatura-recipe"
    delete "$chroot"
    mv "$part" "$chroot"
    echo "$chroot is ready."
}

verb=build
if [ "${1:-}" = remove ]; then
    verb=remove
    shift
fi
suite="${1:?which suite: trixie, forky or experimental}"
describe "$suite"
[ "$(id --user)" = 0 ] || stop "A second Krita in a chroot needs root, to make it and to run tests in it."
default="/var/tmp/velatura-$suite"
[ -z "${VELATURA_CHROOTS:-}" ] || default="$VELATURA_CHROOTS/$suite"
chroot="$(realpath --canonicalize-missing "${2:-$default}")"
mkdir --parents "$(dirname "$chroot")"
exec {lock}>"$chroot.lock"
flock "$lock"
if [ "$verb" = build ]; then
    build
else
    delete "$chroot.part"
    delete "$chroot"
    rm "$chroot.lock"
fi
