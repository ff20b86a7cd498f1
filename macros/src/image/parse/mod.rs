//! Parses the tokens of `image!` into the types of `syntax`. It goes on after a mistake, so that one run reports all
//! mistakes and an editor still sees the whole parts. It must not check what a literal means.

mod entry;
mod options;
mod recovery;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::diagnostic::{Diagnostic, Place};
use crate::image::help;
use crate::image::keyword::{self, Level};
use crate::image::syntax::{Arm, Branches, Image, Item, Layer};
use crate::image::tokens::{Cursor, Operand};

/// Parses all of an `image!`.
pub(super) fn image(tokens: TokenStream) -> (Image, Vec<Diagnostic>) {
    let mut parser = Parser { image: Image::default(), errors: Vec::new() };
    let mut cursor = Cursor::new(tokens, Span::call_site().into());
    parser.image.first = cursor.peek(0).map(|token| token.span().into());
    parser.image.items = parser.items(&mut cursor, Level::Image, true);
    (parser.image, parser.errors)
}

/// What was read so far, and what was wrong with it.
struct Parser {
    image: Image,
    errors: Vec<Diagnostic>,
}

impl Parser {
    fn items(&mut self, cursor: &mut Cursor, level: Level, outermost: bool) -> Vec<Item> {
        let mut items = Vec::new();
        while !cursor.is_end() {
            if cursor.eat(",").or_else(|| cursor.eat(";")).is_some() {
                continue;
            }
            match self.item(cursor, level, outermost) {
                Ok(item) => items.extend(item),
                Err(error) => {
                    self.errors.push(error);
                    cursor.recover(|word| keyword::starts(&word.to_string()));
                }
            }
        }
        items
    }

    fn item(
        &mut self,
        cursor: &mut Cursor,
        level: Level,
        outermost: bool,
    ) -> Result<Option<Item>, Diagnostic> {
        let Some(word) = cursor.ident().cloned() else {
            // A text that comes first is the name.
            let first = outermost && cursor.position() == 0;
            self.image.broken_name |= first && matches!(cursor.peek(0), Some(TokenTree::Literal(_)));
            return splice(cursor, level).map(Some);
        };
        let name = word.to_string();
        match (name.as_str(), level) {
            ("if", _) => return self.branches(cursor, level, Self::if_arms).map(Some),
            ("for", _) => return self.branches(cursor, level, Self::for_arm).map(Some),
            ("match", _) => return self.branches(cursor, level, Self::match_arms).map(Some),
            ("name" | "base", Level::Image) => {
                cursor.bump();
                return self.field(cursor, word, outermost).map(|()| None);
            }
            _ => {}
        }
        let known = keyword::find(&name, level);
        let fits = known.is_some_and(|keyword| keyword.level == level);
        if !fits {
            let error = unknown(&word, level);
            cursor.bump();
            // One that is misspelt is read as what was meant, so that its own mistakes are told too.
            let read_on =
                keyword::meant(&name, level).filter(|meant| meant.level == level && known.is_none());
            let Some(meant) = read_on else { return Err(error) };
            return match meant.name {
                // What would be missing is there, under another name.
                "base" | "name" => {
                    let image = &mut self.image;
                    *(if meant.name == "base" { &mut image.broken_base } else { &mut image.broken_name }) =
                        true;
                    Err(error)
                }
                "layer" => {
                    self.errors.push(error);
                    self.layer(cursor, Ident::new("layer", word.span())).map(Some)
                }
                meant => {
                    self.errors.push(error);
                    self.entry(cursor, Ident::new(meant, word.span()), level)
                }
            };
        }
        cursor.bump();
        if outermost && keyword::is_field(&name, level) {
            if let Some(first) = self.image.said.iter().find(|said| **said == word) {
                let error =
                    Diagnostic::new(word.span(), format!("an image has one {name}, and this is the second"));
                self.errors.push(error.help("leave one of them out").also(first.span().into()));
            }
            self.image.said.push(word.clone());
        }
        if name == "layer" { self.layer(cursor, word).map(Some) } else { self.entry(cursor, word, level) }
    }

