//! Checks an image as it was written: each literal, each entry, and the entries against each other. The result is the
//! calls of the builders.
//!
//! `shape` compares an entry with the grammar. `literal` checks a literal, `asset` the name of a file, and `expr_type`
//! a place where only a Rust value is possible. `entry_calls` and `option_calls` write the calls, `claims_of` notes which
//! path or unit an entry claims, and `claims` finds the conflicts.

mod asset;
mod claims;
mod claims_of;
mod entry_calls;
mod expr_type;
mod literal;
mod option_calls;
mod shape;

use lapstrake::suggest::nearest;
use lapstrake::value::ImagePath;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lit;

use crate::diagnostic::{Diagnostic, Place};
use crate::image::expand::{Arm, Step};
use crate::image::grammar::{self, TRANSPORTS};
use crate::image::syntax::{Base, Branches, Image, Item, Layer};
use crate::image::tokens::Operand;
use crate::image::value_kind::ValueKind;
use claims::Claims;

/// Signs that have a meaning only in a shell.
const SHELL: [char; 11] = ['|', '&', ';', '<', '>', '$', '`', '*', '\'', '"', '\n'];

/// An image as builder calls.
pub(super) struct Checked {
    /// `Image::new(name, base)`.
    pub(super) image: TokenStream,
    pub(super) steps: Vec<Step>,
}

/// Checks all of an image.
pub(super) fn check(
    image: &Image,
    krate: &TokenStream,
    errors: Vec<Diagnostic>,
) -> (Checked, Vec<Diagnostic>) {
    let mut checker = Checker { krate, errors, claims: Claims::default() };
    let new = checker.new_image(image);
    let steps = checker.steps(&image.items);
    let Checker { mut errors, claims, .. } = checker;
    errors.extend(claims.conflicts());
    (Checked { image: new, steps }, errors)
}

struct Checker<'a> {
    krate: &'a TokenStream,
    errors: Vec<Diagnostic>,
    claims: Claims,
}

