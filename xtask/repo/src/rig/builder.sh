# Makes the tree that mmdebstrap left in $1 an image of no particular machine, day or mirror.
# Run as `sh -eu -c … sh ROOTFS`.
cd "$1"
rm -rf etc/apt etc/hostname etc/resolv.conf etc/machine-id usr/share/doc usr/share/man usr/share/locale
find var/log var/cache var/lib/apt run tmp dev proc sys -mindepth 1 -delete
