# Makes the tree that mmdebstrap left in $1 one that bootc would take for a base: see bootc-image(7).
# Run as `sh -eu -c … sh ROOTFS`; what it writes must depend on nothing but that tree.
cd "$1"

# The kernel and its initramfs lie where bootc looks for them, and nothing is in /boot.
kver=$(ls usr/lib/modules)
mv "boot/vmlinuz-$kver" "usr/lib/modules/$kver/vmlinuz"
mv "boot/initrd.img-$kver" "usr/lib/modules/$kver/initramfs.img"
find boot -mindepth 1 -delete
rm -f vmlinuz vmlinuz.old initrd.img initrd.img.old

# What a device owns is in /var, and made there when it boots.
find var root home opt srv mnt media -mindepth 1 -delete
rmdir root home opt srv mnt media
ln -s ../run var/run
for pair in home:home root:roothome opt:opt srv:srv mnt:mnt; do
    ln -s "var/${pair#*:}" "${pair%:*}"
done
install -d var/cache var/lib var/log
install -d -m 1777 tmp var/tmp
cat >usr/lib/tmpfiles.d/rig.conf <<'END'
d /var/home 0755 - - -
d /var/roothome 0700 - - -
d /var/opt 0755 - - -
d /var/srv 0755 - - -
d /var/mnt 0755 - - -
END

install -d sysroot usr/lib/ostree
ln -s sysroot/ostree ostree
# Unsealed, as a base is that layers may be laid on.
cat >usr/lib/ostree/prepare-root.conf <<'END'
[composefs]
enabled = verity

[etc]
transient = true
END
cat >etc/build-info <<'END'
DISTRO="debian12"
RELEASE="12"
UUID="00000000-0000-0000-0000-000000000000"
TIMESTAMP="1970-01-01T00:00:00Z"
IMAGE_NAME="rig"
IMAGE_MODE="image"
IMAGE_TARGET="qemu"
IMAGE_VERSION="1"
END

# dnf and rpm as an image-based system has them: no option needed, and the database in /usr.
install -d etc/dnf/vars etc/yum.repos.d usr/lib/rpm/macros.d usr/lib/sysimage/rpm
echo 12 >etc/dnf/vars/releasever
echo '%_dbpath /usr/lib/sysimage/rpm' >usr/lib/rpm/macros.d/macros.rig
chroot . rpm --initdb
rm -f usr/lib/sysimage/rpm/rpmdb.sqlite-*

# What is one machine's alone, or only in the way.
rm -f etc/machine-id etc/hostname etc/resolv.conf var/lib/dbus/machine-id
rm -rf etc/apt etc/cron.daily/* usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/bug \
    usr/share/lintian usr/share/doc-base usr/lib/udev/hwdb.*
find usr/lib -name __pycache__ -prune -exec rm -r {} +
find run tmp dev proc sys -mindepth 1 -delete
