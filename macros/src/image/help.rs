//! Builder calls in the form that `image!` has for them, for the help of a message.

use super::keyword::{self, Level};

/// Returns the help that shows a call of a builder as an entry.
pub(super) fn as_entry(method: &str, arguments: &str) -> String {
    let plain = !arguments.contains('!') && keyword::is_known(method) && arguments != "()";
    match keyword::meant(method, Level::Layer) {
        _ if plain => in_image(&format!("write `.{method}{arguments}`")),
        Some(keyword) => format!("write it like `{}`", keyword.example),
        None => "write it like `bin \"sensord\"`".to_owned(),
    }
}

/// Rewrites the builder calls in a help as entries: "`.remove(x)`" becomes "`remove x`".
pub(super) fn in_image(help: &str) -> String {
    let mut written = String::new();
    let mut rest = help;
    while let Some((before, call)) = rest.split_once("`.") {
        let Some((call, after)) = call.split_once(")`") else { break };
        let Some((method, arguments)) = call.split_once('(') else { break };
        let between = match method {
            "text" | "file" | "tree" => " => ",
            "label" => " = ",
            _ => " ",
        };
        written.push_str(&format!("{before}`{method} {}`", arguments.replacen(", ", between, 1)));
        rest = after;
    }
    written + rest
}
