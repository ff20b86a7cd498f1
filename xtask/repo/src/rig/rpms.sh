# Builds the RPMs of the spec files in $1 and lays them out in $2: `repo`, a repository; `signed`, one
# whose packages are signed, by a key that is made here and then lost; `local`, files in no repository.
# Run as `sh -eu -c … sh SPECS OUT`, with SOURCE_DATE_EPOCH set. All but the signatures is the same for everyone.
specs=$1
out=$2
export GNUPGHOME
scratch=$(mktemp -d)
GNUPGHOME=$scratch/gnupg
trap 'gpgconf --kill all; rm -rf "$scratch"' EXIT

build() {
    into=$1
    spec=$2
    shift 2
    # Another distribution's rpmbuild would add its own debug packages, build ids and compression.
    rpmbuild -bb --quiet \
        --define "_topdir $scratch" --define "_rpmdir $out/$into" --define '_rpmfilename %{NVRA}.rpm' \
        --define '_buildhost rig' --define 'use_source_date_epoch_as_buildtime 1' \
        --define 'clamp_mtime_to_source_date_epoch 1' --define 'source_date_epoch_from_changelog 0' \
        --define '_binary_payload w6.gzdio' --define '__os_install_post %{nil}' --define 'dist %{nil}' \
        "$@" "$specs/$spec.spec"
}

index() {
    # The index tells the time of each file.
    touch --date "@$SOURCE_DATE_EPOCH" "$out/$1"/*.rpm
    createrepo_c --quiet --no-database --revision 1 --set-timestamp-to-revision "$out/$1"
}

mkdir -p "$out/repo" "$out/signed" "$out/local"
for spec in rig-shim rig-data rig-weak rig-old rig-new rig-broken rig-refused rig-user; do
    build repo "$spec"
done
build repo rig-greeter --define 'greeter 1.0'
build repo rig-greeter --define 'greeter 1.1'
build local rig-local
build signed rig-signed

install -d -m 700 "$GNUPGHOME"
gpg --quiet --batch --passphrase '' --quick-generate-key 'rig <rig@example.invalid>' rsa3072 sign never
gpg --quiet --batch --armor --export >"$out/RPM-GPG-KEY-rig"
# Debian's rpm looks for gpg where Debian's gpg is not.
rpmsign --define '_gpg_name rig' --define "_gpg_path $GNUPGHOME" --define "__gpg $(command -v gpg)" \
    --addsign "$out"/signed/*.rpm >&2
index repo
index signed
