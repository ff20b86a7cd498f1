//! Changes of the SELinux policy, as semodule sees them.

use std::fs;
use std::path::Path;
use std::process::Command;

use lapstrake::entry::{Edit, Run, Selinux};
use lapstrake::{Base, BuildStage, Image, Layer};
use lapstrake_oci::tree::Kind;
use tar::EntryType;
use tempfile::TempDir;

use super::equivalence;
use super::workshop::Workshop;
use crate::base::fixture::Tar;
use crate::finding::Finding;
use crate::plan::{Origin, Plan};

const READ: &str = "/etc/selinux/targeted/contexts/files/file_contexts.local";
const STORE: &str = "/etc/selinux/targeted/active";
pub(super) const BOOLEAN: &str = "httpd_can_network_connect";

/// A record of a compiled policy.
fn record(numbers: &[u32], name: &str) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).chain(name.bytes()).collect()
}

fn compiled() -> String {
    let length = |name: &str| u32::try_from(name.len()).unwrap();
    let boolean = |name| record(&[1, 0, length(name)], name);
    let file_type = |name| record(&[length(name), 2, 1, 0], name);
    let policy =
        [boolean("httpd_can_network_connect"), file_type("httpd_sys_content_t"), file_type("httpd_t")];
    String::from_utf8(policy.concat()).unwrap()
}

pub(super) fn policy() -> Tar {
    let files = "etc/selinux/targeted/contexts/files";
    let tar = Tar::new().directory("etc").directory("etc/selinux").directory("etc/selinux/targeted");
    let tar = tar.directory("etc/selinux/targeted/policy").directory("etc/selinux/targeted/active");
    let tar = tar.directory("etc/selinux/targeted/contexts").directory(files);
    let tar = tar.file("etc/selinux/config", "SELINUX=enforcing\n# none\nSELINUXTYPE=targeted\n");
    let tar = tar.file("etc/selinux/semanage.conf", "store-root = /etc/selinux # as ostree wants it\n");
    tar.file("etc/selinux/targeted/policy/policy.33", &compiled())
}

fn with_compiler(tar: Tar) -> Workshop {
    let tar = tar.directory("usr").directory("usr/sbin").file("usr/sbin/semodule", "");
    Workshop::on_stand_in_and(tar.end())
}

fn image(layer: Layer) -> Image {
    Image::new("policy", Base::stand_in()).layer(layer)
}

fn layer(changes: impl IntoIterator<Item = Selinux>) -> Layer {
    Layer::new("policy").entries(changes)
}

fn plan(workshop: &Workshop, layer: Layer) -> (Plan, Vec<Finding>) {
    let (plan, findings) = workshop.plan(&image(layer));
    (plan.unwrap(), findings)
}

fn found(workshop: &Workshop, layer: Layer) -> Vec<(String, Option<String>)> {
    let (_, found) = plan(workshop, layer);
    found.into_iter().map(|finding| (finding.message, finding.help)).collect()
}

