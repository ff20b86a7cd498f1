//! Writes each entry as a call of its builder. One entry is one call, so that the `Site` of the call is the entry's line.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::Checker;
use super::shape::Parts;
use crate::image::grammar::{self, Shape};
use crate::image::keyword::Level;
use crate::image::syntax::Entry;

impl Checker<'_> {
    /// Returns the call of an entry, or `None` after an error that leaves no call.
    pub(super) fn entry(&mut self, entry: &Entry) -> Option<TokenStream> {
        let form = grammar::find(&entry.keyword.to_string(), entry.level)?;
        if self.is_of_a_stage(entry) {
            return None;
        }
        if form.keyword == "packages" && entry.is_options_alone() {
            let span = entry.keyword.span();
            let (new, options) =
                (self.call("Packages", "default", span), self.settings(form, &entry.options));
            return Some(quote_spanned!(span=> .with(#new() #options)));
        }
        if let ("initramfs" | "qm", true) = (form.keyword, entry.is_options_alone()) {
            let span = entry.keyword.span();
            let (name, new) = if form.keyword == "qm" { ("Qm", "new") } else { ("Initramfs", "regenerated") };
            let (new, options) = (self.call(name, new, span), self.settings(form, &entry.options));
            return Some(quote_spanned!(span=> .entries(#new() #options)));
        }
        let parts = self.parts(form, entry)?;
        let argument = self.argument(form, entry);
        let operands: Vec<_> = argument.into_iter().chain(self.operands(&parts)).collect();
        let options = self.settings(form, &entry.options);
        self.claim(entry, &parts);
        Some(self.build(entry, &parts, &operands, &options))
    }

    fn build(
        &mut self,
        entry: &Entry,
        parts: &Parts<'_>,
        operands: &[TokenStream],
        options: &TokenStream,
    ) -> TokenStream {
        let keyword = entry.keyword.to_string();
        let span = entry.keyword.span();
        let plain = |method: &str| {
            let method = Ident::new(method, span);
            quote_spanned!(span=> .#method(#(#operands),*))
        };
        let with = |call: TokenStream, method: &str| {
            let method = Ident::new(method, span);
            quote_spanned!(span=> .#method(#call(#(#operands),*) #options))
        };
        match (keyword.as_str(), parts.shape) {
            _ if entry.level == Level::Image => plain(&keyword),
            ("user", Shape::Named(..)) => with(self.call("User", "login", span), "with"),
            ("user", _) => with(self.call("User", "system", span), "with"),
            ("zone", _) => with(self.call("Zone", "new", span), "with"),
            ("selinux_boolean" | "selinux_context" | "selinux_module" | "selinux_permissive", _) => {
                with(self.call("Selinux", keyword.trim_start_matches("selinux_"), span), "with")
            }
            ("embed", _) => with(self.call("Embedded", "image", span), "with"),
            ("ca_certificate", _) => with(self.call("CaCertificate", "file", span), "with"),
            ("motd", _) => with(self.call("Motd", "new", span), "with"),
            ("environment_file", _) => with(self.call("EnvironmentFile", "file", span), "with"),
            ("health_check", Shape::One(_)) => with(self.call("HealthCheck", "unit", span), "with"),
            ("health_check", _) => with(self.call("HealthCheck", "command", span), "with"),
            ("kernel", _) => with(self.call("Kernel", "package", span), "kernel"),
            ("built_kmod", _) => with(self.call("Kmod", "from_stage", span), "with"),
            ("built_selinux_module", _) => with(self.call("Selinux", "module_from_stage", span), "with"),
            ("kmod", _) => with(self.call("Kmod", "file", span), "with"),
            ("group", _) => with(self.call("Group", "new", span), "with"),
            (
                "sysctl" | "modules_load" | "udev_rules" | "preset" | "environment" | "sshd" | "hostname"
                | "locale",
                _,
            ) => with(self.call("Conf", &keyword, span), "with"),
            ("edit", _) => with(self.call("Edit", "of", span), "with"),
            ("bin", _) if options.is_empty() => plain("bin"),
            ("bin", _) => with(self.call("Bin", "new", span), "bin"),
            ("unit", Shape::Named(..)) => with(self.call("Unit", "text", span), "unit"),
            ("unit", _) => with(self.call("Unit", "file", span), "unit"),
            ("quadlet", Shape::Named(..)) => with(self.call("Quadlet", "text", span), "quadlet"),
            ("quadlet", _) => with(self.call("Quadlet", "file", span), "quadlet"),
            ("drop_in", Shape::Onto(..)) => with(self.call("DropIn", "file", span), "with"),
            ("drop_in", _) => with(self.call("DropIn", "text", span), "with"),
            ("sysusers", Shape::One(_)) => with(self.call("Sysusers", "file", span), "with"),
            ("tmpfiles", Shape::One(_)) => with(self.call("Tmpfiles", "file", span), "with"),
            ("fetched", _) => with(self.call("File", "fetched", span), "with"),
            ("fetched_tree", _) => with(self.call("Tree", "fetched", span), "with"),
            ("built", _) => with(self.call("File", "from_stage", span), "with"),
            ("image_file", _) => with(self.call("File", "from_image", span), "with"),
            ("image_tree", _) => with(self.call("Tree", "from_image", span), "with"),
            ("built_tree", _) => with(self.call("Tree", "from_stage", span), "with"),
            ("shell", _) => with(self.call("Run", "shell", span), "with"),
            _ if options.is_empty() => plain(&keyword),
            ("enable", _) => with(self.call("UnitState", "enabled", span), "with"),
            ("disable", _) => with(self.call("UnitState", "disabled", span), "with"),
            ("mask", _) => with(self.call("UnitState", "masked", span), "with"),
            ("file", _) => with(self.call("File", "new", span), "with"),
            ("text", _) => with(self.call("File", "text", span), "with"),
            ("tree", _) => with(self.call("Tree", "new", span), "with"),
            ("copy", _) => with(self.call("Copied", "of", span), "with"),
            ("rename", _) => with(self.call("Copied", "renamed", span), "with"),
            ("dir", _) => with(self.call("Dir", "new", span), "with"),
            ("symlink", _) => with(self.call("Symlink", "to", span), "with"),
            ("run", _) => with(self.call("Run", "new", span), "with"),
            ("packages", _) => with(self.call("Packages", "install", span), "with"),
            ("kargs", _) => with(self.call("Kargs", "new", span), "with"),
            // The other entries have no options. An option of theirs has been reported.
            _ => plain(&keyword),
        }
    }

    /// Checks the operands, and returns them in the order of the builder's arguments.
    fn operands(&mut self, parts: &Parts<'_>) -> Vec<TokenStream> {
        let second = |checker: &mut Self, kind| parts.second.map(|value| checker.value(kind, value));
        match parts.shape {
            Shape::One(kind) => vec![self.value(kind, parts.head)],
            // `link -> target` is as ls(1) shows it; the builder takes the target first, as `ln -s` does.
            Shape::Link(at, target) => {
                let at = self.value(at, parts.head);
                second(self, target).into_iter().chain([at]).collect()
            }
            Shape::Onto(from, to) | Shape::Named(from, to) => {
                let head = self.value(from, parts.head);
                [head].into_iter().chain(second(self, to)).collect()
            }
            Shape::NamedOnto(name, content, to) => {
                let name = self.value(name, parts.head);
                let content = second(self, content);
                let to = parts.third.map(|value| self.value(to, value));
                [name].into_iter().chain(content).chain(to).collect()
            }
            Shape::List(kind) => vec![self.list_of(kind, parts.head)],
            Shape::Listed(name, kind) => {
                let name = self.value(name, parts.head);
                let lines = parts.second.map(|value| self.list_of(kind, value));
                [name].into_iter().chain(lines).collect()
            }
        }
    }
}
