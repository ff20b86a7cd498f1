//! Certificate authorities that an image trusts, as openssl and Debian's update-ca-certificates see them.

use std::fs;
use std::process::Command;

use lapstrake::entry::File;
use lapstrake::{Base, Image, Layer};

use super::engine::{present, run};
use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::Finding;
use crate::plan::{Origin, Plan};
use lapstrake_oci::tree::Kind;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMAMBAQE=\n-----END CERTIFICATE-----\n";

fn p11_kit() -> Tar {
    Tar::new().directory("usr").directory("usr/bin").file("usr/bin/update-ca-trust", "")
}

fn debian() -> Tar {
    let tar = Tar::new().directory("usr").directory("usr/sbin").file("usr/sbin/update-ca-certificates", "");
    tar.directory("etc").file("etc/ca-certificates.conf", "mozilla/A.crt\n")
}

fn planned(tar: Tar, layer: Layer) -> (Plan, Vec<Finding>) {
    let workshop = Workshop::on_stand_in_and(tar.end());
    workshop.source("deploy/fleet.pem", PEM.as_bytes());
    workshop.source("deploy/second.crt", PEM.as_bytes());
    workshop.source("deploy/fleet.der", b"0\x82\x03\xc40\x82\x02\xac\xa0");
    let key = PEM.replace("CERTIFICATE", "PRIVATE KEY");
    workshop.source("deploy/both.pem", (PEM.to_owned() + &key).as_bytes());
    let (plan, findings) = workshop.plan(&Image::new("fleet", Base::stand_in()).layer(layer));
    (plan.unwrap(), findings)
}

fn fleet() -> Layer {
    Layer::new("fleet").ca_certificate("deploy/fleet.pem")
}

fn steps(plan: &Plan) -> Vec<String> {
    plan.layers[0].runs.iter().map(|run| run.argv.join(" ")).collect()
}

/// The files of the layer. The base asks for a directory, too.
fn paths(plan: &Plan) -> Vec<String> {
    let files = plan.layers[0].described().filter(|(_, member)| matches!(member.kind, Kind::File(_)));
    files.map(|(path, _)| path.to_string()).collect()
}

#[test]
fn one_step_makes_the_certificates_of_a_layer_trusted_before_its_own() {
    let layer = fleet().run(["fetch-maps"]).ca_certificate("deploy/fleet.der");
    let (plan, found) = planned(p11_kit(), layer);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(steps(&plan), ["/usr/bin/update-ca-trust", "fetch-maps"]);
    let anchors = "/usr/share/pki/ca-trust-source/anchors";
    assert_eq!(paths(&plan), [format!("{anchors}/fleet.der"), format!("{anchors}/fleet.pem")]);
}

#[test]
fn debian_trusts_the_certificates_in_its_list() {
    let (plan, found) = planned(debian(), fleet().ca_certificate("deploy/second.crt"));
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(steps(&plan), ["/usr/sbin/update-ca-certificates"]);
    let certificates = "/usr/share/ca-certificates";
    let list = "/etc/ca-certificates.conf".to_owned();
    assert_eq!(
        paths(&plan),
        [list, format!("{certificates}/fleet.crt"), format!("{certificates}/second.crt")]
    );
    let (_, member) = plan.layers[0].described().next().unwrap();
    let Kind::File(Origin::Text(text)) = &member.kind else { panic!("{member:?}") };
    assert_eq!(text, "mozilla/A.crt\nfleet.crt\nsecond.crt\n");
}

