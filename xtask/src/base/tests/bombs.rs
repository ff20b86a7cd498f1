//! Small bases that want much memory or time. Each is opened in a process of its own, which may take 512 MiB and
//! 60 seconds of a processor.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use lapstrake::TransportRef;
use serde_json::{Value, json};
use tar::EntryType;

use super::fixture::{Place, Tar, header, open, told};
use crate::base::{Cache, Elf};
use crate::support::progress::Progress;
use lapstrake_oci::Digest;

const MEMORY_MAX: u64 = 512 << 20;
const TIME_MAX: Duration = Duration::from_mins(1);
const LAYOUT: &str = "LAPSTRAKE_TEST_BOMB";
const CHILD: &str = "base::tests::bombs::child";
const MANY: &str = "is more than an image of this size may have in members, names or content";

/// Opens the base that the environment names, and prints what came of it and the most memory that was resident.
#[test]
#[ignore = "runs in a process of its own"]
fn child() {
    let Ok(root) = std::env::var(LAYOUT) else { return };
    let root = Utf8PathBuf::from(root);
    // A bomb that explodes must not take the machine with it.
    let limit = rustix::process::Rlimit { current: Some(4 << 30), maximum: Some(4 << 30) };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).unwrap();
    let cache = Cache::at(&root.join("cache"), &Progress::silent()).unwrap();
    let location = TransportRef::Oci { dir: root.join("layout"), tag: None };
    let opened = open(&location, None, None, &cache);
    let message =
        opened.as_ref().map_or_else(|error| told(error), |base| format!("{} paths", base.index.tree().len()));
    // A second build reads the index that was kept.
    drop(opened.is_ok().then(|| open(&location, None, None, &cache).unwrap()));
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    // proc_pid_stat(5) has the time in user mode and in the kernel in fields 14 and 15, in hundredths of a second.
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
    let hundredths: u64 = fields.skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    println!("\nRESULT {peak}\t{hundredths}\t{}", message.escape_debug());
}

/// Opens the base in a process of its own, and returns what came of it.
fn opened(place: &Place) -> String {
    let began = Instant::now();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(LAYOUT, place.root())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        // Other tests use the processors too.
        if began.elapsed() > 5 * TIME_MAX {
            child.kill().unwrap();
            panic!("it took more than {:?}", 5 * TIME_MAX);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let result =
        output.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap_or_else(|| panic!("{output}"));
    let (peak, message) = result.split_once('\t').unwrap();
    let peak: u64 = peak.strip_suffix(" kB").unwrap().parse().unwrap();
    let (hundredths, message) = message.split_once('\t').unwrap();
    let time = Duration::from_millis(10 * hundredths.parse::<u64>().unwrap());
    eprintln!("{} MiB, {time:?}: {message}", peak >> 10);
    assert!(peak << 10 <= MEMORY_MAX, "it took {} MiB: {message}", peak >> 10);
    assert!(time <= TIME_MAX, "it took {time:?}: {message}");
    message.to_owned()
}

/// A base of one layer, of which the tar is written by `write`.
fn layer(write: impl FnOnce(&mut dyn Write)) -> Place {
    layers(vec![Box::new(write)])
}

type Writer<'a> = Box<dyn FnOnce(&mut dyn Write) + 'a>;

fn layers(writers: Vec<Writer<'_>>) -> Place {
    let place = Place::new();
    let mut made = place.make(&[]);
    let (mut layers, mut diff_ids) = (Vec::new(), Vec::new());
    for write in writers {
        let mut tar = lapstrake_oci::HashingWriter::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        write(&mut tar);
        tar.write_all(&[0; 1024]).unwrap();
        let (encoder, diff_id, _) = tar.finish();
        let mut layer = place.put(&encoder.finish().unwrap());
        layer["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+zstd");
        layers.push(layer);
        diff_ids.push(diff_id);
    }
    made.manifest["layers"] = json!(layers);
    made.config["rootfs"]["diff_ids"] = json!(diff_ids);
    place.list(&[place.image(made)]);
    place
}

fn member(tar: &mut dyn Write, name: &str, kind: EntryType, link: &str, content: &[u8]) {
    let header = header(name.as_bytes(), kind, link, 0o644, content.len() as u64);
    tar.write_all(header.as_bytes()).unwrap();
    tar.write_all(content).unwrap();
    tar.write_all(&vec![0; content.len().next_multiple_of(512) - content.len()]).unwrap();
}

fn long(tar: &mut dyn Write, name: &str) {
    tar.write_all(&Tar::new().pax(&[("path", name.as_bytes())]).cut()).unwrap();
    member(tar, "short", EntryType::Regular, "", b"");
}

#[test]
fn one_text_with_many_names_is_kept_once() {
    let place = layer(|tar| {
        member(tar, "usr/lib/systemd/system/a.service", EntryType::Regular, "", &vec![b'#'; 1 << 20]);
        for number in 0..20_000 {
            let name = format!("usr/lib/systemd/system/{number}.service");
            member(tar, &name, EntryType::Link, "usr/lib/systemd/system/a.service", b"");
        }
    });
    assert_eq!(opened(&place), "20006 paths");
}

#[test]
fn texts_of_all_layers_have_one_budget() {
    let text = |number: u32| -> Writer<'static> {
        Box::new(move |tar| {
            for file in 0..16 {
                let name = format!("usr/lib/systemd/system/{number}-{file}.service");
                member(tar, &name, EntryType::Regular, "", &vec![b'#'; 1 << 20]);
            }
        })
    };
    let message = opened(&layers((0..8).map(text).collect()));
    assert!(
        message.contains("more texts, symbol versions and files than an image of its size may have"),
        "{message}"
    );
}

