//! What was written, asked what it means: every literal checked, every entry turned into the builder call
//! that says the same, and what it claims noted for the questions about the whole image.

use lapstrake::suggest::nearest;
use lapstrake::value::ImagePath;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Lit;

use super::claim::Claims;
use super::entry::TRANSPORTS;
use super::expand::{Arm, Step};
use super::form;
use super::syntax::{Base, Branches, Image, Item, Layer};
use super::tokens::Operand;
use super::typed;
use super::word::{self, Word};
use crate::diagnostic::{Diagnostic, Place};

/// Signs that only a shell gives a meaning to.
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

pub(super) struct Checker<'a> {
    pub(super) krate: &'a TokenStream,
    pub(super) errors: Vec<Diagnostic>,
    pub(super) claims: Claims,
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
            Some((key, name)) => (key.span(), self.word(Word::ImageName, name)),
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
                    let text = place.map(|place| self.word(Word::Base, place));
                    quote_spanned!(span=> #at(#text))
                }
                None => place.map(ToTokens::to_token_stream).unwrap_or_default(),
            };
            let options = self.settings(&form::BASE, &base.options);
            return quote!(#value #options);
        };
        let span = transport.span();
        let name = transport.to_string();
        let word = match name.as_str() {
            "registry" | "containers_storage" => Word::Reference,
            "oci" => Word::OciLayout,
            "oci_archive" => Word::OciArchive,
            "stand_in" => Word::Text,
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
            Some(place) => self.word(word, place),
            None if name == "stand_in" => TokenStream::new(),
            None => {
                let error = Diagnostic::new(base.whole, format!("`{name}` lacks its place"));
                let example =
                    if word == Word::Reference { "registry.example/autosd:1" } else { "bases/autosd" };
                self.errors.push(error.help(format!("write `{name} {example:?}`")));
                self.mistaken()
            }
        };
        let new = self.call("Base", &name, span);
        let options = self.settings(&form::BASE, &base.options);
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
        let name = self.word(Word::LayerName, &layer.name);
        self.claims.layer(&layer.name);
        let steps = self.steps(items);
        self.claims.end_layer();
        let new = self.call("Layer", "new", span);
        let value = super::expand::chain(&quote_spanned!(span=> #new(#name)), &steps, "layer");
        quote_spanned!(span=> .#method(#value))
    }

    /// A value; a literal is checked.
    pub(super) fn word(&mut self, word: Word, value: &Operand) -> TokenStream {
        let Some(literal) = value.literal() else {
            // `path!` does not know that something is put there.
            if let (Word::Destination, Some(literal)) = (word, value.checked_literal()) {
                let path = value.text().and_then(|text| ImagePath::parse(&text).ok());
                self.errors.extend(path.and_then(|path| word::allowed(&path, &literal).err()));
            }
            for (word, literal) in typed::arguments(word, value) {
                // What is no text at all, rustc tells.
                let wrong = word::check(word, &literal, self.krate).err();
                self.errors.extend(wrong.filter(|_| matches!(literal, Lit::Str(_))));
            }
            return value.to_token_stream();
        };
        match word::check(word, &literal, self.krate) {
            Ok(tokens) => tokens,
            Err(error) => {
                self.errors.push(error);
                // A text is of the right type, whatever it says, so nothing more is said about it.
                let right = typed::of(word).is_none() && matches!(literal, Lit::Str(_));
                if right { value.to_token_stream() } else { self.mistaken_of(word) }
            }
        }
    }

    /// A list of values; each literal in it is checked.
    pub(super) fn words(&mut self, word: Word, value: &Operand) -> TokenStream {
        if value.literal().is_some() {
            let written = value.written();
            // What a shell reads otherwise than by white space.
            let script = value.text().filter(|text| word == Word::Argument && text.contains(SHELL));
            if script.is_some() {
                let message = format!("a list is wanted here, and `{written}` is a script");
                self.error(value.place(), message, format!("write `shell {written}`"));
                let mistaken = self.mistaken();
                return quote!([#mistaken]);
            }
            let listed =
                matches!(word, Word::Text | Word::Argument | Word::Feature | Word::Package | Word::Karg);
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
                let elements: Vec<_> = elements.iter().map(|element| self.word(word, element)).collect();
                let span = value.place().start;
                quote_spanned!(span=> [#(#elements),*])
            }
            None => value.to_token_stream(),
        }
    }

    /// Stands for a value that was wrong; a text fits everywhere.
    pub(super) fn mistaken(&self) -> TokenStream {
        let krate = self.krate;
        quote!(#krate::__private::mistaken::<&'static str>())
    }

    /// Stands for a value of that word.
    pub(super) fn mistaken_of(&self, word: Word) -> TokenStream {
        let Some((module, name)) = typed::of(word) else { return self.mistaken() };
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

    /// `<lapstrake::TYPE>::FUNCTION`. It starts with a token of the user's, and that is its Site; a path
    /// would start with `$crate`, whose place is the macro.
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
