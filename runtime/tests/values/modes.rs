//! Permission bits.

use lapstrake::value::Mode;

use super::refuses;

#[test]
fn modes_in_octal_digits() {
    for (text, bits) in
        [("755", 0o755), ("0755", 0o755), ("0o755", 0o755), ("0", 0), ("7777", 0o7777), ("4755", 0o4755)]
    {
        assert_eq!(Mode::parse(text).map(Mode::bits), Ok(bits), "{text}");
    }
    let form = "write it as `0o755`";
    refuses(
        Mode::parse,
        &[
            ("", "", form),
            ("0o", "0o", form),
            ("758", "8", form),
            ("0o8", "8", form),
            ("rwxr-xr-x", "r", form),
            ("u+x", "u", form),
            ("-1", "-", form),
            ("+755", "+", form),
            (" 755", " ", form),
            ("0x1ed", "x", form),
            ("100644", "100644", form),
            ("77777777777777777777777", "77777777777777777777777", form),
            ("7é", "é", form),
        ],
    );
}

#[test]
fn modes_as_numbers() {
    for bits in [0, 0o600, 0o644, 0o755, 0o1777, 0o2755, 0o2770, 0o4755, 0o7777] {
        assert_eq!(Mode::try_from(bits).map(Mode::bits), Ok(bits), "{bits:o}");
    }
    // Written without the `0o`, and taken for what rustc reads, each would be a mode nobody asked for.
    for decimal in [
        555, 600, 640, 644, 660, 664, 700, 711, 744, 750, 755, 770, 775, 777, 1777, 2755, 2770, 2775, 4755,
        6755,
    ] {
        let error = Mode::try_from(decimal).unwrap_err();
        assert_eq!(error.help(), Some(format!("write `0o{decimal}`").as_str()), "{decimal}");
    }
    let error = Mode::try_from(0o100_644).unwrap_err();
    assert_eq!((error.offending(), error.help()), ("0o100644", Some("write `0o644`")));
}
