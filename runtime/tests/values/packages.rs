//! Packages and their repositories.

use lapstrake::value::{ModuleStream, PackageSpec, RepositoryId, RepositoryUrl};

use super::{accepts, refuses};

#[test]
fn packages() {
    accepts(
        PackageSpec::parse,
        &[
            "vsomeip3",
            "bash-5.2.26-3.el10",
            "@core",
            "@Development Tools",
            "@^Custom Operating System",
            "@php:8.2/common",
            "/usr/bin/python3",
            "libfoo(x86-64)",
            "glibc*",
        ],
    );
    refuses(
        PackageSpec::parse,
        &[
            ("", "", ""),
            (" ", " ", ""),
            ("--allowerasing", "-", ""),
            ("a b", " ", "write `\"a\", \"b\"`"),
            ("a\n", "\n", "write `\"a\"`"),
            ("a\u{1b}", "\u{1b}", ""),
            ("Development Tools", " ", "write `\"Development\", \"Tools\"`"),
            ("@", "@", ""),
            ("@^ ", "@^ ", ""),
            ("@Development  Tools", "@Development  Tools", "write `\"@Development Tools\"`"),
            ("@ core", "@ core", "write `\"@core\"`"),
            ("@a\nb", "\n", ""),
        ],
    );
}

#[test]
fn module_streams() {
    accepts(ModuleStream::parse, &["php:8.2", "container-tools:rhel8", "c++:1.0+x_y"]);
    refuses(
        ModuleStream::parse,
        &[
            ("", "", "write `NAME:STREAM`, as `php:8.2`"),
            ("php", "php", "write `NAME:STREAM`, as `php:8.2`"),
            ("php:", "php:", ""),
            (":8", ":8", ""),
            (
                "php:8.2/common",
                "/common",
                "write `php:8.2`, and install the profile as the package `\"@php:8.2/common\"`",
            ),
            ("@php:8.2", "@", "write `php:8.2`"),
            ("-x:1", "-", ""),
            ("php:8 2", " ", ""),
            ("php:*", "*", ""),
            ("a:b:c", ":", ""),
        ],
    );
}

#[test]
fn repository_ids_and_urls() {
    accepts(RepositoryId::parse, &["vendor", "a:b", "x.y-z_1", &"r".repeat(200)]);
    refuses(
        RepositoryId::parse,
        &[
            ("", "", ""),
            ("vendor nightly", " ", "write `vendor-nightly`"),
            ("a/b", "/", "write `a-b`"),
            ("-a", "-", ""),
            ("a]\nb", "]", "write `a--b`"),
        ],
    );
    accepts(
        RepositoryUrl::parse,
        &[
            "https://rpms.example/el10/$basearch",
            "http://127.0.0.1:8000",
            "file:///srv/rpms",
            "https://x/a@b",
        ],
    );
    refuses(
        RepositoryUrl::parse,
        &[
            ("", "", ""),
            ("rpms.example/el10", "rpms.example/el10", "write `https://rpms.example/el10`"),
            ("/srv/rpms", "/srv/rpms", "write `file:///srv/rpms`"),
            ("gopher://x/", "gopher://x/", ""),
            ("https:///el10", "https:///el10", ""),
            ("https://x/\nenabled=0", "\n", ""),
            ("https://me:pass@x/el10", "me:pass@", "write `https://x/el10`"),
        ],
    );
}
