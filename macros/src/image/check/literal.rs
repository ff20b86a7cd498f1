//! Checks the literals of a description with the parsers that the builders use. A value that is not a literal is left
//! to the builder.

use lapstrake::entry::{Conf, Kargs, Sysusers};
use lapstrake::rule::refused;
use lapstrake::value::{
    Architecture, BinName, Capabilities, CargoPackage, ContainerUser, ContentDigest, FeatureName, FetchUrl,
    Glob, HealthCheckName, ImageName, ImagePath, Invalid, Karg, LabelKey, LayerName, Mode, ModuleStream,
    MotdText, Owner, PackageSpec, PathPattern, Port, ProfileName, QuadletName, Reference, RepositoryId,
    RepositoryUrl, SecretId, SecurityContext, SelinuxName, StopSignal, SysusersLine, TargetTriple,
    TmpfilesLine, UnitKind, UnitName, UserName, Variable, ZoneName,
};
use lapstrake::{Base, TransportRef};
use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::{Lit, LitInt};

use super::{asset, expr_type};
use crate::diagnostic::Diagnostic;
use crate::image::help::in_image;
use crate::image::value_kind::{Reader, ValueKind};
use crate::mode;

/// Checks a literal and returns its expansion: the literal itself, unless the builder would read it differently.
pub(super) fn check(kind: ValueKind, literal: &Lit, krate: &TokenStream) -> Result<TokenStream, Diagnostic> {
    // rustc's lexer refused the literal and has reported it.
    if matches!(literal, Lit::Verbatim(_)) {
        return Ok(literal.to_token_stream());
    }
    if kind.rust_type().is_some() {
        return Err(expr_type::no_literal(kind, literal));
    }
    match (kind, literal) {
        (ValueKind::Mode, Lit::Int(number)) => return mode_of(number, literal),
        (ValueKind::Number, _) => return number(kind, literal),
        (ValueKind::Flag, _) => return flag(kind, literal),
        _ => {}
    }
    let text = string(kind, literal)?;
    if kind.is_asset() {
        return asset::check(kind, &text, literal, krate);
    }
    check_text(kind, text, literal)?;
    Ok(literal.to_token_stream())
}

