//! Writes the options of an entry as method calls of its builder, by the table in `grammar`.

use lapstrake::suggest::nearest;
use lapstrake::value::RepositoryUrl;
use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::Checker;
use crate::diagnostic::Diagnostic;
use crate::image::grammar::{Choice, Form, Takes};
use crate::image::syntax::{Entry, Setting};
use crate::image::tokens::Operand;
use crate::image::value_kind::ValueKind;

/// What other tools call an option.
const ELSEWHERE: [(&[&str], &str); 21] = [
    (&["chmod", "permissions", "perm", "mod"], "mode"),
    (&["chown", "user", "group", "uid", "gid"], "owner"),
    (&["caps", "cap", "setcap", "capabilities"], "capability"),
    (&["to", "path", "dest", "destination"], "at"),
    (&["enable"], "enabled"),
    (&["name"], "named"),
    (&["arch"], "architecture"),
    (&["arch", "architecture", "only_on"], "match_architectures"),
    (&["stage", "builder", "built_in", "from"], "in_stage"),
    (&["environment", "variable"], "env"),
    (&["enabled_as", "instance"], "instances"),
    (&["cwd", "dir", "workdir", "working_dir", "directory"], "current_dir"),
    (&["mount", "volume"], "bind"),
    (&["repo", "baseurl"], "repository"),
    (&["enablerepo", "enable_repo"], "enable_repository"),
    (&["module_enable", "stream", "modules"], "module"),
    (&["upgrade", "update", "distro_sync"], "upgrade_all"),
    (&["allowerasing"], "allow_erasing"),
    (&["noscripts", "no_scriptlets"], "without_scriptlets"),
    (&["nodocs", "no_docs", "tsflags"], "without_docs"),
    (&["install_weak_deps", "no_weak_deps"], "without_weak_dependencies"),
];

