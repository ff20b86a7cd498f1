//! A description, checked while rustc compiles it: its literals one by one, and a whole image by `image!`.
//!
//! Each macro runs the parsers and rules that the builder and the plan would run, and expands to what a
//! user could have written by hand. Users have them from `lapstrake-xtask`, whose wrappers hand on `$crate`:
//! the names in an expansion hang on that, so one dependency is enough.
//!
//! The way of a literal: `input` takes it out of the tokens, `text`, `mode` or `asset` check it,
//! `literal` expands, and what is wrong becomes a `diagnostic` on the literal. That of an image is reported in
//! `image`. An expansion has the macro's type whether the input was right or not, so that one mistake gives
//! one message.

mod asset;
mod diagnostic;
mod image;
mod input;
mod literal;
mod mode;
mod text;
mod workspace;

use proc_macro::TokenStream;

/// A whole image; documented as `lapstrake_xtask::image!`.
#[proc_macro]
pub fn image(input: TokenStream) -> TokenStream {
    image::expand(input.into()).into()
}

/// A path in the image; documented as `lapstrake_xtask::path!`.
#[proc_macro]
pub fn path(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::PATH).into()
}

/// Permission bits; documented as `lapstrake_xtask::mode!`.
#[proc_macro]
pub fn mode(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &mode::MODE).into()
}

/// The name of a systemd unit; documented as `lapstrake_xtask::unit!`.
#[proc_macro]
pub fn unit(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::UNIT).into()
}

/// A reference to an image; documented as `lapstrake_xtask::reference!`.
#[proc_macro]
pub fn reference(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::REFERENCE).into()
}

/// A file or directory of the workspace; documented as `lapstrake_xtask::asset!`.
#[proc_macro]
pub fn asset(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &asset::ASSET).into()
}

/// The name of a layer; documented as `lapstrake_xtask::layer_name!`.
#[proc_macro]
pub fn layer_name(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::LAYER_NAME).into()
}

/// File capabilities; documented as `lapstrake_xtask::capabilities!`.
#[proc_macro]
pub fn capabilities(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::CAPABILITIES).into()
}

/// A kernel argument; documented as `lapstrake_xtask::karg!`.
#[proc_macro]
pub fn karg(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::KARG).into()
}

/// A line of sysusers.d; documented as `lapstrake_xtask::sysusers_line!`.
#[proc_macro]
pub fn sysusers_line(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::SYSUSERS_LINE).into()
}

/// A line of tmpfiles.d; documented as `lapstrake_xtask::tmpfiles_line!`.
#[proc_macro]
pub fn tmpfiles_line(input: TokenStream) -> TokenStream {
    literal::expand(input.into(), &text::TMPFILES_LINE).into()
}