/// Checks a literal that is a text.
fn check_text(kind: ValueKind, text: String, literal: &Lit) -> Result<(), Diagnostic> {
    match kind {
        ValueKind::Destination => destination(&text, literal)?,
        ValueKind::EditedFile | ValueKind::LowerPath | ValueKind::RemovedPath => {
            parsed(kind, literal, ImagePath::parse(&text).and_then(|path| not_root(&path)))?;
        }
        ValueKind::ContentDigest => parsed(kind, literal, ContentDigest::parse(&text))?,
        ValueKind::FetchUrl => parsed(kind, literal, FetchUrl::parse(&text))?,
        ValueKind::Architecture => parsed(kind, literal, Architecture::parse(&text))?,
        ValueKind::Binary => parsed(kind, literal, BinName::parse(&text))?,
        ValueKind::CargoPackage => parsed(kind, literal, CargoPackage::parse(&text))?,
        ValueKind::Feature => parsed(kind, literal, FeatureName::parse(&text))?,
        ValueKind::Glob => parsed(kind, literal, Glob::parse(&text))?,
        ValueKind::Profile => parsed(kind, literal, ProfileName::parse(&text))?,
        ValueKind::TargetTriple => parsed(kind, literal, TargetTriple::parse(&text))?,
        ValueKind::Capabilities => parsed(kind, literal, Capabilities::parse(&text))?,
        ValueKind::Karg => parsed(kind, literal, Karg::parse(&text))?,
        ValueKind::ConfName | ValueKind::KargsName => parsed(kind, literal, file_name(kind, text))?,
        ValueKind::HealthCheckName => parsed(kind, literal, HealthCheckName::parse(&text))?,
        ValueKind::Motd => parsed(kind, literal, MotdText::parse(&text))?,
        ValueKind::LayerName => parsed(kind, literal, LayerName::parse(&text))?,
        ValueKind::Mode => parsed(kind, literal, Mode::parse(&text))?,
        ValueKind::ModuleStream => parsed(kind, literal, ModuleStream::parse(&text))?,
        ValueKind::Base
        | ValueKind::ContainerUser
        | ValueKind::ImageName
        | ValueKind::LabelKey
        | ValueKind::OciArchive
        | ValueKind::OciLayout
        | ValueKind::QuadletName
        | ValueKind::Reference
        | ValueKind::StopSignal => parsed(kind, literal, word_of_image(kind, &text))?,
        ValueKind::Owner => parsed(kind, literal, Owner::parse(&text))?,
        ValueKind::Package => parsed(kind, literal, PackageSpec::parse(&text))?,
        ValueKind::SysusersLine => parsed(kind, literal, SysusersLine::parse(&text))?,
        ValueKind::Target => parsed(kind, literal, target(&text))?,
        ValueKind::RepositoryId => parsed(kind, literal, RepositoryId::parse(&text))?,
        ValueKind::RepositoryUrl => parsed(kind, literal, RepositoryUrl::parse(&text))?,
        ValueKind::SecretId => parsed(kind, literal, SecretId::parse(&text))?,
        ValueKind::SecurityContext => parsed(kind, literal, SecurityContext::parse(&text))?,
        ValueKind::SelinuxName => parsed(kind, literal, SelinuxName::parse(&text))?,
        ValueKind::Line(reader) => parsed(kind, literal, line(reader, text))?,
        ValueKind::PathPattern => parsed(kind, literal, PathPattern::parse(&text))?,
        ValueKind::Port => parsed(kind, literal, Port::parse(&text))?,
        ValueKind::ZoneName => parsed(kind, literal, ZoneName::parse(&text))?,
        ValueKind::UserName => parsed(kind, literal, UserName::parse(&text))?,
        ValueKind::StateDir => parsed(kind, literal, state_directory(&text))?,
        ValueKind::CacheDir
        | ValueKind::Home
        | ValueKind::Program
        | ValueKind::BindTarget
        | ValueKind::StageFile
        | ValueKind::WorkDir => parsed(kind, literal, ImagePath::parse(&text))?,
        ValueKind::Variable => parsed(kind, literal, variable(&text))?,
        ValueKind::Argument
        | ValueKind::BindSource
        | ValueKind::Certificate
        | ValueKind::EnvironmentFile
        | ValueKind::Directory
        | ValueKind::File
        | ValueKind::Flag
        | ValueKind::KernelModule
        | ValueKind::KeyFile
        | ValueKind::Number
        | ValueKind::PasswordHash
        | ValueKind::PolicyModule
        | ValueKind::QuadletFile
        | ValueKind::RepoFile
        | ValueKind::RpmFile
        | ValueKind::UnitFile
        | ValueKind::Text
        | ValueKind::Repository
        | ValueKind::Secret
        | ValueKind::Stage => {}
        ValueKind::TmpfilesLine => parsed(kind, literal, TmpfilesLine::parse(&text))?,
        ValueKind::Unit => parsed(kind, literal, UnitName::parse(&text))?,
    }
    Ok(())
}

/// Checks a word that names an image, what is in one, or how it runs.
fn word_of_image(kind: ValueKind, text: &str) -> Result<(), Invalid> {
    match kind {
        ValueKind::Base => base(text),
        ValueKind::ContainerUser => ContainerUser::parse(text).map(drop),
        ValueKind::ImageName => ImageName::parse(text).map(drop),
        ValueKind::LabelKey => LabelKey::parse(text).map(drop),
        ValueKind::OciArchive => Base::oci_archive(text).location.get().map(|_| ()).map_err(Clone::clone),
        ValueKind::OciLayout => Base::oci(text).location.get().map(|_| ()).map_err(Clone::clone),
        ValueKind::QuadletName => QuadletName::parse(text).map(drop),
        ValueKind::Reference => Reference::parse(text).map(drop),
        ValueKind::StopSignal => StopSignal::parse(text).map(drop),
        _ => Ok(()),
    }
}