impl Checker<'_> {
    fn new_image(&mut self, image: &Image) -> TokenStream {
        let empty = image.items.is_empty() && image.name.is_none() && image.base.is_none();
        let begun = image.broken_name || image.broken_base || !self.errors.is_empty();
        if empty && !begun {
            let error = Diagnostic::new(Span::call_site(), "`image!` describes nothing");
            self.errors.push(error.help(
                "write `image! { name: \"telematics\", base: stand_in, layer \"app\" { bin \"sensord\" } }`",
            ));
        } else {
            let first = image.first.unwrap_or(Span::call_site().into());
            if image.name.is_none() && !image.broken_name {
                let error = Diagnostic::new(first, "the image lacks its name");
                self.errors.push(error.help("write `name: \"telematics\",` first"));
            }
            if image.base.is_none() && !image.broken_base {
                let after = image.name.as_ref().map(|(key, name)| Place::from(key.span()).to(name.place()));
                let error = Diagnostic::new(after.unwrap_or(first), "the image lacks its base");
                self.errors.push(error.help("write `base: registry \"registry.example/autosd:1\",`, or `base: stand_in,` to start with"));
            }
        }
        let (span, name) = match &image.name {
            Some((key, name)) => (key.span(), self.value(ValueKind::ImageName, name)),
            None => (Span::call_site(), self.mistaken()),
        };
        let base = image.base.as_ref().map(|(key, base)| self.base(key, base));
        let base = base.unwrap_or_else(|| self.mistaken_base());
        let new = self.call("Image", "new", span);
        quote_spanned!(span=> #new(#name, #base))
    }

    fn base(&mut self, key: &Ident, base: &Base) -> TokenStream {
        let Some(transport) = &base.transport else {
            let span = key.span();
            let place = base.place.as_ref();
            let value = match place.and_then(Operand::literal) {
                Some(_) => {
                    let at = self.call("Base", "at", span);
                    let text = place.map(|place| self.value(ValueKind::Base, place));
                    quote_spanned!(span=> #at(#text))
                }
                None => place.map(ToTokens::to_token_stream).unwrap_or_default(),
            };
            let options = self.settings(&grammar::BASE, &base.options);
            return quote!(#value #options);
        };
        let span = transport.span();
        let name = transport.to_string();
        let kind = match name.as_str() {
            "registry" | "containers_storage" => ValueKind::Reference,
            "oci" => ValueKind::OciLayout,
            "oci_archive" => ValueKind::OciArchive,
            "stand_in" => ValueKind::Text,
            _ => {
                let error = Diagnostic::new(span, format!("`{name}` is not a transport of a base"));
                let help = match name.as_str() {
                    "docker" | "image" | "remote" | "from" => "write `registry`".to_owned(),
                    "podman" | "storage" | "local" => "write `containers_storage`".to_owned(),
                    "archive" | "tar" | "file" => "write `oci_archive`".to_owned(),
                    _ => match nearest(&name, TRANSPORTS) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("write one of `{}`", TRANSPORTS.join("`, `")),
                    },
                };
                self.errors.push(error.help(help));
                return self.mistaken_base();
            }
        };
        let place = match &base.place {
            Some(place) if name == "stand_in" => {
                let error = Diagnostic::new(place.place(), "the stand-in has no place");
                self.errors.push(error.help("write `base: stand_in`"));
                TokenStream::new()
            }
            Some(place) => self.value(kind, place),
            None if name == "stand_in" => TokenStream::new(),
            None => {
                let error = Diagnostic::new(base.whole, format!("`{name}` lacks its place"));
                let example =
                    if kind == ValueKind::Reference { "registry.example/autosd:1" } else { "bases/autosd" };
                self.errors.push(error.help(format!("write `{name} {example:?}`")));
                self.mistaken()
            }
        };
        let new = self.call("Base", &name, span);
        let options = self.settings(&grammar::BASE, &base.options);
        quote_spanned!(span=> #new(#place) #options)
    }

    pub(super) fn steps(&mut self, items: &[Item]) -> Vec<Step> {
        items.iter().filter_map(|item| self.step(item)).collect()
    }

    fn step(&mut self, item: &Item) -> Option<Step> {
        match item {
            Item::Entry(entry) => self.entry(entry).map(Step::Call),
            Item::Layer(layer) => Some(Step::Call(self.layer(layer))),
            Item::Splice { dots, values } => {
                let name = if self.claims.in_layer() { "entries" } else { "layers" };
                let method = Ident::new(name, *dots);
                Some(Step::Call(quote_spanned!(*dots=> .#method(#values))))
            }
            Item::Branches(branches) => Some(self.branches(branches)),
        }
    }

    fn branches(&mut self, branches: &Branches) -> Step {
        let choice = self.claims.new_choice();
        let mut arms = Vec::new();
        for (index, arm) in branches.arms.iter().enumerate() {
            self.claims.enter((choice, index));
            let steps = self.steps(&arm.items);
            self.claims.leave();
            arms.push(Arm { head: arm.head.clone(), braces: arm.braces.span(), steps });
        }
        Step::Branches { scrutinee: branches.scrutinee.clone(), arms }
    }

    fn layer(&mut self, layer: &Layer) -> TokenStream {
        let span = layer.keyword.span();
        let method = Ident::new("layer", span);
        let Some(items) = &layer.items else {
            let value = &layer.name;
            return quote_spanned!(span=> .#method(#value));
        };
        let name = self.value(ValueKind::LayerName, &layer.name);
        self.claims.layer(&layer.name);
        let steps = self.steps(items);
        self.claims.end_layer();
        let new = self.call("Layer", "new", span);
        let value = crate::image::expand::chain(&quote_spanned!(span=> #new(#name)), &steps, "layer");
        quote_spanned!(span=> .#method(#value))
    }

    /// Checks a value if it is a literal, and returns its expansion.
    pub(super) fn value(&mut self, kind: ValueKind, value: &Operand) -> TokenStream {
        let Some(literal) = value.literal() else {
            // `path!` does not know that something is put there.
            if let (ValueKind::Destination, Some(literal)) = (kind, value.checked_literal()) {
                let path = value.text().and_then(|text| ImagePath::parse(&text).ok());
                self.errors.extend(path.and_then(|path| literal::allowed(&path, &literal).err()));
            }
            for (kind, literal) in expr_type::arguments(kind, value) {
                // rustc reports an argument that is not a text.
                let wrong = literal::check(kind, &literal, self.krate).err();
                self.errors.extend(wrong.filter(|_| matches!(literal, Lit::Str(_))));
            }
            return value.to_token_stream();
        };
        match literal::check(kind, &literal, self.krate) {
            Ok(tokens) => tokens,
            Err(error) => {
                self.errors.push(error);
                // A wrong text still has the right type, so it expands to itself and rustc reports nothing more.
                let right = kind.rust_type().is_none() && matches!(literal, Lit::Str(_));
                if right { value.to_token_stream() } else { self.mistaken_of(kind) }
            }
        }
    }

    /// Checks each literal of a list, and returns the list.
    pub(super) fn list_of(&mut self, kind: ValueKind, value: &Operand) -> TokenStream {
        if value.literal().is_some() {
            let written = value.written();
            // A shell gives these signs a meaning, so white space does not separate the arguments.
            let script = value.text().filter(|text| kind == ValueKind::Argument && text.contains(SHELL));
            if script.is_some() {
                let message = format!("a list is wanted here, and `{written}` is a script");
                self.error(value.place(), message, format!("write `shell {written}`"));
                let mistaken = self.mistaken();
                return quote!([#mistaken]);
            }
            let listed = matches!(
                kind,
                ValueKind::Text
                    | ValueKind::Argument
                    | ValueKind::Feature
                    | ValueKind::Package
                    | ValueKind::Karg
            );
            let parts = value.text().filter(|_| listed);
            let parts = parts.map(|text| text.split_whitespace().map(|part| format!("{part:?}")).collect());
            let list = parts.map_or(written.clone(), |parts: Vec<_>| parts.join(", "));
            let message = format!("a list is wanted here, and `{written}` is one value");
            self.errors.push(Diagnostic::new(value.place(), message).help(format!("write `[{list}]`")));
            let mistaken = self.mistaken();
            return quote!([#mistaken]);
        }
        match value.list() {
            Some(elements) => {
                if elements.is_empty() {
                    return quote!([""; 0]);
                }
                let elements: Vec<_> = elements.iter().map(|element| self.value(kind, element)).collect();
                let span = value.place().start;
                quote_spanned!(span=> [#(#elements),*])
            }
            None => value.to_token_stream(),
        }
    }

    /// Returns an expression in place of a wrong value. It is a text, because every builder accepts one.
    pub(super) fn mistaken(&self) -> TokenStream {
        let krate = self.krate;
        quote!(#krate::__private::mistaken::<&'static str>())
    }

    /// Returns an expression in place of a wrong value of a kind.
    pub(super) fn mistaken_of(&self, kind: ValueKind) -> TokenStream {
        let Some((module, name)) = kind.rust_type() else { return self.mistaken() };
        let krate = self.krate;
        let name = Ident::new(name, Span::call_site());
        let module = (!module.is_empty()).then(|| Ident::new(module, Span::call_site()));
        let module = module.map(|module| quote!(#module::));
        quote!(#krate::__private::mistaken::<#krate::lapstrake::#module #name>())
    }

    fn mistaken_base(&self) -> TokenStream {
        let krate = self.krate;
        quote!(#krate::__private::mistaken::<#krate::lapstrake::Base>())
    }

    /// Returns `<lapstrake::TYPE>::FUNCTION`. The `<` has the user's span, which makes the user's line the `Site` of the
    /// call. A path without `<…>` would start with `$crate`, whose span is the macro.
    pub(super) fn call(&self, of: &str, function: &str, span: Span) -> TokenStream {
        let krate = self.krate;
        let name = Ident::new(of, span);
        let function = Ident::new(function, span);
        let module = match of {
            "Image" | "Base" | "Layer" => TokenStream::new(),
            _ => quote_spanned!(span=> entry::),
        };
        quote_spanned!(span=> <#krate::lapstrake::#module #name>::#function)
    }

    pub(super) fn error(
        &mut self,
        at: impl Into<Place>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.errors.push(Diagnostic::new(at, message).help(help));
    }
}
