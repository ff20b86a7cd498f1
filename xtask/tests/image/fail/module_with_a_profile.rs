//! Enables a module with its profile, which dnf installs as a package.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "telematics",
        base: stand_in,
        layer "app" {
            packages ["php-fpm"] { module: "php:8.2/common" }
        }
    };
}
