//! The rows of one table in a file of `SQLite` (<https://www.sqlite.org/fileformat.html>). The tree of the table is walked
//! once, and nothing else is read.

use std::cell::Cell;

use super::DatabaseError;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// The header of the file, before the tree on the first page.
const FILE_HEADER: usize = 100;
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
/// No tree is deeper.
const DEPTH_MAX: usize = 20;
/// The columns of the table of all tables that have the name of a table and the page of its root.
const NAME: usize = 1;
const ROOT: usize = 3;

type Row<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), DatabaseError>;

/// Reads the blobs in a column of a table, in the order of its rows.
pub(super) fn rows(bytes: &[u8], table: &str, column: usize, row: Row<'_>) -> Result<(), DatabaseError> {
    let file = File::of(bytes).ok_or(DatabaseError::Format)?;
    let mut root = None;
    file.walk(1, &mut |payload| {
        if value(payload, NAME) == Some(table.as_bytes()) {
            root = root.or(value(payload, ROOT)
                .map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))));
        }
        Ok(())
    })?;
    let root = root.ok_or(DatabaseError::Table)?;
    file.walk(root, &mut |payload| row(value(payload, column).ok_or(DatabaseError::Page(root))?))
}

struct File<'a> {
    bytes: &'a [u8],
    page: usize,
    /// The bytes of a page without those that are reserved at its end.
    usable: usize,
    /// How many bytes of rows may still be read: no two rows share a byte.
    left: Cell<usize>,
}

/// A number of one to nine bytes, and the bytes after it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((number << 8 | u64::from(*byte), &bytes[9..]));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

/// Returns the bytes of a column of a row.
fn value(payload: &[u8], column: usize) -> Option<&[u8]> {
    let (length, rest) = varint(payload)?;
    let length = usize::try_from(length).ok()?;
    let mut kinds = payload.get(payload.len() - rest.len()..length)?;
    let mut at = length;
    for number in 0.. {
        let (kind, rest) = varint(kinds)?;
        kinds = rest;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            // A blob is even, a text is odd.
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let end = at.checked_add(size)?;
        if number == column {
            return payload.get(at..end);
        }
        at = end;
    }
    None
}

impl<'a> File<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(MAGIC) {
            return None;
        }
        let page = match u16::from_be_bytes(*bytes.get(16..)?.first_chunk()?) {
            1 => 1 << 16,
            page => usize::from(page),
        };
        let usable = page.checked_sub(usize::from(*bytes.get(20)?))?;
        // The least that SQLite takes.
        (page.is_power_of_two() && page >= 512 && usable >= 480).then(|| {
            let left = Cell::new(bytes.len());
            Self { bytes, page, usable, left }
        })
    }

    /// Returns the bytes of a page; the first page is number 1.
    fn page(&self, number: u32) -> Result<&'a [u8], DatabaseError> {
        let start =
            usize::try_from(number).ok().and_then(|number| number.checked_sub(1)?.checked_mul(self.page));
        let page = start.and_then(|start| self.bytes.get(start..start.checked_add(self.page)?));
        page.ok_or(DatabaseError::Page(number))
    }

    /// Calls `row` with the payload of each row of a table, by the page of its root.
    fn walk(&self, root: u32, row: Row<'_>) -> Result<(), DatabaseError> {
        // A page has one parent, so a tree has no more pages than the file.
        let mut left = self.bytes.len() / self.page;
        self.walk_page(root, 0, &mut left, row)
    }

    fn walk_page(
        &self,
        number: u32,
        depth: usize,
        left: &mut usize,
        row: Row<'_>,
    ) -> Result<(), DatabaseError> {
        let damaged = || DatabaseError::Page(number);
        let page = self.page(number)?;
        *left = left.checked_sub(1).filter(|_| depth < DEPTH_MAX).ok_or_else(damaged)?;
        let header = if number == 1 { FILE_HEADER } else { 0 };
        let byte = |at: usize| page.get(at).copied().ok_or_else(damaged);
        let word = |at: usize| Ok(usize::from(byte(at)?) << 8 | usize::from(byte(at + 1)?));
        let kind = byte(header)?;
        let is_interior = kind == INTERIOR;
        if !is_interior && kind != LEAF {
            return Err(damaged());
        }
        let cells = header + if is_interior { 12 } else { 8 };
        for cell in 0..word(header + 3)? {
            let cell = page.get(word(cells + 2 * cell)?..self.usable).ok_or_else(damaged)?;
            if is_interior {
                let child = u32::from_be_bytes(*cell.first_chunk().ok_or_else(damaged)?);
                self.walk_page(child, depth + 1, left, row)?;
            } else {
                row(&self.payload(cell).ok_or_else(damaged)?)?;
            }
        }
        if is_interior {
            let last = page.get(header + 8..).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
            self.walk_page(u32::from_be_bytes(*last), depth + 1, left, row)?;
        }
        Ok(())
    }

    /// Returns the payload of a cell of a leaf, with what is on overflow pages.
    fn payload(&self, cell: &[u8]) -> Option<Vec<u8>> {
        let (size, rest) = varint(cell)?;
        let (_, rest) = varint(rest)?;
        let size = usize::try_from(size).ok()?;
        self.left.set(self.left.get().checked_sub(size)?);
        let most = self.usable - 35;
        let local = if size <= most {
            size
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let local = least + (size - least) % (self.usable - 4);
            if local <= most { local } else { least }
        };
        let mut payload = rest.get(..local)?.to_vec();
        let mut next =
            rest.get(local..).and_then(<[u8]>::first_chunk).map(|bytes| u32::from_be_bytes(*bytes));
        while payload.len() < size {
            let page = self.page(next?).ok()?;
            let (following, content) = page.get(..self.usable)?.split_first_chunk()?;
            payload.extend_from_slice(&content[..content.len().min(size - payload.len())]);
            next = Some(u32::from_be_bytes(*following));
        }
        Some(payload)
    }
}
