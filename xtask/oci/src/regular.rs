//! Opens regular files alone. The opening of a fifo waits for a writer, and the content of a device has no end, so
//! what anybody may have put in a place is opened without waiting, and looked at before it is read.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;

use camino::Utf8Path;
use rustix::fs::OFlags;

/// Opens a regular file for reading. Symlinks are followed.
///
/// ```
/// use lapstrake_oci::regular;
///
/// let error = regular::open("/dev/zero".into()).unwrap_err();
/// assert_eq!(error.to_string(), "it is not a regular file");
/// ```
///
/// # Errors
///
/// Fails if the file cannot be opened, or is not a regular file.
pub fn open(path: &Utf8Path) -> io::Result<File> {
    open_with(path, OFlags::NONBLOCK)
}

/// Opens a regular file for reading if no part of `path` is a symlink. `path` is absolute, and was canonical when it
/// was looked at: a symlink that has come since may lead anywhere.
///
/// ```
/// use camino::Utf8Path;
/// use lapstrake_oci::regular;
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = scratch.path().canonicalize()?;
/// # let root = Utf8Path::from_path(&root).expect("the temporary directory is UTF-8");
/// std::fs::write(root.join("file"), "abc")?;
/// assert!(regular::open_real(&root.join("file")).is_ok());
/// std::os::unix::fs::symlink("file", root.join("link"))?;
/// assert!(regular::open_real(&root.join("link")).is_err());
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
///
/// Fails if the file cannot be opened, is not a regular file, or is reached through a symlink.
pub fn open_real(path: &Utf8Path) -> io::Result<File> {
    let is_symlink = || io::Error::new(io::ErrorKind::InvalidInput, "a part of its path is a symlink now");
    let file = open_with(path, OFlags::NONBLOCK | OFlags::NOFOLLOW).map_err(|error| {
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            is_symlink()
        } else {
            error
        }
    })?;
    let opened = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    // Without /proc, the name is resolved a second time.
    let opened = opened.or_else(|_| fs::canonicalize(path))?;
    if opened == path.as_std_path() { Ok(file) } else { Err(is_symlink()) }
}

fn open_with(path: &Utf8Path, flags: OFlags) -> io::Result<File> {
    let flags = i32::try_from(flags.bits()).expect("the flags of open(2) are an int");
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use camino::Utf8Path;

    use super::{open, open_real};

    #[test]
    fn fifos_devices_directories_and_sockets_are_refused_at_once() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let fifo = root.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
        symlink("/dev/zero", root.join("zero")).unwrap();
        for path in [&fifo, root, &root.join("socket"), &root.join("zero"), Utf8Path::new("/dev/null")] {
            open(path).unwrap_err();
            open_real(path).unwrap_err();
        }
    }

    #[test]
    fn a_path_that_has_become_a_symlink_in_any_part_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().canonicalize().unwrap();
        let root = Utf8Path::from_path(&root).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/b/file"), "inside").unwrap();
        fs::create_dir(root.join("outside")).unwrap();
        fs::write(root.join("outside/file"), "outside").unwrap();
        let path = root.join("a/b/file");
        open_real(&path).unwrap();

        fs::remove_file(&path).unwrap();
        symlink(root.join("outside/file"), &path).unwrap();
        open(&path).unwrap();
        assert_eq!(open_real(&path).unwrap_err().to_string(), "a part of its path is a symlink now");
        fs::remove_dir_all(root.join("a/b")).unwrap();
        symlink(root.join("outside"), root.join("a/b")).unwrap();
        open(&path).unwrap();
        assert_eq!(open_real(&path).unwrap_err().to_string(), "a part of its path is a symlink now");
    }
}
