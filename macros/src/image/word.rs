//! The literals of a description, each checked by the parser that the builder would run. What is not a
//! literal is the builder's to check.

use lapstrake::entry::{Kargs, Sysusers};
use lapstrake::rule::refused;
use lapstrake::value::{
    Architecture, BinName, Capabilities, CargoPackage, FeatureName, Glob, ImageName, ImagePath, Invalid,
    Karg, LabelKey, LayerName, Mode, Owner, PackageSpec, ProfileName, Reference, RepositoryId, RepositoryUrl,
    SecretId, SysusersLine, TargetTriple, TmpfilesLine, UnitKind, UnitName, Variable,
};
use lapstrake::{Base, TransportRef};
use proc_macro2::{Literal, TokenStream};
use quote::ToTokens;
use syn::Lit;

use super::{located, typed};
use crate::diagnostic::Diagnostic;
use crate::mode;

/// What a place of a description takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Architecture,
    /// One of the list that a program is started with.
    Argument,
    /// A file of the workspace.
    File,
    /// A directory of the workspace.
    Directory,
    /// A file of the workspace that is named as a unit is.
    UnitFile,
    /// A base by any transport.
    Base,
    Binary,
    /// A file or directory of the workspace that a run step sees.
    Bound,
    /// A directory that is kept between builds.
    Cache,
    Capabilities,
    CargoPackage,
    /// A path where something is put.
    Destination,
    Feature,
    /// What a tree leaves out.
    Glob,
    ImageName,
    Karg,
    KargsFile,
    /// A file of the workspace with a public key.
    KeyFile,
    LabelKey,
    LayerName,
    Mode,
    /// Where a run step sees something of the workspace.
    Mount,
    OciArchive,
    OciLayout,
    Owner,
    Package,
    Profile,
    Reference,
    /// A path that is taken away.
    Removal,
    /// A `.repo` file of the workspace.
    RepoFile,
    /// A value of that type.
    Repository,
    RepositoryId,
    RepositoryUrl,
    /// An RPM file of the workspace.
    RpmFile,
    /// A value of that type.
    Secret,
    SecretId,
    /// A value of that type.
    Stage,
    /// A path in a stage.
    StageFile,
    SysusersFile,
    SysusersLine,
    /// A unit that the system can boot to.
    Target,
    /// Any text.
    Text,
    TmpfilesLine,
    Triple,
    Unit,
    Variable,
    /// Where a run step starts.
    WorkDir,
}