#[test]
fn what_no_store_takes_is_refused_with_what_to_do() {
    let refused = |tar: Tar, layer: Layer| {
        let (_, found) = planned(tar, layer);
        assert_eq!(found.len(), 1, "{found:#?}");
        (found[0].name, found[0].message.clone())
    };
    let (name, message) = refused(Tar::new(), fleet());
    assert_eq!(name, "certificate-file");
    assert!(message.contains("have no program that makes certificates trusted"), "{message}");
    let (name, message) = refused(p11_kit(), Layer::new("fleet").ca_certificate("deploy/both.pem"));
    assert_eq!(name, "certificate-file");
    assert_eq!(message, "`deploy/both.pem` has a private key, and a file in an image is everybody's");
    let (_, message) = refused(debian(), Layer::new("fleet").ca_certificate("deploy/fleet.der"));
    assert!(message.contains("takes PEM alone"), "{message}");
    let (name, _) = refused(p11_kit(), Layer::new("fleet").ca_certificate("deploy"));
    assert_eq!(name, "asset-kind");
    let (name, _) = refused(p11_kit(), Layer::new("fleet").ca_certificate("deploy/none.pem"));
    assert_eq!(name, "missing-asset");
    let (plan, _) = planned(Tar::new(), fleet().packages(["ca-certificates"]));
    assert_eq!(plan.undecided[0].what, "`.ca_certificate(\"deploy/fleet.pem\")`");
}

#[test]
fn the_check_finds_nothing_about_a_certificate_that_is_made_trusted() {
    for tar in [p11_kit(), debian()] {
        let workshop = Workshop::on_stand_in_and(tar.end());
        workshop.source("deploy/fleet.pem", PEM.as_bytes());
        let found = workshop.check(&Image::new("fleet", Base::stand_in()).layer(fleet()));
        let found: Vec<_> =
            found.iter().map(|finding| finding.name).filter(|name| *name != "etc-merge").collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn a_program_trusts_a_certificate_that_the_step_added() {
    if !present(&["openssl", "update-ca-certificates"]) {
        return;
    }
    let workshop = Workshop::on_stand_in_and(debian().end());
    let make =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"];
    let into = ["-subj", "/CN=Fleet", "-keyout", "fleet.key", "-out", "fleet.pem"];
    run("openssl", &[&make[..], &into].concat(), workshop.path());
    let layer = Layer::new("fleet").ca_certificate("fleet.pem");
    let (plan, found) = workshop.plan(&Image::new("fleet", Base::stand_in()).layer(layer));
    assert!(found.is_empty(), "{found:#?}");
    let root = tempfile::TempDir::new().unwrap();
    for folder in ["certs", "hooks", "local", "own"] {
        fs::create_dir(root.path().join(folder)).unwrap();
    }
    for (path, member) in plan.unwrap().layers[0].described() {
        let (to, bytes) = match &member.kind {
            Kind::File(Origin::Text(text)) => ("list".to_owned(), text.clone().into_bytes()),
            Kind::File(Origin::Asset { host, .. }) => {
                (format!("own/{}", path.file_name()), fs::read(host).unwrap())
            }
            Kind::Directory => continue,
            other => panic!("{other:?}"),
        };
        fs::write(root.path().join(to), bytes).unwrap();
    }
    let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    let places = ["--certsconf", "--certsdir", "--localcertsdir", "--etccertsdir", "--hooksdir"];
    let folders = ["list", "own", "local", "certs", "hooks"].map(at);
    let arguments = places.iter().zip(&folders).flat_map(|(place, folder)| [*place, folder]);
    let made = Command::new("update-ca-certificates").args(arguments).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let verify =
        ["verify", "-no-CApath", "-no-CAstore", "-CAfile", &at("certs/ca-certificates.crt"), "fleet.pem"];
    assert!(run("openssl", &verify, workshop.path()).contains("fleet.pem: OK"));
}

#[test]
fn podman_makes_certificates_trusted_by_the_same_step() {
    if !present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let workshop = Workshop::hostile();
    workshop.source("deploy/fleet.pem", PEM.as_bytes());
    let update = "#!/bin/sh\n/bin/busybox cat /usr/share/pki/ca-trust-source/anchors/* >/etc/bundle\n";
    let tools = Layer::new("tools").with(File::text(update, "/usr/bin/update-ca-trust").mode(0o755));
    let image = Image::new("fleet", Base::stand_in()).layer(tools).layer(fleet());
    equivalence::compare(&workshop, &image);
    let context = fs::read_to_string(workshop.path().join("context/Containerfile")).unwrap();
    assert!(context.contains(r#"["/usr/bin/update-ca-trust"]"#), "{context}");
}
