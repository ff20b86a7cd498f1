//! Files that are downloaded, from a server of the test.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lapstrake::entry::{File, Packages, Repository};
use lapstrake::{Base, Image, Layer};
use lapstrake_oci::Digest;

use super::engine::present;
use super::equivalence;
use super::workshop::Workshop;
use crate::inputs::{FetchError, fetch};
use crate::support::explain::Explain;

const CONTENT: &[u8] = b"a program\n";

/// A server of one file, `/file`, and of a redirect to it, until the process ends.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut request, mut byte) = (Vec::new(), [0]);
                while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                    request.push(byte[0]);
                }
                let request = String::from_utf8(request).unwrap();
                assert!(!request.to_lowercase().contains("authorization"), "{request}");
                count.fetch_add(1, Ordering::SeqCst);
                let (status, body) = match request.split(' ').nth(1).unwrap() {
                    "/file" | "/[file]" => ("200 OK", CONTENT),
                    "/moved" => ("302 Found\r\nLocation: /file", &b""[..]),
                    "/away" => ("302 Found\r\nLocation: file:///etc/passwd", &b""[..]),
                    _ => ("404 Not Found", &b"no\n"[..]),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(body).unwrap();
            }
        });
        Self { address, requests }
    }

    fn image(&self, path: &str, content: &[u8]) -> Image {
        let file = File::fetched(
            format!("{}{path}", self.address),
            Digest::of(content).to_string(),
            "/usr/bin/tool",
        );
        Image::new("fetched", Base::stand_in()).layer(Layer::new("l").with(file.mode(0o755)))
    }

    /// Downloads the files of an image into a workshop's cache.
    fn fetch(
        &self,
        workshop: &Workshop,
        path: &str,
        content: &[u8],
        offline: bool,
    ) -> Result<(), FetchError> {
        let plan = workshop.planned(&self.image(path, content));
        fetch(plan.layers[0].fetched(), workshop.cache.blobs(), offline, &workshop.progress)
    }
}

#[test]
fn a_file_is_downloaded_once_and_then_taken_from_the_cache() {
    if !present(&["curl"]) {
        return;
    }
    let (server, workshop) = (Server::start(), Workshop::stand_in());
    for offline in [false, false, true] {
        server.fetch(&workshop, "/file", CONTENT, offline).unwrap();
    }
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    let blobs = workshop.cache.blobs();
    assert_eq!(blobs.read(&Digest::of(CONTENT), CONTENT.len() as u64).unwrap(), CONTENT);
    std::fs::write(blobs.path(&Digest::of(CONTENT)), "damaged").unwrap();
    server.fetch(&workshop, "/file", CONTENT, false).unwrap();
    assert_eq!(server.requests.load(Ordering::SeqCst), 2, "damaged bytes are downloaded again");
}

#[test]
fn a_redirect_is_followed_and_brackets_are_no_pattern() {
    if present(&["curl"]) {
        let server = Server::start();
        server.fetch(&Workshop::stand_in(), "/moved", CONTENT, false).unwrap();
        server.fetch(&Workshop::stand_in(), "/[file]", CONTENT, false).unwrap();
    }
}

#[test]
fn another_content_is_refused_with_its_digest_and_not_kept() {
    if !present(&["curl"]) {
        return;
    }
    let (server, workshop) = (Server::start(), Workshop::stand_in());
    let error = server.fetch(&workshop, "/file", b"other", false).unwrap_err();
    let (found, expected) = (Digest::of(CONTENT), Digest::of(b"other"));
    let message = format!("`{}/file` has the digest `{found}`, and not `{expected}`", server.address);
    assert_eq!(error.to_string(), message);
    assert_eq!(error.help().unwrap(), format!("write \"{found}\" if that is the file that you want"));
    assert_eq!(error.site().unwrap().file(), file!());
    assert_eq!((workshop.cache.blobs().size(&found), workshop.cache.blobs().size(&expected)), (None, None));
}

#[test]
fn what_the_server_does_not_have_or_sends_elsewhere_is_an_error() {
    if !present(&["curl"]) {
        return;
    }
    let server = Server::start();
    let error = server.fetch(&Workshop::stand_in(), "/none", b"no\n", false).unwrap_err();
    assert!(error.to_string().contains("404"), "{error}");
    let passwd = std::fs::read("/etc/passwd").unwrap();
    let error = server.fetch(&Workshop::stand_in(), "/away", &passwd, false).unwrap_err();
    assert!(matches!(error, FetchError::Failed { .. }), "{error}");
}

#[test]
fn offline_nothing_is_downloaded() {
    let server = Server::start();
    let error = server.fetch(&Workshop::stand_in(), "/file", CONTENT, true).unwrap_err();
    assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    assert_eq!(error.help().as_deref(), Some("build once without `--offline`"));
}

#[test]
fn the_context_has_the_bytes() {
    if present(&["podman", "skopeo", "curl", "busybox"]) {
        let server = Server::start();
        equivalence::compare(&Workshop::hostile(), &server.image("/file", CONTENT));
    }
}

#[test]
fn a_repo_file_and_a_key_that_are_downloaded_are_read_by_the_transaction() {
    let workshop = Workshop::stand_in();
    let digest = Digest::of(CONTENT).to_string();
    let image = |packages: Packages| {
        Image::new("repositories", Base::stand_in()).layer(Layer::new("l").with(packages))
    };
    let file = || Repository::file_at("https://rpms.example/el10/vendor.repo", digest.clone());
    let keyed = Repository::new("keyed", "https://rpms.example/el10");
    let keyed = keyed.gpg_key_at("https://rpms.example/key", digest.clone());
    let packages = Packages::install(["a"]).repository(file().kept()).repository(keyed);
    let plan = workshop.plan(&image(packages)).0.unwrap();
    let layer = &plan.layers[0];
    let context: Vec<_> = layer.context.iter().filter(|(_, file)| file.file().is_some()).collect();
    let from = |path: &str| {
        let found = context.iter().find(|(at, _)| at.ends_with(path)).unwrap();
        format!("{:?}", found.1.file().unwrap().from)
    };
    assert!(from("repos/vendor.repo").contains("https://rpms.example/el10/vendor.repo"));
    assert!(from("keys/keyed").contains("https://rpms.example/key"));
    assert!(from("repos/keyed.repo").contains("gpgkey=file://"));
    assert!(layer.members.keys().any(|path| path.as_str() == "/etc/yum.repos.d/vendor.repo"));
    // The kept file, and both in the context.
    assert_eq!(layer.fetched().count(), 3);

    let (_, findings) = workshop.plan(&image(Packages::install(["a"]).repository(file().unsigned())));
    let message =
        "repository `vendor` has `.unsigned()`, and its `.repo` file states what checks its packages";
    assert!(findings.iter().any(|finding| finding.message == message), "{findings:#?}");
    let other = Repository::file_at("https://rpms.example/el10/", digest.clone());
    let (_, findings) = workshop.plan(&image(Packages::install(["a"]).repository(other)));
    let message = "does not end with the name of a `.repo` file";
    assert!(findings.iter().any(|finding| finding.message.contains(message)), "{findings:#?}");
}
