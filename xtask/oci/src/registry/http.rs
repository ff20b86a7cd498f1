//! The HTTP client: `ureq` with `rustls`. It follows no redirect and sends a credential only where the caller puts one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ureq::SendBody;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::RegistryError;
use super::message::{Body, Method, Request, Response};

/// An answer larger than this is an error: manifests may have 4 MiB.
const BODY_MAX: u64 = 4 << 20;
/// How long a connection may take, and how long it may be silent.
const CONNECT: Duration = Duration::from_secs(20);
const SILENT: Duration = Duration::from_mins(1);

/// Where distributions keep the roots, by `SSL_CERT_FILE` first.
const ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

#[derive(Debug)]
pub(super) struct Http(ureq::Agent);

impl Http {
    /// Returns a client. `is_local` keeps the proxy of the environment out.
    pub(super) fn new(verify: bool, is_local: bool) -> Result<Self, RegistryError> {
        let roots = if is_local && !verify { Vec::new() } else { roots()? };
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .disable_verification(!verify)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let mut config = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("lapstrake/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(SILENT))
            .timeout_per_write(Some(SILENT))
            .timeout_recv_response(Some(2 * SILENT));
        if is_local {
            config = config.proxy(None);
        }
        Ok(Self(config.build().new_agent()))
    }

    pub(super) fn send(&self, request: &Request<'_>, body: Body<'_>) -> io::Result<Response> {
        let mut built = ureq::http::Request::builder().method(request.method.as_str()).uri(request.url);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        if let Some(secret) = request.authorization {
            built = built.header("authorization", secret.reveal());
        }
        let writes = matches!(request.method, Method::Post | Method::Patch | Method::Put);
        let length = match &body {
            Body::Empty => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Reader(_, length) => *length,
        };
        if writes {
            built = built.header("content-length", length);
        }
        let answer = match body {
            Body::Empty if writes => self.0.run(built.body(&[][..]).map_err(io::Error::other)?),
            Body::Empty => self.0.run(built.body(()).map_err(io::Error::other)?),
            Body::Bytes(bytes) => self.0.run(built.body(bytes).map_err(io::Error::other)?),
            Body::Reader(reader, length) => {
                let mut part = io::Read::take(reader, length);
                let body = SendBody::from_reader(&mut part);
                self.0.run(built.body(body).map_err(io::Error::other)?)
            }
        };
        let mut answer = answer.map_err(ureq::Error::into_io)?;
        let headers = answer
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        let headers = headers.collect();
        let body = answer.body_mut().with_config().limit(BODY_MAX).read_to_vec();
        let body = body.map_err(ureq::Error::into_io)?;
        Ok(Response { status: answer.status().as_u16(), headers, body })
    }
}

/// Reads the system's roots.
fn roots() -> Result<Vec<Certificate<'static>>, RegistryError> {
    let named = std::env::var("SSL_CERT_FILE").ok();
    let paths = named.as_deref().map_or(&ROOTS[..], |_| &[]).iter().copied();
    for path in named.as_deref().into_iter().chain(paths) {
        let pem = match std::fs::read(path) {
            Ok(pem) => pem,
            Err(source) if named.is_none() && source.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(RegistryError::Roots { path: path.into(), source }),
        };
        // A root that can't be parsed is left out, as by other clients: it can only make fewer hosts trusted.
        let found = parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        return Ok(found.collect());
    }
    Ok(Vec::new())
}