impl Checker<'_> {
    /// Returns the options as method calls.
    pub(super) fn settings(&mut self, form: &'static Form, settings: &[Setting]) -> TokenStream {
        let mut calls = TokenStream::new();
        let mut seen: Vec<&Ident> = Vec::new();
        for setting in settings {
            let Some(choice) = self.choice(form, setting) else { continue };
            let first = seen.iter().find(|key| ***key == setting.key).filter(|_| !choice.is_many());
            if let Some(first) = first {
                let message = format!("`{}` is said twice of one entry", setting.key);
                let error = Diagnostic::new(setting.key.span(), message);
                self.errors.push(error.help("leave one of them out").also(first.span().into()));
                continue;
            }
            seen.push(&setting.key);
            calls.extend(self.setting(choice, setting));
        }
        calls
    }

    fn choice(&mut self, form: &'static Form, setting: &Setting) -> Option<&'static Choice> {
        let key = &setting.key;
        let name = key.to_string();
        let found = form.option(&name);
        if found.is_none() {
            let error = Diagnostic::new(key.span(), format!("`{}` has no option `{name}`", form.keyword));
            let known = form.options.iter().map(|choice| choice.key);
            let mut elsewhere = ELSEWHERE.iter().filter(|(other, _)| other.contains(&name.as_str()));
            let meant = elsewhere.find_map(|(_, meant)| form.option(meant));
            let meant = meant.or_else(|| nearest(&name, known.clone()).and_then(|near| form.option(near)));
            let all: Vec<_> = known.map(|known| format!("`{known}`")).collect();
            self.errors.push(error.help(match meant {
                Some(Choice { key, takes, .. }) => match &setting.value {
                    Some(value) if !matches!(takes, Takes::Nothing) => {
                        let to = setting.arrow.as_ref().map(|arrow| format!(" => {}", arrow.to.written()));
                        format!("write `{key}: {}{}`", value.written(), to.unwrap_or_default())
                    }
                    _ => format!("write `{key}`"),
                },
                None if all.is_empty() => format!("`{}` has no options: leave it out", form.keyword),
                None => format!("`{}` has {}", form.keyword, all.join(", ")),
            }));
        }
        found
    }

    fn setting(&mut self, choice: &'static Choice, setting: &Setting) -> TokenStream {
        let key = &setting.key;
        let span = key.span();
        let method = Ident::new(choice.method, span);
        let Some(value) = &setting.value else {
            if let Takes::Nothing = choice.takes {
                return quote_spanned!(span=> .#method());
            }
            self.lacks(key, choice);
            return TokenStream::new();
        };
        if let (None, Some(inner)) = (choice.form(), setting.options.first()) {
            let help = format!("leave `{}` out", inner.key);
            self.error(inner.key.span(), format!("`{key}` has no options of its own"), help);
        }
        if self.has_arrow_too_much(choice, setting, value) {
            return TokenStream::new();
        }
        match choice.takes {
            Takes::Nothing => {
                let error = Diagnostic::new(value.place(), format!("`{key}` takes no value"));
                let help = match value.written().as_str() {
                    "true" => format!("write `{key}`"),
                    "false" => format!("leave `{key}` out"),
                    written => format!("write the entry twice: `if {written} {{ … }} else {{ … }}`"),
                };
                self.errors.push(error.help(help));
                quote_spanned!(span=> .#method())
            }
            Takes::One(kind) => {
                let value = self.single(key, kind, value);
                value.map(|value| quote_spanned!(span=> .#method(#value))).unwrap_or_default()
            }
            Takes::Many(kind) => {
                let values = self.list_of(kind, value);
                quote_spanned!(span=> .#method(#values))
            }
            Takes::Each(kind) => {
                let each = value.list().unwrap_or_else(|| vec![value.clone()]);
                if each.is_empty() {
                    self.lacks(key, choice);
                }
                let each: Vec<_> = each.iter().map(|value| self.value(kind, value)).collect();
                quote_spanned!(span=> #(.#method(#each))*)
            }
            Takes::Pair(from, to) => {
                let Some(arrow) = &setting.arrow else {
                    self.lacks_arrow(key, from, to, value);
                    return TokenStream::new();
                };
                let from = self.value(from, value);
                let to = self.value(to, &arrow.to);
                quote_spanned!(span=> .#method(#from, #to))
            }
            Takes::Setting => self.set(setting, value, choice),
            Takes::Repository => self.repositories(choice, setting, value),
            // `argument` puts it in the parentheses of the entry's call.
            Takes::Argument(_) => TokenStream::new(),
        }
    }

    /// Returns the option that is the first argument of the entry's call, if the entry has such an option.
    pub(super) fn argument(&mut self, form: &'static Form, entry: &Entry) -> Option<TokenStream> {
        let needed = form.options.iter().find_map(|choice| match choice.takes {
            Takes::Argument(kind) => Some((choice.key, kind)),
            _ => None,
        });
        let (key, kind) = needed?;
        let said = entry.options.iter().find(|setting| setting.key == key);
        if said.is_none() && !entry.broken_options {
            let message = format!("`{}` lacks its {key}", entry.keyword);
            let example = kind.example();
            self.error(entry.place, message, format!("add what it is: `{{ {key}: {example} }}`"));
        }
        let value = said.and_then(|setting| Some((&setting.key, setting.value.as_ref()?)));
        let value = value.and_then(|(key, value)| self.single(key, kind, value));
        Some(value.unwrap_or_else(|| self.mistaken_of(kind)))
    }

    fn single(&mut self, key: &Ident, kind: ValueKind, value: &Operand) -> Option<TokenStream> {
        if let Some(list) = value.list() {
            let first = list.first().map_or("…".to_owned(), Operand::written);
            let message = format!("`{key}` takes one value, and this is a list");
            self.error(value.place(), message, format!("write `{key}: {first}`"));
            return None;
        }
        Some(self.value(kind, value))
    }

    /// Returns the call that sets a key of a file, below its section if the key is a list.
    fn set(&mut self, setting: &Setting, value: &Operand, choice: &'static Choice) -> TokenStream {
        let key = &setting.key;
        let span = key.span();
        let Some(arrow) = &setting.arrow else {
            let error = Diagnostic::new(value.place(), format!("`{key}` lacks its `=>`"));
            self.errors.push(error.help(format!("write `{key}: {} => \"…\"`", value.written())));
            return TokenStream::new();
        };
        let names = value.list().unwrap_or_else(|| vec![value.clone()]);
        let to = self.value(ValueKind::Text, &arrow.to);
        match names.as_slice() {
            [name] => {
                let name = self.value(ValueKind::Text, name);
                quote_spanned!(span=> .#key("", #name, #to))
            }
            [section, name] => {
                let (section, name) =
                    (self.value(ValueKind::Text, section), self.value(ValueKind::Text, name));
                quote_spanned!(span=> .#key(#section, #name, #to))
            }
            _ => {
                let error = Diagnostic::new(value.place(), "a key has a section or none");
                self.errors.push(error.help(format!("write `{key}: {}`", choice.example())));
                TokenStream::new()
            }
        }
    }

    fn repositories(&mut self, choice: &'static Choice, setting: &Setting, value: &Operand) -> TokenStream {
        let key = &setting.key;
        let span = key.span();
        let options = choice.form().map(|form| self.settings(form, &setting.options));
        if let Some(arrow) = &setting.arrow {
            let is_url =
                |value: &Operand| value.text().is_some_and(|text| RepositoryUrl::parse(&text).is_ok());
            if is_url(value) && !is_url(&arrow.to) {
                let message = "a repository has its id first, and then its URL";
                let help = format!("write `{key}: {} => {}`", arrow.to.written(), value.written());
                self.error(value.place().to(arrow.to.place()), message, help);
                return TokenStream::new();
            }
            let at = value.place().start;
            let new = self.call("Repository", "new", at);
            let id = self.value(ValueKind::RepositoryId, value);
            let url = self.value(ValueKind::RepositoryUrl, &arrow.to);
            // All tokens of the call have the place of the value, because that place is the `Site` of the call.
            let new = quote_spanned!(at=> #new(#id, #url));
            return quote_spanned!(span=> .#key(#new #options));
        }
        let each = value.list().unwrap_or_else(|| vec![value.clone()]);
        if each.is_empty() {
            self.lacks(key, choice);
        }
        let each: Vec<_> = each.iter().map(|value| self.value(ValueKind::Repository, value)).collect();
        quote_spanned!(span=> #(.#key(#each #options))*)
    }

    /// Reports `A => B` of an option that has no `=>`.
    fn has_arrow_too_much(&mut self, choice: &Choice, setting: &Setting, value: &Operand) -> bool {
        let Some(arrow) = setting.arrow.as_ref().filter(|_| !choice.is_pair()) else { return false };
        let (key, from, to) = (&setting.key, value.written(), arrow.to.written());
        let help = match choice.takes {
            Takes::Nothing => format!("write `{key}`"),
            Takes::Each(ValueKind::Secret) => format!("write `{key}: Secret::env({from}, {to})`"),
            Takes::Many(_) => format!("write `{key}: [{from}]`"),
            _ => format!("write `{key}: {from}`"),
        };
        self.error(arrow.place, format!("`{key}` has no `=>`"), help);
        true
    }

    /// `A` of an option that is `A => B`.
    fn lacks_arrow(&mut self, key: &Ident, from: ValueKind, to: ValueKind, value: &Operand) {
        let list = value.list();
        let text = value.text().unwrap_or_default();
        // As a shell has it, and as podman's `--volume` has it.
        let halves = match from {
            ValueKind::Variable => text.split_once('='),
            ValueKind::BindSource => text.split_once(':'),
            _ => None,
        };
        let help = match (list.as_deref(), halves) {
            (Some([from, to]), _) => format!("write `{key}: {} => {}`", from.written(), to.written()),
            (Some(_), _) => format!("write `{key}: [{} => {}]`", from.example(), to.example()),
            (None, Some((from, to))) => format!("write `{key}: {from:?} => {to:?}`"),
            (None, None) if to == ValueKind::Package => {
                format!("write `{key}: {} => \"…\"`", value.written())
            }
            (None, None) => format!("write `{key}: {} => {}`", value.written(), to.example()),
        };
        self.error(value.place(), format!("`{key}` lacks its `=>`"), help);
    }

    fn lacks(&mut self, key: &Ident, choice: &Choice) {
        let error = Diagnostic::new(key.span(), format!("`{key}` lacks its value"));
        self.errors.push(error.help(format!("write `{key}: {}`", choice.example())));
    }
}
