//! Packages and their repositories.

use lapstrake::value::{PackageSpec, RepositoryId, RepositoryUrl};

use super::{accepts, refuses};

#[test]
fn packages() {
    accepts(
        PackageSpec::parse,
        &["vsomeip3", "bash-5.2.26-3.el10", "@core", "/usr/bin/python3", "libfoo(x86-64)", "glibc*"],
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