/// The text that the first layer puts at a path.
fn text(plan: &Plan, path: &str) -> String {
    let (_, member) = plan.layers[0].described().find(|(at, _)| at.as_str() == path).unwrap();
    match &member.kind {
        Kind::File(Origin::Text(text)) => text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_context_is_a_line_that_libselinux_reads() {
    let contexts =
        [Selinux::context("/webapp(/.*)?", "httpd_sys_content_t"), Selinux::context("/srv/raw", "<<none>>")];
    let (plan, found) = plan(&with_compiler(policy()), layer(contexts));
    assert!(found.is_empty(), "{found:#?}");
    assert!(plan.layers[0].runs.is_empty(), "nothing runs");
    let line = "/webapp(/.*)?    system_u:object_r:httpd_sys_content_t:s0\n/srv/raw    <<none>>\n";
    // A later run of semodule copies the store's file over the other.
    for path in [READ, &format!("{STORE}/file_contexts.local")] {
        assert_eq!(text(&plan, path), line);
    }
}

#[test]
fn local_contexts_of_the_base_stay_and_their_compiled_form_goes() {
    let local =
        "# the base's\n/maps(/.*)?    system_u:object_r:httpd_t:s0\n/srv    system_u:object_r:httpd_t:s0\n";
    let compiled = format!("{READ}.bin");
    let tar = policy().file(READ.trim_start_matches('/'), local).file(compiled.trim_start_matches('/'), "x");
    let change = Selinux::context("/srv", "httpd_sys_content_t");
    let (plan, found) = plan(&with_compiler(tar), layer([change]));
    assert!(found.is_empty(), "{found:#?}");
    let expected = "# the base's\n/maps(/.*)?    system_u:object_r:httpd_t:s0\n/srv    system_u:object_r:httpd_sys_content_t:s0\n";
    assert_eq!(text(&plan, READ), expected);
    assert!(plan.layers[0].whiteouts.iter().any(|path| path.as_str() == compiled));
}

#[test]
fn all_changes_of_a_layer_are_compiled_once() {
    let tar =
        policy().file("etc/selinux/targeted/active/booleans.local", "a=1\nhttpd_can_network_connect=0\n");
    let workshop = with_compiler(tar);
    workshop.source("deploy/webapp.cil", b"(type webapp_t)\n(roletype object_r webapp_t)\n");
    let changes = [
        Selinux::boolean(BOOLEAN, true),
        Selinux::module("deploy/webapp.cil"),
        Selinux::permissive("webapp_t"),
        Selinux::context("/webapp(/.*)?", "webapp_t"),
    ];
    let (plan, found) = plan(&workshop, layer(changes));
    assert!(found.is_empty(), "{found:#?}");
    let runs: Vec<_> = plan.layers[0].runs.iter().map(|run| run.argv.join(" ")).collect();
    let modules =
        "--install=/run/selinux-modules/webapp.cil --install=/run/selinux-modules/permissive_webapp_t.cil";
    assert_eq!(runs, [format!("/usr/sbin/semodule --noreload {modules}")]);
    assert_eq!(text(&plan, &format!("{STORE}/booleans.local")), "a=1\nhttpd_can_network_connect=1\n");
}

/// What a compiled module declares is not known here, so that any name can be its own.
#[test]
fn a_module_of_a_stage_is_installed_as_one_of_the_workspace() {
    let workshop = with_compiler(policy());
    let stage = || BuildStage::on(workshop.described_base()).run(["make"]);
    let changes =
        [Selinux::module_from_stage(stage(), "/src/gnss.pp"), Selinux::context("/gnss(/.*)?", "gnss_t")];
    let (plan, found) = plan(&workshop, layer(changes));
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(
        plan.layers[0].runs[0].argv,
        ["/usr/sbin/semodule", "--noreload", "--install=/run/selinux-modules/gnss.pp"]
    );
    let results: Vec<_> = plan.stages[0].results.iter().map(ToString::to_string).collect();
    assert_eq!(results, ["/src/gnss.pp"]);
    let source = self::found(&workshop, layer([Selinux::module_from_stage(stage(), "/src/gnss.te")]));
    assert_eq!(source[0].0, "`/src/gnss.te` is not compiled, and `semodule` takes CIL or compiled modules");
}

/// A compiler that writes what it is given to the policy.
const SEMODULE: &[u8] = b"#!/usr/bin/sh
cd /etc/selinux/targeted/active
echo \"$@\" >asked
cat booleans.local /run/selinux-modules/* >../policy/policy.33
";

#[test]
fn podman_compiles_the_policy_by_the_same_step() {
    if !super::engine::present(&["podman", "skopeo", "busybox"]) {
        return;
    }
    let busybox = fs::read("/bin/busybox").unwrap();
    let program = |tar: Tar, path: &str, bytes: &[u8]| {
        tar.member(path.as_bytes(), EntryType::Regular, "", 0o755, bytes)
    };
    let tar = policy().directory("usr").directory("usr/bin").directory("usr/sbin");
    let tar = program(tar, "usr/bin/busybox", &busybox);
    let tar = ["sh", "cat", "rm", "env", "mkdir"].into_iter().fold(tar, |tar, name| {
        tar.member(format!("usr/bin/{name}").as_bytes(), EntryType::Symlink, "busybox", 0o777, b"")
    });
    // podman leaves empty files where the base has none.
    let tar = ["hostname", "hosts", "resolv.conf"]
        .into_iter()
        .fold(tar, |tar, name| tar.file(&format!("etc/{name}"), "the base's\n"));
    let workshop = Workshop::on_stand_in_and(program(tar, "usr/sbin/semodule", SEMODULE).end());
    workshop.source("deploy/webapp.cil", b"(type webapp_t)\n(roletype object_r webapp_t)\n");
    let compile = Run::new(["/usr/bin/busybox", "sh", "-c", "mkdir /made && echo compiled > /made/gnss.pp"]);
    let stage = BuildStage::on(workshop.described_base()).with(compile);
    let changes = [
        Selinux::boolean(BOOLEAN, true),
        Selinux::module("deploy/webapp.cil"),
        Selinux::permissive("webapp_t"),
        Selinux::context("/webapp(/.*)?", "webapp_t"),
        Selinux::module_from_stage(stage, "/made/gnss.pp"),
    ];
    equivalence::compare(&workshop, &image(layer(changes)));
}

#[test]
fn a_boolean_alone_needs_a_compilation() {
    let (plan, _) = plan(&with_compiler(policy()), layer([Selinux::boolean(BOOLEAN, false)]));
    assert_eq!(plan.layers[0].runs[0].argv, ["/usr/sbin/semodule", "--noreload", "--build"]);
    assert!(plan.layers[0].runs[0].binds.is_empty());
    assert_eq!(text(&plan, &format!("{STORE}/booleans.local")), "httpd_can_network_connect=0\n");
}

#[test]
fn a_name_that_the_policy_has_not_is_an_error() {
    let boolean = Selinux::boolean("httpd_can_network_conect", true);
    let file_type = Selinux::context("/x", "httpd_sys_contents_t");
    let domain = Selinux::permissive("httpdd_t");
    let found = found(&with_compiler(policy()), layer([boolean, file_type, domain]));
    let expected = [
        ("boolean `httpd_can_network_conect`", "httpd_can_network_connect"),
        ("type `httpd_sys_contents_t`", "httpd_sys_content_t"),
        ("type `httpdd_t`", "httpd_t"),
    ];
    let expected = expected.map(|(name, near)| {
        (format!("the policy of the image has no {name}"), Some(format!("did you mean `{near}`?")))
    });
    assert_eq!(found, expected);
}

#[test]
fn a_base_without_a_policy_or_its_compiler_is_an_error() {
    let change = || layer([Selinux::boolean(BOOLEAN, true)]);
    let none = found(&Workshop::stand_in(), change());
    assert_eq!(
        none[0].0,
        "the base and the layers below have no SELinux policy: `/etc/selinux/targeted/policy` has none"
    );
    let bare = found(&Workshop::on_stand_in_and(policy().end()), change());
    assert_eq!(bare[0].1.as_deref(), Some("add `.packages([\"policycoreutils\"])` in a layer below"));
    let elsewhere = policy().file("etc/selinux/semanage.conf", "");
    let lost = found(&with_compiler(elsewhere), change());
    assert_eq!(lost[0].0, "the policy `targeted` can't be compiled: the image has no store of its modules");
    let context = || layer([Selinux::context("/x", "httpd_t")]);
    assert_eq!(found(&Workshop::on_stand_in_and(policy().end()), context()), [], "a context needs neither");
}

#[test]
fn what_contradicts_itself_or_is_not_a_module_is_an_error() {
    let workshop = with_compiler(policy());
    workshop.source("deploy/a.cil", b"(type a_t)\n(type b_t\n");
    workshop.source("deploy/a.te", b"");
    workshop.source("other/a.cil", b"");
    let twice = layer([Selinux::boolean(BOOLEAN, true), Selinux::boolean(BOOLEAN, false)]);
    assert_eq!(found(&workshop, twice)[0].0, format!("`{BOOLEAN}` is switched both on and off in a layer"));
    let twice = layer([Selinux::context("/x", "httpd_t"), Selinux::context("/x", "<<none>>")]);
    assert_eq!(found(&workshop, twice)[0].0, "`/x` has two contexts in a layer");
    let open = found(&workshop, layer([Selinux::module("deploy/a.cil")]));
    assert_eq!(open[0].0, "`deploy/a.cil` has a `(` without its `)` in line 2");
    let source = found(&workshop, layer([Selinux::module("deploy/a.te")]));
    assert!(
        source[0].1.as_deref().unwrap().starts_with("run `checkmodule -M -m -o a.mod a.te"),
        "{source:?}"
    );
    let same = found(&workshop, layer([Selinux::module("other/a.cil"), Selinux::module("deploy/a.cil")]));
    assert_eq!(same[0].0, "two modules of a layer are named `a`");
}

#[test]
fn a_policy_that_packages_bring_is_changed_after_them() {
    let workshop = Workshop::stand_in();
    let layer = Layer::new("policy")
        .packages(["selinux-policy-targeted"])
        .with(Selinux::boolean(BOOLEAN, true))
        .with(Edit::of("/etc/selinux/config").set("", "SELINUX", "permissive"));
    let (plan, _) = plan(&workshop, layer);
    let undecided: Vec<_> = plan.undecided.iter().map(|undecided| undecided.what.as_str()).collect();
    let first = "`Selinux::boolean(\"httpd_can_network_connect\", true)`";
    assert!(undecided.contains(&first), "{undecided:?}");
}

/// Debian's own policy, or that of the system here. Under CI it must be there.
fn has_policy() -> bool {
    let is_there =
        Path::new("/etc/selinux/config").exists() && Command::new("semodule").arg("--help").output().is_ok();
    assert!(is_there || std::env::var_os("CI").is_none(), "a policy and semodule must be installed under CI");
    if !is_there {
        eprintln!("\n*** SKIPPED, no SELinux policy is installed ***\n");
    }
    is_there
}

/// The root of a system with the policy of this one.
fn system() -> TempDir {
    let root = TempDir::new().unwrap();
    for directory in ["etc", "var/lib"] {
        fs::create_dir_all(root.path().join(directory)).unwrap();
    }
    for directory in ["/etc/selinux", "/var/lib/selinux"] {
        let to = root.path().join(&directory[1..]);
        assert!(Command::new("cp").args(["-a", directory]).arg(to).status().unwrap().success());
    }
    root
}

/// The name of a system's policy, and the compiled one.
fn installed(root: &Path) -> (String, Vec<u8>) {
    let config = fs::read_to_string(root.join("etc/selinux/config")).unwrap();
    let name = config.lines().find_map(|line| line.strip_prefix("SELINUXTYPE=")).unwrap().trim().to_owned();
    let mut files = fs::read_dir(root.join("etc/selinux").join(&name).join("policy")).unwrap();
    let policy = fs::read(files.next().unwrap().unwrap().path()).unwrap();
    (name, policy)
}

/// Whether a boolean of a compiled policy is on.
fn is_on(policy: &[u8], name: &str) -> bool {
    let counted = record(&[u32::try_from(name.len()).unwrap()], name);
    let at = policy.windows(counted.len()).position(|part| part == counted).unwrap();
    policy[at - 4] == 1
}

#[test]
fn semodule_makes_of_the_changes_of_a_layer_what_they_say() {
    if !has_policy() {
        return;
    }
    let root = system();
    let (name, before) = installed(root.path());
    let was = is_on(&before, BOOLEAN);
    let (etc, store) = (format!("etc/selinux/{name}"), format!("var/lib/selinux/{name}/active"));
    let tar = Tar::new().directory("etc").directory("etc/selinux").directory(&etc);
    let tar =
        tar.directory(&format!("{etc}/policy")).directory(&store).directory("usr").directory("usr/sbin");
    let tar = tar.file("etc/selinux/config", &format!("SELINUXTYPE={name}\n"));
    let policy = format!("{etc}/policy/policy.33");
    let tar = tar.member(policy.as_bytes(), tar::EntryType::Regular, "", 0o644, &before);
    let workshop = Workshop::on_stand_in_and(tar.file("usr/sbin/semodule", "").end());
    workshop.source("webapp.cil", b"(type webapp_t)\n(roletype object_r webapp_t)\n");
    let changes = [
        Selinux::boolean(BOOLEAN, !was),
        Selinux::module("webapp.cil"),
        Selinux::permissive("httpd_t"),
        Selinux::context("/webapp(/.*)?", "webapp_t"),
    ];
    let (plan, found) = plan(&workshop, layer(changes));
    assert!(found.is_empty(), "{found:#?}");
    for (path, member) in plan.layers[0].described() {
        let Kind::File(Origin::Text(text)) = &member.kind else { continue };
        fs::write(root.path().join(&path.as_str()[1..]), text).unwrap();
    }
    let modules = root.path().join("modules");
    fs::create_dir(&modules).unwrap();
    fs::write(modules.join("permissive_httpd_t.cil"), "(typepermissive httpd_t)\n").unwrap();
    fs::copy(workshop.path().join("webapp.cil"), modules.join("webapp.cil")).unwrap();
    let argv = plan.layers[0].runs[0].argv.iter();
    let argv: Vec<_> =
        argv.map(|word| word.replace("/run/selinux-modules", modules.to_str().unwrap())).collect();
    let output = Command::new(&argv[0]).args(["-s", &name, "-p"]).arg(root.path()).args(&argv[1..]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(is_on(&installed(root.path()).1, BOOLEAN), !was);
    let listed =
        Command::new("semodule").args(["-s", &name, "--list-modules=full", "-p"]).arg(root.path()).output();
    let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
    for module in ["permissive_httpd_t", "webapp"] {
        assert!(listed.lines().any(|line| line.starts_with("400 ") && line.contains(module)), "{listed}");
    }
    let contexts =
        fs::read_to_string(root.path().join(etc).join("contexts/files/file_contexts.local")).unwrap();
    assert!(contexts.contains("/webapp(/.*)?    system_u:object_r:webapp_t:s0"), "{contexts}");
}
