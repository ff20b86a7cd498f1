//! What a run step takes: variables and secrets.

use lapstrake::value::{SecretId, Variable};

use super::{accepts, refuses};

#[test]
fn variables_and_secrets() {
    accepts(Variable::parse, &["LANG", "_", "_a1", "lower"]);
    refuses(
        Variable::parse,
        &[
            ("", "", ""),
            ("1A", "1", ""),
            ("A=b", "=", "give the value as an argument of its own"),
            ("A-B", "-", "write `A_B`"),
            ("É", "É", "write `_`"),
        ],
    );
    accepts(SecretId::parse, &["token", "a.b-c_d", "1"]);
    refuses(
        SecretId::parse,
        &[
            ("", "", ""),
            ("a,src=/etc/shadow", ",", "write `a-src--etc-shadow`"),
            ("../x", "/", ""),
            (".x", ".", ""),
            ("a b", " ", "write `a-b`"),
        ],
    );
}
