//! The longest function and the longest file.

use camino::Utf8Path;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::Violation;
use super::source::Crate;

/// The most lines of a function, from `fn` to its closing brace.
const FUNCTION: usize = 80;
/// The most lines of a file.
const FILE: usize = 400;
/// The words with which the header of a longer file gives its reason.
const REASON: &str = "400 lines";

/// Finds the functions that are too long.
pub(super) fn functions(parsed: &Crate) -> Vec<Violation> {
    let mut found = Vec::new();
    for module in parsed.modules.values() {
        let mut functions = Functions { file: &module.file, found: &mut found };
        for item in &module.items {
            // The items of a module in the same file are visited there.
            if !matches!(item, syn::Item::Mod(_)) {
                functions.visit_item(item);
            }
        }
    }
    found
}

struct Functions<'a> {
    file: &'a Utf8Path,
    found: &'a mut Vec<Violation>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let lines = block.brace_token.span.close().end().line - first + 1;
        if lines > FUNCTION {
            let key =
                format!("function `{}` of `{}` has more than {FUNCTION} lines", signature.ident, self.file);
            self.found.push(Violation { key, detail: format!("line {first}: {lines} lines") });
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.measure(&function.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

/// Finds a file that is too long and whose header does not say why.
pub(super) fn file(path: &Utf8Path, text: &str) -> Option<Violation> {
    let lines = text.lines().count();
    let header = text.lines().take_while(|line| line.starts_with("//!"));
    let has_reason = header.into_iter().any(|line| line.contains(REASON));
    (lines > FILE && !has_reason).then(|| Violation {
        key: format!(
            "file `{path}` has more than {FILE} lines, and its header has no reason with the words `{REASON}`"
        ),
        detail: format!("{lines} lines"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::fixture;
    use super::*;

    #[test]
    fn a_long_function_is_found_wherever_it_is() {
        let long = |name: &str, lines: usize| format!("fn {name}() {{{}}}\n", "\n".repeat(lines - 1));
        let text = format!(
            "{}impl A {{ {} }}\ntrait B {{ fn none(); {} }}\nmod inner {{ {} }}\n#[cfg(test)] mod tests {{ {} }}",
            long("short", 80),
            long("method", 81),
            long("default", 90),
            long("nested", 81),
            long("test", 200),
        );
        let found = functions(&fixture(&[("src/lib.rs", &text)]));
        let mut names: Vec<_> = found.iter().map(|found| found.key.split('`').nth(1).unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names, ["default", "method", "nested"]);
        assert!(found.iter().any(|found| found.detail == "line 81: 81 lines"), "{found:?}");
    }

    #[test]
    fn a_long_file_has_a_reason() {
        let path = Utf8Path::new("src/lib.rs");
        let long = "x\n".repeat(401);
        assert!(file(path, &long).is_some());
        assert!(file(path, &"x\n".repeat(400)).is_none());
        assert!(
            file(
                path,
                &format!("//! Table.\n//! It has more than 400 lines because it is one table.\n{long}")
            )
            .is_none()
        );
        assert!(file(path, &format!("{long}// 400 lines\n")).is_some());
    }
}
