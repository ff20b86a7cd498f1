//! The macros of Lapstrake. They check a description while rustc compiles it: one macro for each kind of literal, and
//! `image!` for a whole image.
//!
//! Each macro runs the parsers and rules of the builders and the plan, and expands to builder calls that a user could
//! write by hand. Users take the macros from `lapstrake-xtask`. Its wrappers pass `$crate` on, and every name in an
//! expansion starts with it, so a user needs one dependency.
//!
//! A literal macro has four steps: `input` takes the literal out of the tokens, `text`, `mode` or `asset` checks it,
//! `literal` expands, and `diagnostic` reports a mistake on the literal. `image` describes the steps of `image!`. An
//! expansion has the type of the macro even after a mistake, so that one mistake gives one message.

mod asset;
mod diagnostic;
mod image;
mod input;
mod literal;
mod literal_macro;
mod mode;
mod text;
mod workspace;

use proc_macro::TokenStream;

/// Expands to a whole image; documented as `lapstrake_xtask::image!`.
#[proc_macro]
pub fn image(input: TokenStream) -> TokenStream {
    image::expand(input.into()).into()
}

/// Checks a path in the image; documented as `lapstrake_xtask::path!`.
#[proc_macro]
pub fn path(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::PATH).into()
}

/// Checks permission bits; documented as `lapstrake_xtask::mode!`.
#[proc_macro]
pub fn mode(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &mode::MODE).into()
}

/// Checks the name of a systemd unit; documented as `lapstrake_xtask::unit!`.
#[proc_macro]
pub fn unit(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::UNIT).into()
}

/// Checks a reference to an image; documented as `lapstrake_xtask::reference!`.
#[proc_macro]
pub fn reference(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::REFERENCE).into()
}

/// Checks that a file or directory of the workspace exists; documented as `lapstrake_xtask::asset!`.
#[proc_macro]
pub fn asset(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &asset::ASSET).into()
}

/// Checks the name of a layer; documented as `lapstrake_xtask::layer_name!`.
#[proc_macro]
pub fn layer_name(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::LAYER_NAME).into()
}

/// Checks file capabilities; documented as `lapstrake_xtask::capabilities!`.
#[proc_macro]
pub fn capabilities(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::CAPABILITIES).into()
}

/// Checks a kernel argument; documented as `lapstrake_xtask::karg!`.
#[proc_macro]
pub fn karg(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::KARG).into()
}

/// Checks a line of sysusers.d; documented as `lapstrake_xtask::sysusers_line!`.
#[proc_macro]
pub fn sysusers_line(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::SYSUSERS_LINE).into()
}

/// Checks a line of tmpfiles.d; documented as `lapstrake_xtask::tmpfiles_line!`.
#[proc_macro]
pub fn tmpfiles_line(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::TMPFILES_LINE).into()
}
