//! What each change makes of texts as packages have them.

use lapstrake::entry::{Change, Edit};
use lapstrake::value::ImagePath;

use super::{Unfit, edited};

fn changed(path: &str, text: &str, edit: Edit) -> Result<String, Vec<Unfit>> {
    let changes: Vec<Change> = edit.changes;
    edited(&ImagePath::parse(path).unwrap(), text, &changes)
}

fn of(edit: impl FnOnce(Edit) -> Edit) -> Edit {
    edit(Edit::of("/etc/x"))
}

/// The only fault of a change that does not fit.
fn unfit(path: &str, text: &str, edit: Edit) -> Unfit {
    let mut unfit = changed(path, text, edit).unwrap_err();
    assert_eq!(unfit.len(), 1, "{unfit:?}");
    unfit.remove(0)
}

const JOURNALD: &str =
    "# see journald.conf(5)\n\n[Journal]\n#Storage=auto\nCompress=yes\n\n[Other]\nStorage=no\n";

#[test]
fn a_key_is_set_in_its_section_and_nowhere_else() {
    let text =
        changed("/etc/systemd/journald.conf", JOURNALD, of(|edit| edit.set("Journal", "Compress", "no")));
    assert_eq!(text.unwrap(), JOURNALD.replace("Compress=yes", "Compress=no"));
}

#[test]
fn a_missing_key_comes_after_the_last_line_of_its_section() {
    let text = changed("/etc/x.conf", JOURNALD, of(|edit| edit.set("Journal", "Storage", "persistent")));
    assert_eq!(text.unwrap(), JOURNALD.replace("Compress=yes\n", "Compress=yes\nStorage=persistent\n"));
}

#[test]
fn a_missing_section_comes_at_the_end() {
    let text = changed("/etc/x.conf", "[A]\nb=1", of(|edit| edit.set("B", "c", "2")));
    assert_eq!(text.unwrap(), "[A]\nb=1\n\n[B]\nc=2\n");
    assert_eq!(changed("/etc/x.conf", "", of(|edit| edit.set("B", "c", "2"))).unwrap(), "[B]\nc=2\n");
}

#[test]
fn a_file_without_sections_has_the_empty_one() {
    let text = "# SELINUX= can be enforcing\nSELINUX=permissive\nSELINUXTYPE=targeted\n";
    let set = changed("/etc/selinux/config", text, of(|edit| edit.set("", "SELINUX", "enforcing")));
    assert_eq!(set.unwrap(), text.replace("=permissive", "=enforcing"));
}

#[test]
fn a_set_key_keeps_the_spaces_of_its_line_and_loses_the_lines_that_went_on() {
    let text = "[main]\nkeyfile = a\nplugins = b,\\\n  c\nend = 1\n";
    let set = changed("/etc/x.conf", text, of(|edit| edit.set("main", "plugins", "keyfile")));
    assert_eq!(set.unwrap(), "[main]\nkeyfile = a\nplugins = keyfile\nend = 1\n");
}

#[test]
fn a_key_that_is_there_twice_is_not_set() {
    let twice =
        unfit("/etc/x.conf", "[S]\nExecStart=\nExecStart=/a\n", of(|edit| edit.set("S", "ExecStart", "/b")));
    assert_eq!(twice.why, "has `ExecStart` twice, in lines 2 and 3");
}

#[test]
fn toml_is_read_after_the_change() {
    let text = "[engine]\nevents_logger = \"journald\"\n";
    let set =
        |value: &str| changed("/etc/x.toml", text, of(|edit| edit.set("engine", "events_logger", value)));
    assert_eq!(set("\"file\"").unwrap(), "[engine]\nevents_logger = \"file\"\n");
    let bare = set("file").unwrap_err().remove(0);
    assert_eq!(bare.why, "is TOML, and `file` is not a value of TOML");
    assert_eq!(bare.help.unwrap(), "write `\"file\"` with its quotes, as TOML has a text");
    let array = "[engine]\nenv = [\n  \"A=1\",\n]\n";
    let lost = unfit("/etc/x.toml", array, of(|edit| edit.set("engine", "env", "[]")));
    assert!(lost.why.starts_with("would not be TOML any more"), "{}", lost.why);
    let inline = "engine = { a = 1 }\n";
    let unknown = unfit("/etc/x.toml", inline, of(|edit| edit.set("engine", "a", "2")));
    assert!(unknown.why.starts_with("would not be TOML any more"), "{}", unknown.why);
}