fn number(kind: ValueKind, literal: &Lit) -> Result<TokenStream, Diagnostic> {
    let written = literal.to_token_stream().to_string();
    if matches!(literal, Lit::Int(_)) {
        return Ok(literal.to_token_stream());
    }
    let error = Diagnostic::new(literal.span(), format!("`{written}` is not a number"));
    Err(error.help(format!("write it as `{}`", kind.example())))
}

fn flag(kind: ValueKind, literal: &Lit) -> Result<TokenStream, Diagnostic> {
    if matches!(literal, Lit::Bool(_)) {
        return Ok(literal.to_token_stream());
    }
    let written = literal.to_token_stream().to_string();
    let error = Diagnostic::new(literal.span(), format!("`{written}` is neither `true` nor `false`"));
    Err(error.help(format!("write it as `{}`", kind.example())))
}

fn state_directory(text: &str) -> Result<(), Invalid> {
    let path = ImagePath::parse(text)?;
    if path.as_str().starts_with("/var/") {
        return Ok(());
    }
    Err(Invalid::whole("path of state", text, "is not below `/var`").or("write `tree`"))
}

fn file_name(kind: ValueKind, text: String) -> Result<(), Invalid> {
    if kind == ValueKind::KargsName { kargs_name(text) } else { conf_name(text) }
}

fn kargs_name(text: String) -> Result<(), Invalid> {
    let none: [Karg; 0] = [];
    Kargs::new(text, none).at.get().map(|_| ()).map_err(Clone::clone)
}

fn conf_name(text: String) -> Result<(), Invalid> {
    let none: [SysusersLine; 0] = [];
    Sysusers::lines(text, none).at.get().map(|_| ()).map_err(Clone::clone)
}

/// Checks a line by the builder of its reader's file.
fn line(reader: Reader, text: String) -> Result<(), Invalid> {
    let lines = [text.as_str()];
    let conf = match reader {
        Reader::Environment => Conf::environment("x", lines),
        Reader::HostName => Conf::hostname(text),
        Reader::Locale => Conf::locale(text),
        Reader::ModulesLoad => Conf::modules_load("x", lines),
        Reader::Preset => Conf::preset("x", lines),
        Reader::Sshd => Conf::sshd("x", lines),
        Reader::Sysctl => Conf::sysctl("x", lines),
        Reader::Udev => Conf::udev_rules("x", lines),
    };
    conf.text().map(|_| ()).map_err(Clone::clone)
}

/// Returns the text of a string literal. The error for another literal names what is expected.
fn string(kind: ValueKind, literal: &Lit) -> Result<String, Diagnostic> {
    let (what, example) = (kind.name(), kind.example());
    let written = literal.to_token_stream().to_string();
    match literal {
        Lit::Str(text) if text.suffix().is_empty() => Ok(text.value()),
        Lit::Char(c) => {
            let error =
                Diagnostic::new(literal.span(), format!("{what} is a text, and `{written}` is a character"));
            Err(error.help(format!("write `{:?}`", c.value().to_string())))
        }
        Lit::ByteStr(_) | Lit::CStr(_) => {
            let error =
                Diagnostic::new(literal.span(), format!("{what} is a text, and `{written}` is bytes"));
            Err(error.help(format!("write `{}`", written.trim_start_matches(['b', 'c']))))
        }
        _ if kind == ValueKind::Mode => {
            let error = Diagnostic::new(
                literal.span(),
                format!("{what} is an octal number, and `{written}` is none"),
            );
            Err(error.help(format!("write it as `{example}`")))
        }
        _ if matches!(kind, ValueKind::Argument | ValueKind::Text) => {
            let message = format!("a text is wanted here, and `{written}` is none");
            Err(Diagnostic::new(literal.span(), message).help(format!("write `{written:?}`")))
        }
        _ => {
            let error = Diagnostic::new(literal.span(), format!("{what} is a text, and `{written}` is none"));
            Err(error.help(format!("write it as `{example}`")))
        }
    }
}

