#!/bin/sh
# Run a program in the system that lies in a folder: enter.sh ROOT [SOURCE TARGET]... -- COMMAND [ARGUMENT]...
# Each SOURCE is seen as TARGET in there. To be run in a mount namespace of its own, by `unshare --mount`: so the mounts
# are seen by COMMAND and its children alone and are gone with them. COMMAND takes this very process's place.
set -e
root=$1
shift
mount -t proc proc "$root/proc"
for shared in /sys /dev /tmp; do
    mount --rbind "$shared" "$root$shared"
done
while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
    shift 2
done
shift
exec chroot "$root" env --chdir="$PWD" "$@"
