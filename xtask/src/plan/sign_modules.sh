# Signs kernel modules in a build stage, by the kernel's own program. $1 is the private key, $2 its certificate, $3 the file with its
# PIN or empty; then files and directories. A path that is missing is reported as a result that no step made.
set -e
key=$1 certificate=$2 pin=$3
shift 3
if [ "$pin" ]; then
    KBUILD_SIGN_PIN=$(cat "$pin")
    export KBUILD_SIGN_PIN
fi
# `find` calls this program with the files.
if [ ! "$SIGN_FILES" ]; then
    for path; do
        shift
        if [ -e "$path" ]; then set -- "$@" "$path"; fi
    done
    if [ $# -eq 0 ]; then exit; fi
    export SIGN_FILES=yes
    exec find -H "$@" -type f -name '*.ko' -exec /bin/sh "$0" "$key" "$certificate" "$pin" {} +
fi
for module; do
    version=$(tr '\0' '\n' <"$module" | LC_ALL=C sed -n '/^vermagic=/{s/^vermagic=\([^ ]*\).*/\1/p;q;}')
    headers=
    # Fedora and its kin have headers in /usr/src/kernels, Debian in /usr/src/linux-headers-VERSION; both link them in /usr/lib/modules.
    for each in "/usr/src/kernels/$version" "/usr/lib/modules/$version/build" "/lib/modules/$version/build" \
        "/usr/src/linux-headers-$version" /usr/src/kernels/* /usr/lib/modules/*/build /lib/modules/*/build \
        /usr/src/linux-headers-* /usr/lib/linux-kbuild-*; do
        if [ -x "$each/scripts/sign-file" ]; then
            headers=$each
            break
        fi
    done
    if [ ! "$headers" ]; then
        echo "no scripts/sign-file for kernel ${version:-unknown}" >&2
        exit 1
    fi
    hash=
    if [ -r "$headers/.config" ]; then
        hash=$(sed -n 's/^CONFIG_MODULE_SIG_HASH="\(.*\)"$/\1/p' "$headers/.config")
    fi
    "$headers/scripts/sign-file" "${hash:-sha256}" "$key" "$certificate" "$module"
done