    fn layer(&mut self, cursor: &mut Cursor, keyword: Ident) -> Result<Item, Diagnostic> {
        self.no_colon(cursor, &keyword, Level::Image);
        let nameless = starts_entry(cursor) || cursor.peek_group(Delimiter::Brace).is_some();
        let operand = if nameless { None } else { cursor.operand(false)? };
        let braces = cursor.group(Delimiter::Brace);
        let Some(name) = operand else {
            let error = Diagnostic::new(keyword.span(), "`layer` lacks its name");
            let error = error.help("write `layer \"NAME\" { … }`");
            let Some(braces) = braces else { return Err(error) };
            self.errors.push(error);
            let items = Some(self.items(&mut Cursor::inside(&braces), Level::Layer, false));
            let mut name = proc_macro2::Literal::string("layer");
            name.set_span(keyword.span());
            return Ok(Item::Layer(Layer { keyword, name: Operand { tokens: vec![name.into()] }, items }));
        };
        let items = braces.map(|braces| self.items(&mut Cursor::inside(&braces), Level::Layer, false));
        if items.is_none() && name.literal().is_some() {
            let written = name.written();
            let at = Place { start: keyword.span(), end: name.place().end };
            let error = Diagnostic::new(
                at,
                format!("layer `{}` lacks its entries", name.text().unwrap_or(written.clone())),
            );
            return Err(error.help(format!("write `layer {written} {{ … }}`")));
        }
        Ok(Item::Layer(Layer { keyword, name, items }))
    }

    fn branches(
        &mut self,
        cursor: &mut Cursor,
        level: Level,
        arms: fn(&mut Self, &mut Cursor, Level) -> Result<Branches, Diagnostic>,
    ) -> Result<Item, Diagnostic> {
        arms(self, cursor, level).map(Item::Branches)
    }

    fn if_arms(&mut self, cursor: &mut Cursor, level: Level) -> Result<Branches, Diagnostic> {
        let mut arms = Vec::new();
        loop {
            let start = cursor.position();
            if !arms.is_empty() {
                cursor.bump(); // else
            }
            let last = !cursor.is_word("if");
            if !last {
                cursor.bump();
                cursor.condition()?;
            }
            let head = cursor.since(start).to_vec();
            arms.push(self.arm(cursor, level, head, "if CONDITION { … }")?);
            if last || !cursor.is_word("else") {
                return Ok(Branches { scrutinee: None, arms });
            }
        }
    }

    fn for_arm(&mut self, cursor: &mut Cursor, level: Level) -> Result<Branches, Diagnostic> {
        let start = cursor.position();
        cursor.bump();
        cursor.pattern()?;
        if !cursor.is_word("in") {
            let error = Diagnostic::new(cursor.here(), "`for` lacks its `in`");
            return Err(error.help("write `for NAME in VALUES { … }`"));
        }
        cursor.bump();
        cursor.condition()?;
        let head = cursor.since(start).to_vec();
        let arm = self.arm(cursor, level, head, "for NAME in VALUES { … }")?;
        Ok(Branches { scrutinee: None, arms: vec![arm] })
    }

    fn match_arms(&mut self, cursor: &mut Cursor, level: Level) -> Result<Branches, Diagnostic> {
        let start = cursor.position();
        cursor.bump();
        cursor.condition()?;
        let scrutinee = Some(cursor.since(start).to_vec());
        let braces = braces(cursor, "match VALUE { PATTERN => { … } }")?;
        let mut inside = Cursor::inside(&braces);
        let mut arms = Vec::new();
        while !inside.is_end() {
            if inside.eat(",").is_some() {
                continue;
            }
            let start = inside.position();
            inside.pattern()?;
            if inside.is_word("if") {
                inside.bump();
                inside.condition()?;
            }
            if inside.eat("=>").is_none() {
                let error = Diagnostic::new(inside.here(), "an arm of `match` lacks its `=>`");
                return Err(error.help("write `PATTERN => { … }`"));
            }
            let head = inside.since(start).to_vec();
            arms.push(self.arm(&mut inside, level, head, "PATTERN => { … }")?);
        }
        Ok(Branches { scrutinee, arms })
    }

