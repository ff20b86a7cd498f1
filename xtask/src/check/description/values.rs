//! Values that are none: what does not parse, and what no base or file system can hold.

use super::{fatal, images, layers, words};
use crate::check::Check;

pub(in crate::check) const CHECKS: &[Check] = &[
    fatal(
        "invalid-value",
        "a path, mode, owner, unit name or other word of the description is not one",
        layers(
            r#"Layer::new("app").with(File::text("1\n", "/etc/app.conf").mode(644))"#,
            r#"Layer::new("app").with(File::text("1\n", "/etc/app.conf").mode(0o644))"#,
        ),
    ),
    fatal(
        "label-value",
        "a label with a control character can't be written in a Containerfile, and both artefacts must agree",
        images(
            r#"Image::new("example", Base::stand_in())
    .label("com.example.note", "two\nlines")
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
            r#"Image::new("example", Base::stand_in())
    .label("com.example.note", "one line")
    .layer(Layer::new("app").text("1\n", "/etc/app.conf"))"#,
        ),
    ),
    fatal(
        "symlink-target",
        "Linux holds no symlink target that is empty, has 4096 bytes or more, or contains a NUL",
        layers(
            r#"Layer::new("app").symlink("", "/usr/share/app/current")"#,
            r#"Layer::new("app").symlink("v1", "/usr/share/app/current")"#,
        ),
    ),
    fatal(
        "authorized-keys",
        "sshd ignores what is not a public key, and a private key in an image is everybody's",
        words(
            "`.user(User::login(\"admin\", 1000).authorized_keys(\"deploy/id_ed25519\"))`",
            "`.user(User::login(\"admin\", 1000).authorized_keys(\"deploy/id_ed25519.pub\"))`",
        ),
    ),
    fatal(
        "password-hash",
        "systemd gives an account the hash as it is in the file, and an account with another text has no password",
        words(
            "`.user(User::login(\"admin\", 1000).password_hash(\"secrets/admin.hash\"))` with a file that `echo` wrote",
            "the same with a file that `mkpasswd -m yescrypt | tr -d '\\n'` wrote",
        ),
    ),
    fatal(
        "certificate-file",
        "programs trust a certificate only if their image's trust store takes it, and a private key in an image is everybody's",
        words("`.ca_certificate(\"deploy/ca.key\")`", "`.ca_certificate(\"deploy/ca.crt\")`"),
    ),
    fatal(
        "embedded-image",
        "podman's storage finds a container image by a name, and a name with a digest is of the image with that digest alone",
        words(
            "`.embed(Embedded::of(Base::oci(\"images/radio\")))`",
            "`.embed(Embedded::of(Base::oci(\"images/radio\")).named(\"localhost/radio:2\"))`",
        ),
    ),
    fatal(
        "environment-file",
        "systemd ignores a line of an environment file that it can't take, and the service starts without the variable",
        layers(
            r#"Layer::new("web").with(EnvironmentFile::text("export PORT=8000\n", "/etc/default/web"))"#,
            r#"Layer::new("web").with(EnvironmentFile::text("PORT=8000\n", "/etc/default/web"))"#,
        ),
    ),
    fatal(
        "health-check",
        "a check of a boot's health is run by sysboot or greenboot, and by nothing else",
        words(
            "`.health_check(HealthCheck::unit(\"web.service\"))` on a base with neither",
            "`.packages([\"greenboot\"])` in the layer, too",
        ),
    ),
    fatal(
        "firewall",
        "firewalld ignores a zone whose service it does not know, and nothing else reads a zone",
        words(
            "`.with(Zone::new(\"public\").service(\"htpp\"))`",
            "`.with(Zone::new(\"public\").service(\"http\"))` in an image with firewalld",
        ),
    ),
    fatal(
        "kernel-modules",
        "kernel modules are for the one kernel of the image, which finds them by the list that depmod makes",
        words("`.with(Kmod::file(\"vendor/gnss.o\"))`", "`.with(Kmod::file(\"vendor/gnss.ko\"))`"),
    ),
    fatal(
        "selinux",
        "a change of a policy that is not there is lost, and the compiler ignores a boolean that the policy has not",
        words(
            "`.with(Selinux::boolean(\"httpd_can_network_conect\", true))`",
            "`.with(Selinux::boolean(\"httpd_can_network_connect\", true))` on a base with a policy that has it",
        ),
    ),
    fatal(
        "unknown-owner",
        "a name is turned into a number by the base's passwd and group, and by the users and groups of the image that have a number; others get theirs on the device",
        layers(
            r#"Layer::new("app").with(Dir::new("/var/lib/sensord").owner("sensord"))"#,
            r#"Layer::new("app")
    .sysusers("sensord", ["u sensord - \"Sensor daemon\""])
    .tmpfiles("sensord", ["d /var/lib/sensord 0750 sensord sensord -"])"#,
        ),
    ),
];
