//! What a user and a group are in an image: a file of sysusers.d, one of tmpfiles.d, one of sudoers.d, a credential with the
//! hash of the password, and lines more in the files of subordinate ids.

use lapstrake::Site;
use lapstrake::entry::{Edit, Group, PasswordHash, Secret, SecretSource, User};
use lapstrake::value::{Asset, ImagePath, Mode, UserName};
use lapstrake_oci::tree::{Kind, Metadata};

use super::password_hash::{NotAHash, SecretHash, refused_hash};
use super::place::Placer;
use super::site::source_finding;
use super::{Origin, PlannedSecret, SecretFrom};
use crate::finding::Finding;
use crate::project::assets::Scanned;

/// The key types that OpenSSH takes, by their beginnings (sshd(8), "`AUTHORIZED_KEYS` FILE FORMAT").
const KEY_TYPES: [&str; 5] = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "rsa-sha2-"];

impl Placer<'_, '_, '_> {
    /// Puts the files of a group in the layer.
    pub(super) fn group(&mut self, group: &Group, site: Site) {
        let Some(name) = self.valid(&group.name) else { return };
        let id = group.id.map_or_else(|| "-".to_owned(), |id| id.to_string());
        self.text(&format!("/usr/lib/sysusers.d/{name}.conf"), format!("g {name} {id}\n"), Mode::FILE, site);
    }

    /// Puts the files of a user in the layer.
    pub(super) fn user(&mut self, user: &User, site: Site) {
        let home = user.home.as_ref().map(|home| self.valid(home));
        let shell = user.shell.as_ref().map(|shell| self.valid(shell));
        let groups: Vec<_> = user.groups.iter().map(|group| self.valid(group)).collect();
        let Some(name) = self.valid(&user.name) else { return };
        // The line has the name in it, so that it is judged with a valid one alone.
        let sudo = user.sudo.as_ref().map(|sudo| self.valid(sudo));
        let home = match home {
            None if user.is_login => ImagePath::parse(&format!("/var/home/{name}")).ok(),
            None => None,
            Some(None) => return,
            Some(home) => home,
        };
        let shell = match shell {
            None if user.is_login => "/bin/bash".to_owned(),
            None => "-".to_owned(),
            Some(None) => return,
            Some(Some(shell)) => shell.to_string(),
        };
        let (Some(groups), false) = (groups.into_iter().collect::<Option<Vec<_>>>(), sudo == Some(None))
        else {
            return;
        };
        self.sysusers(user, &name, home.as_ref(), &shell, &groups, site);
        self.state(user, &name, home.as_ref(), site);
        if let Some(hash) = &user.password_hash {
            self.password(hash, &name, site);
        }
        if let Some(Some(line)) = sudo {
            let mode = Mode::try_from(0o440).expect("0o440 is a mode");
            self.text(&format!("/etc/sudoers.d/{name}"), format!("{line}\n"), mode, site);
        }
        if let Some((first, count)) = user.subids {
            for file in ["/etc/subuid", "/etc/subgid"] {
                let file = ImagePath::parse(file).expect("it is the path of a file");
                let (_, lines) = self.added.entry(file).or_insert((site, Vec::new()));
                lines.push(format!("{name}:{first}:{count}"));
            }
        }
    }

    fn sysusers(
        &mut self,
        user: &User,
        name: &UserName,
        home: Option<&ImagePath>,
        shell: &str,
        groups: &[UserName],
        site: Site,
    ) {
        let description = user.description.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ");
        let home = home.map_or("-", ImagePath::as_str);
        let rest = format!("\"{description}\" {home} {shell}");
        let mut lines = match user.id {
            // A group of another name may have the number by then, so that it is stated, too.
            Some(id) => format!("g {name} {id}\nu {name} {id}:{name} {rest}\n"),
            None => format!("u {name} - {rest}\n"),
        };
        for group in groups {
            lines += &format!("m {name} {group}\n");
        }
        self.text(&format!("/usr/lib/sysusers.d/{name}.conf"), lines, Mode::FILE, site);
    }

    /// What systemd makes of the user's state at boot.
    fn state(&mut self, user: &User, name: &UserName, home: Option<&ImagePath>, site: Site) {
        let is_state = |home: &&ImagePath| {
            ["/var/", "/home/"].iter().any(|directory| home.as_str().starts_with(directory))
        };
        let mut lines = String::new();
        if let Some(home) = home.filter(is_state) {
            let mode = if user.is_login { "0700" } else { "0755" };
            lines += &format!("d {home} {mode} {name} {name} -\n");
        }
        let keys: Vec<_> =
            user.authorized_keys.iter().filter_map(|asset| self.public_keys(asset, site)).collect();
        if !keys.is_empty() {
            if let Some(home) = home {
                // The argument of `f+` is one line, with the escapes of C and with specifiers (tmpfiles.d(5)).
                let keys = keys.concat().replace('\\', "\\\\").replace('%', "%%").replace('\n', "\\n");
                lines += &format!("d {home}/.ssh 0700 {name} {name} -\n");
                lines += &format!("f+ {home}/.ssh/authorized_keys 0600 {name} {name} - {keys}\n");
            } else {
                let message = format!("user `{name}` has keys and no home to keep them in");
                let finding = Finding::fatal("authorized-keys", site, message);
                self.findings.push(finding.help(format!("add `.home(\"/var/lib/{name}\")`")));
            }
        }
        if user.lingering {
            lines += "d /var/lib/systemd/linger 0755 root root -\n";
            lines += &format!("f /var/lib/systemd/linger/{name} 0644 root root -\n");
        }
        if !lines.is_empty() {
            self.text(&format!("/usr/lib/tmpfiles.d/{name}.conf"), lines, Mode::FILE, site);
        }
    }

    /// Puts the hash of a password where systemd-sysusers takes it from: into a credential of its service. The plan does not
    /// have the hash as a text, because plans are printed.
    fn password(&mut self, hash: &PasswordHash, name: &UserName, site: Site) {
        let from = match hash {
            PasswordHash::File(file) => self.hash_file(file, site),
            PasswordHash::Secret(secret) => self.hash_secret(secret, site),
        };
        let Some(from) = from else { return };
        let credential = format!("passwd.hashed-password.{name}");
        let at = format!("/usr/lib/credstore/{credential}");
        let path = ImagePath::parse(&at).expect("a user's name is a part of a path");
        let mode = Mode::try_from(0o600).expect("0o600 is a mode");
        self.put(path, Kind::File(from), Metadata::of_root(mode), site);
        let drop_in = format!("/usr/lib/systemd/system/systemd-sysusers.service.d/50-{name}.conf");
        let text = format!("[Service]\nLoadCredential={credential}:{at}\n");
        self.text(&drop_in, text, Mode::FILE, site);
    }

    fn hash_file(&mut self, asset: &Asset, site: Site) -> Option<Origin> {
        let (text, from) = self.read(asset, "with the hash of a password", site)?;
        let Some(refused) = refused_hash(&text) else { return Some(from) };
        let finding = Finding::fatal("password-hash", site, format!("`{asset}` {}", refused.reason()));
        self.findings.push(finding.help(match refused {
            NotAHash::EndOfLine => format!("run `truncate -s -1 {asset}`"),
            NotAHash::Format | NotAHash::Weak => {
                format!("run `openssl passwd -6 | tr -d '\\n' > {asset}`, which asks for the password")
            }
        }));
        None
    }

    fn hash_secret(&mut self, secret: &Secret, site: Site) -> Option<Origin> {
        let from = match &secret.source {
            SecretSource::Env(name) => SecretFrom::Variable(self.valid(name)?),
            SecretSource::File(path) => SecretFrom::File(path.clone()),
        };
        let id = self.valid(&secret.id)?;
        Some(Origin::SecretHash(SecretHash { secret: PlannedSecret { id, from }, site }))
    }

    /// Returns the text of a file of the workspace that decides what is planned, and where its bytes come from.
    fn read(&mut self, asset: &Asset, wanted: &str, site: Site) -> Option<(String, Origin)> {
        match self.sources.get(asset)? {
            Ok(Scanned::File(file)) => {
                let from = Origin::Asset { path: asset.path().to_owned(), host: file.path.clone() };
                Some((file.text.clone()?, from))
            }
            Ok(Scanned::Directory(_)) => {
                let message = format!("`{asset}` is a directory, and a file {wanted} is wanted");
                self.findings.push(Finding::fatal("asset-kind", site, message));
                None
            }
            Err(error) => {
                self.findings.push(source_finding(error, site));
                None
            }
        }
    }

    /// Returns the lines of a file of public keys.
    fn public_keys(&mut self, asset: &Asset, site: Site) -> Option<String> {
        let (text, _) = self.read(asset, "of public keys", site)?;
        let is_key = |line: &&str| {
            let words = || line.split_whitespace();
            words().any(|word| KEY_TYPES.iter().any(|kind| word.starts_with(kind))) && words().count() > 1
        };
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (keys, others): (Vec<_>, Vec<_>) = lines.partition(is_key);
        let message = if text.contains("PRIVATE KEY") {
            format!("`{asset}` is a private key, and sshd wants public ones")
        } else if keys.is_empty() || !others.is_empty() {
            format!("`{asset}` has a line that is not a public key of SSH")
        } else {
            return Some(keys.into_iter().map(|key| format!("{key}\n")).collect());
        };
        let finding = Finding::fatal("authorized-keys", site, message);
        self.findings.push(finding.help("name the file that ends in `.pub`"));
        None
    }

    /// Adds the lines that entries add to files of the base.
    pub(super) fn add_lines(&mut self) {
        for (path, (site, lines)) in std::mem::take(&mut self.added) {
            let text = lines.join("\n") + "\n";
            let exists = self.members.below.tree.follow(&path);
            let exists = exists.is_ok_and(|path| self.members.below.get(&path).is_some());
            if !exists && self.unseen.is_none() {
                self.put_changed(path, text, Metadata::of_root(Mode::FILE), site);
                continue;
            }
            let edited = self.lower().edit(&path, &Edit::of(path.as_str()).append(text), site);
            if let Some((path, text, metadata)) = self.known(edited) {
                self.put_changed(path, text, metadata, site);
            }
        }
    }

    fn text(&mut self, path: &str, text: String, mode: Mode, site: Site) {
        let path = ImagePath::parse(path).expect("a user's name is a part of a path");
        self.put(path, Kind::File(Origin::Text(text)), Metadata::of_root(mode), site);
    }
}