/// Of an image of ostree, the texts of objects are dropped that have no name that is read.
#[test]
fn objects_without_a_name_that_is_read_keep_no_text() {
    let objects = |number: u32| -> Writer<'static> {
        Box::new(move |tar| {
            for file in 0..12 {
                let name = format!("sysroot/ostree/repo/objects/{number:02}/{file}.file");
                member(tar, &name, EntryType::Regular, "", &vec![b'#'; 1 << 20]);
            }
        })
    };
    assert_eq!(opened(&layers((0..6).map(objects).collect())), "83 paths");
}

/// An ELF file that needs one library of 4,095 letters so many times.
fn elf(count: usize) -> Vec<u8> {
    let strings = [&[0], vec![b'n'; 4095].as_slice(), &[0]].concat();
    let entry = [1_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat();
    let dynamic = [entry.repeat(count), vec![0; 16]].concat();
    let (strings_at, dynamic_at) = (64, 64 + strings.len().next_multiple_of(8));
    let sections_at = dynamic_at + dynamic.len();
    let section = |kind: u32, at: usize, size: usize, link: u32, entry: u64| {
        let mut section = Vec::new();
        section.extend([0, kind].iter().flat_map(|word| word.to_le_bytes()));
        section.extend([0, 0, at as u64, size as u64].iter().flat_map(|word| word.to_le_bytes()));
        section.extend([link, 0].iter().flat_map(|word| word.to_le_bytes()));
        section.extend([1, entry].iter().flat_map(|word| word.to_le_bytes()));
        section
    };
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([3_u16, 62].iter().flat_map(|half| half.to_le_bytes()));
    file.extend(1_u32.to_le_bytes());
    file.extend([0, 0, sections_at as u64].iter().flat_map(|word| word.to_le_bytes()));
    file.extend(0_u32.to_le_bytes());
    file.extend([64_u16, 56, 0, 64, 3, 1].iter().flat_map(|half| half.to_le_bytes()));
    file.resize(strings_at, 0);
    file.extend(&strings);
    file.resize(dynamic_at, 0);
    file.extend(&dynamic);
    file.extend(section(0, 0, 0, 0, 0));
    file.extend(section(3, strings_at, strings.len(), 0, 0));
    file.extend(section(6, dynamic_at, dynamic.len(), 1, 16));
    file
}

#[test]
fn a_program_with_more_names_than_any_has_is_not_kept() {
    assert_eq!(Elf::parse(&elf(200)).unwrap().needed.len(), 200);
    assert_eq!(Elf::parse(&elf(65_000)), None, "266 MB of names");
    let place = layer(|tar| {
        for number in 0..4 {
            member(tar, &format!("usr/lib/{number}.so"), EntryType::Regular, "", &elf(65_000));
            member(tar, &format!("usr/bin/{number}"), EntryType::Link, &format!("usr/lib/{number}.so"), b"");
        }
    });
    assert_eq!(opened(&place), "12 paths");
}

#[test]
fn extended_headers_have_a_limit_for_each_member() {
    let place = layer(|tar| {
        for _ in 0..40 {
            let value = vec![b'x'; 900 << 10];
            tar.write_all(&Tar::new().pax(&[("SCHILY.xattr.user.x", &value)]).cut()).unwrap();
        }
        member(tar, "x", EntryType::Regular, "", b"");
    });
    assert!(opened(&place).contains("the extended headers before its first member have"));
}

#[test]
fn small_xattrs_of_many_members_are_not_kept() {
    let records: Vec<_> =
        (0..20_000).map(|number| (format!("SCHILY.xattr.user.{number}"), b"x".as_slice())).collect();
    let records: Vec<_> = records.iter().map(|(key, value)| (key.as_str(), *value)).collect();
    let pax = Tar::new().pax(&records).cut();
    let place = layer(|tar| {
        for number in 0..20 {
            tar.write_all(&pax).unwrap();
            member(tar, &number.to_string(), EntryType::Regular, "", b"");
        }
    });
    assert_eq!(opened(&place), "21 paths");
}

#[test]
fn parents_that_no_member_states_are_paths_too() {
    let below = "d/".repeat(120);
    let place = layer(|tar| {
        for number in 0..3500 {
            long(tar, &format!("{number}/{below}f"));
        }
    });
    let message = opened(&place);
    assert!(message.contains("is one path too many: at most 400000 are supported"), "{message}");
}

#[test]
fn members_are_limited_in_number_and_length_of_names() {
    let place = layer(|tar| {
        for number in 0..100_000 {
            member(tar, &format!("{number}"), EntryType::Symlink, "x", b"");
        }
    });
    assert_eq!(opened(&place), "100001 paths");
    let name = ["n".repeat(250).as_str(); 16].join("/");
    let place = layer(|tar| {
        for number in 0..16_000 {
            long(tar, &format!("{number}/{name}"));
        }
    });
    let message = opened(&place);
    assert!(message.contains(MANY), "{message}");
}

#[test]
fn members_with_one_name_are_counted_each() {
    let place = layer(|tar| {
        let one = header(&[b'n'; 100], EntryType::Symlink, &"l".repeat(100), 0o644, 0);
        for _ in 0..212_000 {
            tar.write_all(one.as_bytes()).unwrap();
        }
    });
    assert!(opened(&place).contains(MANY));
}

#[test]
fn chains_of_links_end() {
    let place = layer(|tar| {
        for number in 0..20_000 {
            member(tar, &format!("{number:05}"), EntryType::Link, &format!("{:05}", number + 1), b"");
        }
        member(tar, "20000", EntryType::Regular, "", b"");
    });
    assert!(opened(&place).contains("which does not exist"));
    let place = layer(|tar| {
        for number in 0..20_000 {
            member(
                tar,
                &format!("{number}"),
                EntryType::Symlink,
                &format!("{}/../a/../{}", number + 1, number + 2),
                b"",
            );
        }
        member(tar, "etc/os-release", EntryType::Symlink, "../0", b"");
    });
    assert_eq!(opened(&place), "20003 paths");
}

#[test]
fn content_that_is_much_larger_than_its_layer_is_refused_at_its_header() {
    let place = layer(|tar| {
        for number in 0..3 {
            let header = header(number.to_string().as_bytes(), EntryType::Regular, "", 0o644, 5 << 30);
            tar.write_all(header.as_bytes()).unwrap();
        }
    });
    assert!(opened(&place).contains(MANY));
}

/// A good image with another config.
fn config(text: &str) -> Place {
    let place = Place::new();
    let mut made = place.make(&[Tar::new().file("a", "1").end()]);
    let mut config = place.put(text.as_bytes());
    config["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    made.manifest["config"] = config;
    place.list(&[place.image(made)]);
    place
}

#[test]
fn documents_are_limited_in_depth_and_values() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(opened(&config(&deep)).contains("is not a valid OCI document"));
    for text in ["[0,", "[{\"a\":0},", "[[],"] {
        let (first, rest) = text.split_at(1);
        let wide = format!("{first}{}0]", rest.repeat((8 << 20) / rest.len() - 10));
        let message = opened(&config(&wide));
        assert!(message.contains("values; the limit is 200000"), "{message}");
    }
    let objects = format!("[{}0]", "{\"a\":0},".repeat(99_000));
    assert!(opened(&config(&objects)).contains("bootc does not install on"));
}

#[test]
fn manifests_and_indexes_are_limited_in_size_and_layers() {
    let large = |path: Utf8PathBuf| File::create(path).unwrap().set_len(100 << 20).unwrap();
    let place = Place::new();
    let digest = Digest::of(b"large");
    large(place.blob(&digest));
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    place.list(&[json!({ "mediaType": manifest, "digest": digest, "size": 100 << 20 })]);
    assert!(opened(&place).contains("has 104857600 bytes; the limit is"));
    large(place.layout().join("index.json"));
    assert!(opened(&place).contains("has more than the limit of"));

    let place = Place::new();
    let mut made = place.make(&[Tar::new().end()]);
    let one: Value = made.manifest["layers"][0].clone();
    made.config["rootfs"]["diff_ids"] = json!(vec![made.config["rootfs"]["diff_ids"][0].clone(); 501]);
    made.manifest["layers"] = json!(vec![one; 501]);
    place.list(&[place.image(made)]);
    assert!(opened(&place).contains("has 501 layers; podman and overlayfs take at most 500"));
}

#[test]
fn a_fifo_or_a_device_in_the_place_of_a_file_is_refused_at_once() {
    let fifo = |path: &Utf8PathBuf| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let zero = |path: &Utf8PathBuf| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    for put in [fifo as fn(&Utf8PathBuf), zero] {
        let place = Place::with_layers(&[Tar::new().end()]);
        let layer = place.blob(&Digest::of(&Tar::new().end()));
        for (path, expected) in [
            (place.layout().join("index.json"), "it is not a regular file"),
            (place.layout().join("oci-layout"), "it is not a regular file"),
            (layer, "is missing"),
        ] {
            let kept = fs::read(&path).unwrap();
            fs::remove_file(&path).unwrap();
            put(&path);
            let message = opened(&place);
            assert!(message.contains(expected), "{message}");
            fs::remove_file(&path).unwrap();
            fs::write(&path, kept).unwrap();
        }
    }
}
