//! What there is to play: the audio files of one directory, by name.

use std::fs;
use std::io;
use std::path::Path;

const AUDIO: [&str; 3] = ["flac", "ogg", "opus"];

/// The names of the audio files, sorted; a library that is not there yet is empty.
pub fn tracks(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut tracks = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if AUDIO.iter().any(|ending| Path::new(&name).extension().is_some_and(|own| own == *ending)) {
            tracks.push(name);
        }
    }
    tracks.sort();
    Ok(tracks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_listed_by_name_and_nothing_else_is() {
        let directory = std::env::temp_dir().join(format!("mediad-{}", std::process::id()));
        assert_eq!(tracks(&directory).unwrap(), [""; 0]);
        fs::create_dir(&directory).unwrap();
        for name in ["b.ogg", "a.flac", "cover.png", "ogg"] {
            fs::write(directory.join(name), "").unwrap();
        }
        assert_eq!(tracks(&directory).unwrap(), ["a.flac", "b.ogg"]);
        fs::remove_dir_all(directory).unwrap();
    }
}