    fn arm(
        &mut self,
        cursor: &mut Cursor,
        level: Level,
        head: Vec<TokenTree>,
        form: &str,
    ) -> Result<Arm, Diagnostic> {
        let braces = braces(cursor, form)?;
        let items = self.items(&mut Cursor::inside(&braces), level, false);
        Ok(Arm { head, braces, items })
    }
}

fn braces(cursor: &mut Cursor, form: &str) -> Result<Group, Diagnostic> {
    let at = cursor.before();
    cursor
        .group(Delimiter::Brace)
        .ok_or_else(|| Diagnostic::new(at, "a `{` is missing after this").help(format!("write `{form}`")))
}

/// Whether the next word begins another entry, so that nothing more belongs to this one.
pub(super) fn starts_entry(cursor: &Cursor) -> bool {
    let starts = cursor.ident().is_some_and(|word| keyword::starts(&word.to_string()));
    starts && (cursor.on_new_line() || matches!(cursor.peek(1), Some(TokenTree::Literal(_))))
}

/// `..values`, or what can't begin an item.
fn splice(cursor: &mut Cursor, level: Level) -> Result<Item, Diagnostic> {
    let Some(dots) = cursor.eat("..") else {
        let at = cursor.here();
        if cursor.eat(".").is_some() && cursor.ident().is_some() {
            let method = cursor.bump().map(|method| method.to_string()).unwrap_or_default();
            let error = Diagnostic::new(cursor.before(), "an entry of `image!` is not a method call");
            let arguments = cursor.peek_group(Delimiter::Parenthesis).map(ToString::to_string);
            return Err(error.help(help::as_entry(&method, &arguments.unwrap_or_default())));
        }
        let token = cursor.bump().map(|token| token.to_string()).unwrap_or_default();
        let first = token.chars().next().unwrap_or_default();
        let error = Diagnostic::new(
            at,
            match first {
                '{' | '(' | '[' => format!("an entry starts with a keyword, not with `{first}`"),
                _ => format!("an entry starts with a keyword, not with `{token}`"),
            },
        );
        return Err(match level {
            Level::Image => error.help("write `name: \"telematics\"`, `layer \"app\" { … }`, …"),
            Level::Layer => error
                .help("write `file \"deploy/sensord.toml\" => \"/etc/sensord.toml\"`, `bin \"sensord\"`, …"),
        });
    };
    let values = if starts_entry(cursor) { None } else { cursor.operand(false)? };
    match values {
        Some(values) => Ok(Item::Splice { dots: dots.start, values }),
        None => Err(Diagnostic::new(dots, "`..` lacks what it adds").help("write `..entries()`")),
    }
}

/// A word that is not a keyword here.
fn unknown(word: &Ident, level: Level) -> Diagnostic {
    let name = word.to_string();
    // rustc's own words are no misspelt ones of ours.
    if ["let", "while", "loop", "fn", "use", "return"].contains(&name.as_str()) {
        let message = format!("`{name}` is nothing that `image!` has");
        return Diagnostic::new(word.span(), message)
            .help("compute it before `image!`, or in a function that returns entries: `..entries()`");
    }
    let Some(meant) = keyword::meant(&name, level) else {
        let place = if level == Level::Image { "an image" } else { "a layer" };
        let error = Diagnostic::new(word.span(), format!("`{name}` is nothing that {place} has"));
        let all: Vec<_> = keyword::KEYWORDS.iter().filter(|known| known.level == level).collect();
        let names: Vec<_> = all.iter().map(|known| format!("`{}`", known.name)).collect();
        return error.help(format!("{place} has {}", names.join(", ")));
    };
    if meant.name == name {
        let (place, help) = match meant.level {
            Level::Layer => ("belongs in a layer", format!("write `layer \"app\" {{ {} }}`", meant.example)),
            Level::Image if name == "layer" => {
                ("holds no layer", "close the layer above with `}` before it".to_owned())
            }
            Level::Image => ("is said of the image, not of a layer", "move it before the layers".to_owned()),
        };
        let message = if name == "layer" { format!("a layer {place}") } else { format!("`{name}` {place}") };
        return Diagnostic::new(word.span(), message).help(help);
    }
    let message = format!("`{name}` is not a keyword of `image!`");
    Diagnostic::new(word.span(), message)
        .help(format!("did you mean `{}`? write `{}`", meant.name, meant.example))
}