impl Word {
    /// What it is called, and a literal to paste.
    fn form(self) -> (&'static str, &'static str) {
        match self {
            Self::Architecture => ("an architecture", r#""arm64""#),
            Self::Argument => ("an argument", r#""ldconfig""#),
            Self::Bound => ("a file or directory of the workspace", r#""maps""#),
            Self::Cache => ("an image path", r#""/var/cache/maps""#),
            Self::KeyFile => ("a file of the workspace", r#""deploy/RPM-GPG-KEY-vendor""#),
            Self::Mount => ("an image path", r#""/run/maps""#),
            Self::RepoFile => ("a file of the workspace", r#""deploy/vendor.repo""#),
            Self::Repository => ("a repository", r#""vendor" => "https://rpms.example/el10""#),
            Self::RepositoryId => ("a repository id", r#""vendor""#),
            Self::RepositoryUrl => ("a repository URL", r#""https://rpms.example/el10""#),
            Self::StageFile => ("a path in the stage", r#""/src/out/canfw""#),
            Self::RpmFile => ("a file of the workspace", r#""vendor/diagnostics-2.1-1.noarch.rpm""#),
            Self::Secret => ("a secret", r#"Secret::env("token", "MAPS_TOKEN")"#),
            Self::SecretId => ("a secret id", r#""maps-token""#),
            Self::Stage => ("a stage", r#"BuildStage::on(Base::registry("registry.example/autosd-rust:1"))"#),
            Self::Variable => ("a variable", r#""LANG""#),
            Self::WorkDir => ("an image path", r#""/usr/src""#),
            Self::File => ("a file of the workspace", r#""deploy/sensord.toml""#),
            Self::Directory => ("a directory of the workspace", r#""deploy/share""#),
            Self::UnitFile => ("a unit file of the workspace", r#""deploy/sensord.service""#),
            Self::Base => ("a base", r#""docker://registry.example/autosd:1""#),
            Self::Binary => ("the name of a binary", r#""sensord""#),
            Self::CargoPackage => ("the name of a package of cargo", r#""diagnostics""#),
            Self::Feature => ("a feature", r#""can""#),
            Self::Glob => ("a pattern", r#""**/*.map""#),
            Self::Profile => ("a profile of cargo", r#""dist""#),
            Self::Triple => ("a target triple", r#""aarch64-unknown-linux-gnu""#),
            Self::Capabilities => ("capabilities", r#""cap_net_raw=ep""#),
            Self::Destination | Self::Removal => ("an image path", r#""/etc/sensord.toml""#),
            Self::ImageName => ("an image name", r#""telematics""#),
            Self::Karg => ("a kernel argument", r#""console=ttyS0""#),
            Self::KargsFile | Self::SysusersFile => ("a file name", r#""sensord""#),
            Self::LabelKey => ("a label's key", r#""org.example.variant""#),
            Self::LayerName => ("a layer name", r#""app""#),
            Self::Mode => ("a mode", "0o755"),
            Self::OciArchive => ("an OCI archive", r#""bases/autosd.tar""#),
            Self::OciLayout => ("an OCI layout", r#""bases/autosd:latest""#),
            Self::Owner => ("an owner", r#""root:root""#),
            Self::Package => ("a package", r#""vsomeip3""#),
            Self::Reference => ("an image reference", r#""registry.example/autosd:1""#),
            Self::SysusersLine => ("a sysusers.d line", r#""u sensord - \"Telemetry\"""#),
            Self::Target => ("a target", r#""multi-user.target""#),
            Self::Text => ("a text", r#""…""#),
            Self::TmpfilesLine => ("a tmpfiles.d line", r#""d /var/lib/sensord 0750 sensord sensord -""#),
            Self::Unit => ("a unit name", r#""sensord.service""#),
        }
    }
}

impl Word {
    /// A literal to paste.
    pub(super) fn example(self) -> &'static str {
        self.form().1
    }
}

/// What a literal expands to: itself, but where the builder would take it for another thing.
pub(super) fn check(word: Word, literal: &Lit, krate: &TokenStream) -> Result<TokenStream, Diagnostic> {
    // The lexer has refused it, and rustc has said so.
    if matches!(literal, Lit::Verbatim(_)) {
        return Ok(literal.to_token_stream());
    }
    if typed::of(word).is_some() {
        return Err(typed::no_literal(word, literal));
    }
    if let (Word::Mode, Lit::Int(number)) = (word, literal) {
        return mode::octal(number).map(|mode| mode_number(mode, literal));
    }
    let text = string(word, literal)?;
    match word {
        Word::File
        | Word::Directory
        | Word::UnitFile
        | Word::Bound
        | Word::KeyFile
        | Word::RepoFile
        | Word::RpmFile => return located::located(word, &text, literal, krate),
        Word::Destination => destination(&text, literal)?,
        Word::Removal => parsed(word, literal, ImagePath::parse(&text).and_then(|path| not_root(&path)))?,
        Word::Architecture => parsed(word, literal, Architecture::parse(&text))?,
        Word::Base => parsed(word, literal, base(&text))?,
        Word::Binary => parsed(word, literal, BinName::parse(&text))?,
        Word::CargoPackage => parsed(word, literal, CargoPackage::parse(&text))?,
        Word::Feature => parsed(word, literal, FeatureName::parse(&text))?,
        Word::Glob => parsed(word, literal, Glob::parse(&text))?,
        Word::Profile => parsed(word, literal, ProfileName::parse(&text))?,
        Word::Triple => parsed(word, literal, TargetTriple::parse(&text))?,
        Word::Capabilities => parsed(word, literal, Capabilities::parse(&text))?,
        Word::ImageName => parsed(word, literal, ImageName::parse(&text))?,
        Word::Karg => parsed(word, literal, Karg::parse(&text))?,
        Word::KargsFile => {
            let none: [Karg; 0] = [];
            parsed(word, literal, Kargs::new(text, none).at.get().map_err(Clone::clone))?;
        }
        Word::LabelKey => parsed(word, literal, LabelKey::parse(&text))?,
        Word::LayerName => parsed(word, literal, LayerName::parse(&text))?,
        Word::Mode => parsed(word, literal, Mode::parse(&text))?,
        Word::OciArchive => {
            parsed(word, literal, Base::oci_archive(&text).location.get().map_err(Clone::clone))?;
        }
        Word::OciLayout => parsed(word, literal, Base::oci(&text).location.get().map_err(Clone::clone))?,
        Word::Owner => parsed(word, literal, Owner::parse(&text))?,
        Word::Package => parsed(word, literal, PackageSpec::parse(&text))?,
        Word::Reference => parsed(word, literal, Reference::parse(&text))?,
        Word::SysusersFile => {
            let none: [SysusersLine; 0] = [];
            parsed(word, literal, Sysusers::lines(text, none).at.get().map_err(Clone::clone))?;
        }
        Word::SysusersLine => parsed(word, literal, SysusersLine::parse(&text))?,
        Word::Target => parsed(word, literal, target(&text))?,
        Word::RepositoryId => parsed(word, literal, RepositoryId::parse(&text))?,
        Word::RepositoryUrl => parsed(word, literal, RepositoryUrl::parse(&text))?,
        Word::SecretId => parsed(word, literal, SecretId::parse(&text))?,
        Word::Cache | Word::Mount | Word::StageFile | Word::WorkDir => {
            parsed(word, literal, ImagePath::parse(&text))?;
        }
        Word::Variable => parsed(word, literal, variable(&text))?,
        Word::Argument | Word::Text | Word::Repository | Word::Secret | Word::Stage => {}
        Word::TmpfilesLine => parsed(word, literal, TmpfilesLine::parse(&text))?,
        Word::Unit => parsed(word, literal, UnitName::parse(&text))?,
    }
    Ok(literal.to_token_stream())
}

/// The text of a string literal; another literal gets a message with what is wanted.
fn string(word: Word, literal: &Lit) -> Result<String, Diagnostic> {
    let (what, example) = word.form();
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
        _ if word == Word::Mode => {
            let error = Diagnostic::new(
                literal.span(),
                format!("{what} is an octal number, and `{written}` is none"),
            );
            Err(error.help(format!("write it as `{example}`")))
        }
        _ if matches!(word, Word::Argument | Word::Text) => {
            let message = format!("a text is wanted here, and `{written}` is none");
            Err(Diagnostic::new(literal.span(), message).help(format!("write `{written:?}`")))
        }
        _ => {
            let error = Diagnostic::new(literal.span(), format!("{what} is a text, and `{written}` is none"));
            Err(error.help(format!("write it as `{example}`")))
        }
    }
}

/// The builder would take `0o1363` for a forgotten `0o` before 755; the digits as a text it takes as said.
fn mode_number(mode: Mode, literal: &Lit) -> TokenStream {
    if Mode::try_from(mode.bits()).is_ok() {
        return literal.to_token_stream();
    }
    let mut digits = Literal::string(&mode.to_string());
    digits.set_span(literal.span());
    digits.into_token_stream()
}

fn parsed<T>(word: Word, literal: &Lit, parsed: Result<T, Invalid>) -> Result<(), Diagnostic> {
    let Err(error) = parsed else { return Ok(()) };
    let (_, example) = word.form();
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
            return parsed::<()>(Word::Destination, literal, Err(error));
        }
    };
    allowed(&path, literal)
}

/// Whether an image may put a thing there.
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

/// A shell reads a variable by `$`, and here it has its name alone.
fn variable(text: &str) -> Result<(), Invalid> {
    let name = text.trim_start_matches('$').trim_matches(['{', '}']);
    Variable::parse(text).map(|_| ()).map_err(|error| {
        if Variable::parse(name).is_ok() { error.or(format!("write `{name}`")) } else { error }
    })
}

fn base(text: &str) -> Result<(), Invalid> {
    text.parse::<TransportRef>().map(|_| ()).map_err(|error| {
        // The transport of one that has none is most likely a registry's.
        if Reference::parse(text).is_ok() {
            error.or(format!("write `base: registry {text:?}`"))
        } else {
            error
        }
    })
}

/// A help that names a builder's method, as `image!` says it: "`.remove(x)`" is "`remove x`".
pub(super) fn in_image(help: &str) -> String {
    let mut said = String::new();
    let mut rest = help;
    while let Some((before, call)) = rest.split_once("`.") {
        let Some((call, after)) = call.split_once(")`") else { break };
        let Some((method, arguments)) = call.split_once('(') else { break };
        let between = match method {
            "text" | "file" | "tree" => " => ",
            "label" => " = ",
            _ => " ",
        };
        said.push_str(&format!("{before}`{method} {}`", arguments.replacen(", ", between, 1)));
        rest = after;
    }
    said + rest
}
