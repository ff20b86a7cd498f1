//! Reads rpm's database as rpm 4.16 and later write it: a table of headers in a file of `SQLite`. Nothing is executed, and
//! damaged bytes are an error.

mod header;
mod sqlite;
mod version;

pub(super) use self::version::compare as compare_versions;

/// The table of headers, and its column.
const TABLE: &str = "Packages";
const COLUMN: usize = 1;
/// Keys are in the table, too.
const KEY: &str = "gpg-pubkey";

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) arch: String,
    /// `EPOCH:VERSION-RELEASE`; without `EPOCH:` where that is 0.
    pub(super) version: String,
}

/// Why a database can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum DatabaseError {
    #[error("it is not a database of SQLite")]
    Format,
    #[error("it has no table `{TABLE}`")]
    Table,
    #[error("page {0} is damaged")]
    Page(u32),
    #[error("the header of package {0} is damaged")]
    Header(usize),
}

/// Returns the packages of a database.
pub(super) fn packages(database: &[u8]) -> Result<Vec<Package>, DatabaseError> {
    let mut found = Vec::new();
    let mut number = 0;
    sqlite::rows(database, TABLE, COLUMN, &mut |blob| {
        number += 1;
        let package = header::parse(blob).ok_or(DatabaseError::Header(number))?;
        if package.name != KEY {
            found.push(package);
        }
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// A database of `rows` headers, as `SQLite` writes it; each has a description of that many bytes, so that it has
    /// overflow pages.
    fn written(rows: usize, bytes: usize) -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rpmdb.sqlite");
        let mut script = "CREATE TABLE 'Other' (a); CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL); BEGIN;\n"
            .to_owned();
        for row in 0..rows {
            let header = header(&format!("package{row}"), Some(u32::try_from(row % 2).unwrap()), bytes);
            let hex: String = header.iter().map(|byte| format!("{byte:02x}")).collect();
            script += &format!("INSERT INTO Packages (blob) VALUES (x'{hex}');\n");
        }
        script += "COMMIT;\n";
        std::fs::write(folder.path().join("script"), &script).unwrap();
        let input = std::fs::File::open(folder.path().join("script")).unwrap();
        let status = Command::new("sqlite3").arg(&path).stdin(input).status().ok()?;
        assert!(status.success());
        Some(std::fs::read(path).unwrap())
    }

    /// A header as rpm stores it: two counts, the index, the data.
    fn header(name: &str, epoch: Option<u32>, bytes: usize) -> Vec<u8> {
        let mut data = Vec::new();
        let mut index = Vec::new();
        let mut add = |tag: u32, kind: u32, value: &[u8]| {
            index.extend([tag, kind, u32::try_from(data.len()).unwrap(), 1].map(u32::to_be_bytes).concat());
            data.extend_from_slice(value);
        };
        if let Some(epoch) = epoch {
            add(1003, 4, &epoch.to_be_bytes());
        }
        for (tag, text) in [(1000, name), (1001, "1.2"), (1002, "3.el10"), (1022, "x86_64")] {
            add(tag, 6, format!("{text}\0").as_bytes());
        }
        add(1005, 6, &[vec![b'x'; bytes], vec![0]].concat());
        let counts = [index.len() / 16, data.len()].map(|count| u32::try_from(count).unwrap().to_be_bytes());
        [counts.concat(), index, data].concat()
    }

    #[test]
    fn every_row_of_a_database_of_sqlite_is_a_package() {
        for (rows, bytes) in [(0, 0), (1, 10), (3, 40_000), (900, 700)] {
            let Some(database) = written(rows, bytes) else {
                assert!(std::env::var_os("CI").is_none(), "sqlite3 is not installed");
                return;
            };
            let found = packages(&database).unwrap();
            assert_eq!(found.len(), rows);
            for (row, package) in found.iter().enumerate() {
                let epoch = if row % 2 == 1 { "1:" } else { "" };
                let version = format!("{epoch}1.2-3.el10");
                let (name, arch) = (format!("package{row}"), "x86_64".to_owned());
                assert_eq!(*package, Package { name, arch, version });
            }
        }
    }

    #[test]
    fn what_is_not_a_database_or_has_no_packages_is_an_error() {
        assert_eq!(packages(b"no database"), Err(DatabaseError::Format));
        let Some(database) = written(3, 40_000) else { return };
        let text = database.windows(8).position(|text| text == b"Packages").unwrap();
        let mut other = database.clone();
        for at in 0..other.len() - 8 {
            if at >= text && &database[at..at + 8] == b"Packages" {
                other[at] = b'p';
            }
        }
        assert_eq!(packages(&other), Err(DatabaseError::Table));
        assert!(packages(&database[..database.len() / 2]).is_err());
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_changes_a_text_and_never_panics_or_hangs(
            places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        ) {
            static DATABASE: std::sync::OnceLock<Option<Vec<u8>>> = std::sync::OnceLock::new();
            let Some(database) = DATABASE.get_or_init(|| written(60, 3_000)) else { return Ok(()) };
            let mut damaged = database.clone();
            for (place, byte) in places {
                // Half of the damage is in the first pages, which have all structure.
                let room = if byte % 2 == 0 { damaged.len() } else { 200 };
                let at = place.index(room);
                damaged[at] = byte;
            }
            drop(packages(&damaged));
        }
    }
}
