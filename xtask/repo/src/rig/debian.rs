//! Trees out of Debian's packages, from the archive that this machine's own apt uses.

use camino::Utf8Path;

use super::error::RigError;
use super::program;

/// What a tree needs of the archive: a suite, packages, and a hook of mmdebstrap's that runs in the tree
/// before they are unpacked.
pub(super) struct Tree {
    pub(super) suite: &'static str,
    /// Whether security updates are wanted too: newer compilers come with them.
    pub(super) security: bool,
    pub(super) packages: &'static [&'static str],
    pub(super) hook: Option<&'static str>,
}

impl Tree {
    /// Unpacks it in a folder.
    pub(super) fn unpack(&self, into: &Utf8Path) -> Result<(), RigError> {
        let targets = program::read(
            "apt-get",
            ["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"],
        )?;
        let mut args = ["mmdebstrap", "--mode=root", "--variant=minbase"].map(str::to_owned).to_vec();
        args.extend(["doc", "man", "info", "locale"].map(|kind| {
            // Nobody reads them here, and every image is copied often.
            format!("--dpkgopt=path-exclude=/usr/share/{kind}/*")
        }));
        args.extend(self.hook.map(|hook| format!("--essential-hook={hook}")));
        args.push(format!("--include={}", self.packages.join(",")));
        args.extend([self.suite.to_owned(), into.to_string()]);
        let archive = uri(&targets, "Debian").ok_or(RigError::NoArchive)?;
        args.push(format!("deb {archive} {} main", self.suite));
        if let (true, Some(archive)) = (self.security, uri(&targets, "Debian-Security")) {
            args.push(format!("deb {archive} {}-security main", self.suite));
        }
        program::run_apart(args.iter().map(String::as_str))
    }
}

/// Where the archive of that label is.
fn uri<'a>(targets: &'a str, label: &str) -> Option<&'a str> {
    targets.lines().find_map(|line| {
        let mut fields = line.splitn(3, '|');
        let known = fields.next() == Some("Debian") && fields.next() == Some(label);
        fields.next().filter(|_| known)
    })
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn the_archive_is_the_one_that_apt_uses() {
        let targets = "Vendor|Debian|http://vendor.example/debian/\n\
                       Debian Backports|Debian Backports|http://backports.example/debian/\n\
                       Debian|Debian|http://mirror.example/debian/\n\
                       Debian|Debian-Security|http://mirror.example/security/\n";
        assert_eq!(uri(targets, "Debian"), Some("http://mirror.example/debian/"));
        assert_eq!(uri(targets, "Debian-Security"), Some("http://mirror.example/security/"));
        assert_eq!(uri("Ubuntu|Ubuntu|http://mirror.example/ubuntu/\n", "Debian"), None);
        assert_eq!(uri("", "Debian"), None);
    }
}
