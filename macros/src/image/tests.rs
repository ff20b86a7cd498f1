//! What `image!` expands to: Rust that a user could have written, and still that of all that is whole when
//! something is not.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

fn expanded(description: &TokenStream) -> TokenStream {
    super::expand(quote!((lapstrake_xtask) #description))
}

#[test]
fn an_entry_is_a_call_of_the_builder() {
    let said = expanded(&quote! {
        name: format!("telematics-{variant}"),
        base: registry "registry.example/autosd:1" { architecture: "arm64" },
        version: env!("CARGO_PKG_VERSION"),
        layer "app" {
            bin "sensord"
            text "hi\n" => "/etc/motd" { mode: 0o600, owner: "root:root" }
            symlink "/etc/localtime" -> "../usr/share/zoneinfo/UTC"
            unit "can@.service" = text { instances: ["can0"] }
            kargs "10-quiet" ["quiet"] { match_architectures: ["arm64", "amd64"] }
            ..more()
        }
    });
    let written = quote! {
        <lapstrake_xtask::lapstrake::Image>::new(
            format!("telematics-{variant}"),
            <lapstrake_xtask::lapstrake::Base>::registry("registry.example/autosd:1").architecture("arm64")
        )
        .version(env!("CARGO_PKG_VERSION"))
        .layer(
            <lapstrake_xtask::lapstrake::Layer>::new("app")
                .bin("sensord")
                .with(
                    <lapstrake_xtask::lapstrake::entry::File>::text("hi\n", "/etc/motd")
                        .mode(0o600)
                        .owner("root:root")
                )
                .symlink("../usr/share/zoneinfo/UTC", "/etc/localtime")
                .unit(<lapstrake_xtask::lapstrake::entry::Unit>::text("can@.service", text).instances(["can0"]))
                .with(
                    <lapstrake_xtask::lapstrake::entry::Kargs>::new("10-quiet", ["quiet"])
                        .match_architectures(["arm64", "amd64"])
                )
                .entries(more())
        )
    };
    assert_eq!(said.to_string(), written.to_string());
}

#[test]
fn what_may_be_said_several_times_is_a_call_for_each() {
    let said = expanded(&quote! {
        name: "x",
        base: base(),
        layer "app" {
            packages {
                swap: ["a" => "b", "c" => "d"],
                repository: "vendor" => "https://rpms.example/el10" { kept },
                repository: [bench(), "nightly" => url],
            }
            shell "make" { env: "LANG" => "C", env: ["A" => a], secret: [token(), netrc()] }
            built "/src/x" => "/usr/x" { mode: 0o644, stage: firmware() }
        }
    });
    let written = quote! {
        <lapstrake_xtask::lapstrake::Image>::new("x", base()).layer(
            <lapstrake_xtask::lapstrake::Layer>::new("app")
                .with(
                    <lapstrake_xtask::lapstrake::entry::Packages>::default()
                        .and_swap("a", "b")
                        .and_swap("c", "d")
                        .repository(
                            <lapstrake_xtask::lapstrake::entry::Repository>::new(
                                "vendor", "https://rpms.example/el10"
                            )
                            .kept()
                        )
                        .repository(bench())
                        .repository(<lapstrake_xtask::lapstrake::entry::Repository>::new("nightly", url))
                )
                .with(
                    <lapstrake_xtask::lapstrake::entry::Run>::shell("make")
                        .env("LANG", "C")
                        .env("A", a)
                        .secret(token())
                        .secret(netrc())
                )
                .with(
                    <lapstrake_xtask::lapstrake::entry::File>::from_stage(firmware(), "/src/x", "/usr/x")
                        .mode(0o644)
                )
        )
    };
    assert_eq!(said.to_string(), written.to_string());
}

#[test]
fn a_variable_is_there_only_for_what_is_there_sometimes() {
    let said = expanded(&quote! {
        name: "x",
        base: base(),
        layer "app" {
            bin "sensord"
            if variant == "cluster" { bin "cluster" } else { dir "/usr/share/x" }
            for bus in 0..2 { enable format!("can{bus}.service") }
            match variant { "a" | "b" if late => { bin "z" } _ => {} }
            bin "last"
        }
    });
    let written = quote! {
        <lapstrake_xtask::lapstrake::Image>::new("x", base()).layer({
            let mut layer = <lapstrake_xtask::lapstrake::Layer>::new("app").bin("sensord");
            if variant == "cluster" { layer = layer.bin("cluster"); } else { layer = layer.dir("/usr/share/x"); }
            for bus in 0..2 { layer = layer.enable(format!("can{bus}.service")); }
            match variant { "a" | "b" if late => { layer = layer.bin("z"); } _ => {} }
            layer = layer.bin("last");
            layer
        })
    };
    assert_eq!(said.to_string(), written.to_string());
}

#[test]
fn a_mode_whose_digits_look_forgotten_is_what_was_written() {
    let said = expanded(&quote!(name: "x", base: b, layer "a" { dir "/usr/x" { mode: 0o1363 } })).to_string();
    assert!(said.contains(r#". mode ("1363")"#), "{said}");
}

/// All tokens but one, for each of them, however deep it stands.
fn without_one(tokens: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut all = Vec::new();
    for at in 0..tokens.len() {
        let around = |middle: Option<TokenTree>| -> TokenStream {
            tokens[..at].iter().cloned().chain(middle).chain(tokens[at + 1..].iter().cloned()).collect()
        };
        all.push(around(None));
        if let TokenTree::Group(group) = &tokens[at] {
            for inside in without_one(&group.stream()) {
                all.push(around(Some(proc_macro2::Group::new(group.delimiter(), inside).into())));
            }
        }
    }
    all
}

#[test]
fn half_typed_input_keeps_the_rest() {
    let typed = quote! {
        bin "probe" { package: "diagnostics", features: ["can"], no_default_features, mode: 0o755 }
        text path("x") => "/etc/motd" { mode: 0o600 }
        symlink "/etc/a" -> "b"
        unit "a.service" = "[Service]\n" { enabled }
        drop_in "memory" = "[Service]\n" => "a.service"
        sysusers "sensord" ["u sensord -"]
        kargs "10-quiet" ["quiet"] { match_architectures: ["arm64"] }
        if let Some(x) = x { enable x } else { mask "b.service" }
        for bus in 0..2 { enable bus }
        match x { 1 => { bin "one" } _ => {} }
        ..more()
        run ["ldconfig"]
        packages ["a"] {
            remove: ["b"], swap: "c" => "d",
            repository: ["e" => "https://e" { kept }, f() { unsigned }],
        }
        shell "x" { env: ["A" => "1", "B" => b], cache: "/c", secret: s(), network }
        built "/src/x" => "/usr/x" { stage: stage(), mode: 0o755 }
    };
    let cuts = without_one(&typed);
    assert!(cuts.len() > 80);
    for cut in cuts {
        let said = expanded(&quote! {
            name: "x",
            base: stand_in,
            layer "before" { bin "kept" }
            layer "typed" { bin "first" #cut }
            layer "after" { bin "kept_too" }
        });
        syn::parse2::<syn::Expr>(said.clone()).unwrap_or_else(|error| panic!("{cut}: {error}\n{said}"));
        let said = said.to_string();
        for kept in [r#"bin ("kept")"#, r#"bin ("first")"#, r#"bin ("kept_too")"#] {
            assert!(said.contains(kept), "{cut}: {kept} is lost in {said}");
        }
    }
}

#[test]
fn a_mistake_in_the_middle_costs_one_entry() {
    let said = expanded(&quote! {
        name: "x",
        base: stand_in,
        layer "app" {
            bin "one"
            text "hi" =>
            bin "two"
            frobnicate "x"
            bin "three"
        }
    })
    .to_string();
    for whole in ["one", "two", "three"] {
        assert!(said.contains(&format!("bin (\"{whole}\")")), "{whole} is lost in {said}");
    }
    assert_eq!(said.matches("compile_error").count(), 2, "{said}");
}
