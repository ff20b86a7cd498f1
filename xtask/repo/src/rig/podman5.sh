# Runs podman in the chroot $1, in the folder $3. Both it and the rig $2 are found there at their own
# paths. Run as `sh -eu -c … sh CHROOT RIG DIRECTORY ARGS`, by unshare(1) with mounts and processes of its own:
# whatever is mounted and started here is gone with it.
root=$1
rig=$2
directory=$3
shift 3

# One after another: the locks of podman's storage are in the memory of each.
exec 9>"$rig/podman5.lock"
flock 9

# Podman changes how `/` is mounted, so something must be.
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
# The host's podman keeps its locks in the one, and both may run.
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
for path in "$rig" "$directory"; do
    mkdir -p "$root$path"
    mount --bind "$path" "$root$path"
done
touch "$root/etc/resolv.conf"

# Native overlay does not lie on an overlay.
case $(stat -f -c %T "$root") in
overlayfs) driver=vfs ;;
*) driver=overlay ;;
esac
cat >"$root/etc/containers/storage.conf" <<END
[storage]
driver = "$driver"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
END
# Limits no higher than the caller's own, and nothing that needs systemd or a network of its own.
files=$(ulimit -Hn)
case $files in
unlimited) files=1024 ;;
esac
cat >"$root/etc/containers/containers.conf" <<END
[containers]
default_ulimits = ["nofile=$files:$files", "nproc=32768:32768"]
netns = "host"

[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
END
exec chroot "$root" env -i --chdir="$directory" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
    PODMAN_IGNORE_CGROUPSV1_WARNING=1 podman "$@"