fn mode_of(number: &LitInt, literal: &Lit) -> Result<TokenStream, Diagnostic> {
    mode::octal(number).map(|mode| mode_number(mode, literal))
}

/// Returns the expansion of a mode. The builder reads the number `0o1363` as a 755 that lacks its `0o`, so such a mode
/// expands to its digits as a text, which the builder reads as octal.
fn mode_number(mode: Mode, literal: &Lit) -> TokenStream {
    if Mode::try_from(mode.bits()).is_ok() {
        return literal.to_token_stream();
    }
    let mut digits = Literal::string(&mode.to_string());
    digits.set_span(literal.span());
    digits.into_token_stream()
}

fn parsed<T>(kind: ValueKind, literal: &Lit, parsed: Result<T, Invalid>) -> Result<(), Diagnostic> {
    let Err(error) = parsed else { return Ok(()) };
    let example = kind.example();
    let help = error.help().map_or_else(|| format!("it is written like `{example}`"), in_image);
    Err(Diagnostic::new(literal.span(), error.to_string()).help(help))
}

fn destination(text: &str, literal: &Lit) -> Result<(), Diagnostic> {
    let path = match ImagePath::parse(text) {
        Ok(path) => path,
        Err(error) => {
            // A Containerfile's COPY takes `/etc/` for "into that directory".
            let directory = text.len() > 1 && text.ends_with('/') && !text.contains("//");
            let name = Diagnostic::new(literal.span(), error.to_string());
            if directory && text.starts_with('/') {
                return Err(name.help(format!("write the whole path, as `{text}NAME`")));
            }
            return parsed::<()>(ValueKind::Destination, literal, Err(error));
        }
    };
    allowed(&path, literal)
}

/// Checks whether an image may write a path.
pub(super) fn allowed(path: &ImagePath, literal: &Lit) -> Result<(), Diagnostic> {
    refused(path).map_or(Ok(()), |refusal| {
        let error = Diagnostic::new(literal.span(), format!("`{path}` {}", refusal.reason));
        Err(error.help(in_image(&refusal.instead)))
    })
}

fn not_root(path: &ImagePath) -> Result<(), Invalid> {
    if path.is_root() {
        let error = Invalid::whole("image path", "/", "is the whole image, which can't be removed");
        return Err(error.or("name what is to go: `remove \"/etc/motd\"`"));
    }
    Ok(())
}

fn target(text: &str) -> Result<(), Invalid> {
    let wrong = |reason: &str| Invalid::whole("unit name", text, reason);
    if !text.contains('.') && UnitName::parse(&format!("{text}.target")).is_ok() {
        return Err(wrong("has no suffix").or(format!("write `{text}.target`")));
    }
    if UnitName::parse(text)?.kind() == UnitKind::Target {
        return Ok(());
    }
    Err(wrong("is not a target, and the system boots to one")
        .or("write `default_target \"multi-user.target\"`"))
}

/// Checks the name of a variable. A shell writes `$NAME`, so the help for that form is the bare name.
fn variable(text: &str) -> Result<(), Invalid> {
    let name = text.trim_start_matches('$').trim_matches(['{', '}']);
    Variable::parse(text).map(|_| ()).map_err(|error| {
        if Variable::parse(name).is_ok() { error.or(format!("write `{name}`")) } else { error }
    })
}

fn base(text: &str) -> Result<(), Invalid> {
    text.parse::<TransportRef>().map(|_| ()).map_err(|error| {
        // A base without a transport is most likely in a registry.
        if Reference::parse(text).is_ok() {
            error.or(format!("write `base: registry {text:?}`"))
        } else {
            error
        }
    })
}