#[test]
fn json_is_set_by_the_path_of_an_object() {
    let text = "{\"default\": [{\"type\": \"reject\"}], \"transports\": {\"docker\": {}}}";
    let edit = of(|edit| edit.set("transports.docker", "quay.example", "[]").set("", "default", "null"));
    let set: serde_json::Value =
        serde_json::from_str(&changed("/etc/policy.json", text, edit).unwrap()).unwrap();
    let wanted = serde_json::json!({"default": null, "transports": {"docker": {"quay.example": []}}});
    assert_eq!(set, wanted);
    let bare = unfit("/etc/policy.json", text, of(|edit| edit.set("", "default", "reject")));
    assert_eq!(bare.why, "is JSON, and `reject` is not a value of JSON");
    let array = unfit("/etc/policy.json", text, of(|edit| edit.set("default", "type", "1")));
    assert_eq!(array.why, "has no object at `default`");
}

#[test]
fn a_replaced_text_is_there_once() {
    let text = "Root /var/www/html\nAlias /var/www/cgi\n";
    let twice = unfit("/etc/x", text, of(|edit| edit.replace("/var/www/", "/usr/share/web/")));
    assert_eq!(twice.why, "has 2 times `/var/www/`, and `replace` is for one place");
    let all = changed("/etc/x", text, of(|edit| edit.replace_all("/var/www/", "/srv/")));
    assert_eq!(all.unwrap(), "Root /srv/html\nAlias /srv/cgi\n");
    let once = changed("/etc/x", text, of(|edit| edit.replace("/var/www/cgi", "/srv/cgi")));
    assert_eq!(once.unwrap(), "Root /var/www/html\nAlias /srv/cgi\n");
    let none = unfit("/etc/x", text, of(|edit| edit.replace("Root /var/www/htm1", "")));
    assert_eq!(none.why, "has no `Root /var/www/htm1`");
    assert_eq!(none.help.unwrap(), "did you mean `Root /var/www/html`?");
    assert!(unfit("/etc/x", text, of(|edit| edit.replace_all("", "x"))).why.contains("empty text"));
}

#[test]
fn a_text_is_inserted_after_a_line_that_is_there_once() {
    let text = "auth a\n  auth b\nauth a";
    let inserted = changed("/etc/x", text, of(|edit| edit.insert_after("auth b", "auth c")));
    assert_eq!(inserted.unwrap(), "auth a\n  auth b\nauth c\nauth a");
    let twice = unfit("/etc/x", text, of(|edit| edit.insert_after("auth a", "x")));
    assert_eq!(twice.why, "has the line `auth a` twice, in lines 1 and 3");
    assert_eq!(unfit("/etc/x", text, of(|edit| edit.insert_after("auth", "x"))).why, "has no line `auth`");
}

#[test]
fn an_appended_text_is_on_a_line_of_its_own() {
    assert_eq!(changed("/etc/x", "a", of(|edit| edit.append("b"))).unwrap(), "a\nb\n");
    assert_eq!(changed("/etc/x", "", of(|edit| edit.append("b\n"))).unwrap(), "b\n");
}

#[test]
fn every_change_that_does_not_fit_is_reported() {
    let edit = of(|edit| edit.replace("x", "y").append("z").insert_after("q", "r"));
    let why: Vec<_> =
        changed("/etc/x", "a\n", edit).unwrap_err().into_iter().map(|unfit| unfit.why).collect();
    assert_eq!(why, ["has no `x`", "has no line `q`"]);
}
