//! Paths in the image, and the patterns of a tree.

use lapstrake::value::{Glob, ImagePath};

use super::{accepts, refuses};

#[test]
fn image_paths() {
    let component = "x".repeat(255);
    let deep = "/y".repeat(2047);
    accepts(
        ImagePath::parse,
        &[
            "/",
            "/etc/sensord.toml",
            "/a b/\"c\"/'d'/$e/é/\n",
            "/...",
            "/.hidden",
            "/a.wh.b",
            "/wh.x",
            "/-rf",
            &format!("/{component}"),
            &deep,
        ],
    );
    refuses(
        ImagePath::parse,
        &[
            ("", "", ""),
            ("etc/sensord.toml", "etc/sensord.toml", "write `/etc/sensord.toml`"),
            ("./etc", "./etc", "write `/etc`"),
            ("../etc", "../etc", "write `/etc`"),
            ("/etc/", "/", "write `/etc`"),
            ("//", "/", "write `/`"),
            ("/etc//x", "/", "write `/etc/x`"),
            ("/etc/./x", ".", "write `/etc/x`"),
            ("/etc/../x", "..", "write `/x`"),
            ("/..", "..", "write `/`"),
            ("/etc/.wh.motd", ".wh.motd", "to remove a file, use `.remove(…)`"),
            ("/etc/.wh..wh..opq", ".wh..wh..opq", "to remove a file, use `.remove(…)`"),
            ("etc/.wh.motd", "etc/.wh.motd", ""),
            ("/a\0b", "a\0b", ""),
            (&format!("/{component}x"), &format!("{component}x"), ""),
            (&format!("{deep}/y"), &format!("{deep}/y"), ""),
        ],
    );
    let error = ImagePath::parse("/etc/").unwrap_err();
    assert_eq!(error.to_string(), "image path `/etc/` ends in `/`");
    let long = format!("x{deep}");
    let error = ImagePath::parse(&long).unwrap_err();
    assert!(error.to_string().len() < 300, "a message stays readable");
    assert_eq!(error.input(), long);
    // What a terminal would act on is shown, not sent.
    let error = ImagePath::parse("etc/\u{1b}[31m\n").unwrap_err();
    assert_eq!(error.help(), Some("write `/etc/\\u{1b}[31m\\n`"));
    assert!(!error.to_string().contains(char::is_control));
}

#[test]
fn globs() {
    accepts(Glob::parse, &["*.map", "**/*.map", "/dist", "node_modules/", "a/**/b", "a?c d", "**"]);
    refuses(
        Glob::parse,
        &[
            ("", "", ""),
            ("/", "/", ""),
            ("a//b", "a//b", "write it as `**/*.map`"),
            ("../x", "../x", "write it as `**/*.map`"),
            ("./x", "./x", "write it as `**/*.map`"),
            ("a**", "a**", "write `a*`"),
            ("*.{map,ts}", "{", "write one pattern for each alternative"),
            ("[ab]", "[", "write one pattern for each alternative"),
            ("!keep", "!", "name what is left out, and leave out what is taken"),
            ("a\\b", "\\", ""),
        ],
    );
}

/// As `git check-ignore` has it for a `.gitignore` in the directory.
#[test]
fn what_globs_match() {
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("*.map", &["a.map", "x/y/a.map", ".map", "a.map/below"], &["a.mapx", "map"]),
        ("**/*.map", &["a.map", "x/y/a.map"], &["a.ts"]),
        ("/dist", &["dist", "dist/a"], &["web/dist", "dist2"]),
        ("web/dist", &["web/dist", "web/dist/x"], &["a/web/dist", "web"]),
        ("**/dist", &["dist", "a/b/dist/c"], &["adist"]),
        ("a/**/b", &["a/b", "a/x/b", "a/x/y/b/c"], &["ab", "x/a/b", "a"]),
        ("a/**", &["a/b", "a/b/c"], &["b", "x/a/b"]),
        ("node_modules/", &["node_modules", "x/node_modules/y"], &["node_modules2"]),
        ("?", &["a", "x/é"], &["", "ab"]),
        ("a*b*c", &["abc", "axxbbxc", "abcbc"], &["ab", "acb", "abcd"]),
    ];
    for (pattern, matching, others) in cases {
        let glob = Glob::parse(pattern).unwrap();
        for path in matching {
            assert!(glob.matches(path), "{pattern} {path}");
        }
        for path in others {
            assert!(!glob.matches(path), "{pattern} {path}");
        }
    }
    // A pattern that makes others take exponential time.
    let many = Glob::parse(&"a*".repeat(100)).unwrap();
    assert!(!many.matches(&format!("{}b", "a".repeat(99))));
    assert!(!Glob::parse(&format!("{}b", "**/".repeat(60))).unwrap().matches(&"a/".repeat(200)));
}
