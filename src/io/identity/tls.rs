//! The settings of TLS from its files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use thiserror::Error;

use crate::wire::identity::TlsFiles;

/// A file of TLS that is refused.
#[derive(Debug, Error)]
#[error("{key}: {}: {problem}; {remedy}", path.display())]
pub struct TlsError {
    /// The key of the configuration that names the file.
    pub key: &'static str,
    /// Which file.
    pub path: PathBuf,
    /// What is wrong. The content of the file is not shown.
    pub problem: String,
    /// What would be right.
    pub remedy: &'static str,
}

/// What a server with these files speaks: TLS 1.2 and 1.3, and in it HTTP/2 or HTTP/1.1. With an
/// authority of clients, a client may show a certificate; one of another authority ends the
/// connection.
pub fn server_config(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = certificates("http.certificate", &files.certificate)?;
    let of_key = |problem: String| TlsError {
        key: "http.key",
        path: files.key.clone(),
        problem,
        remedy: "right is the unencrypted key, as PEM, of the first certificate of http.certificate",
    };
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|it| of_key(words(&it)))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| of_key(error.to_string()))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let of_clients = |problem: String| TlsError {
                key: "http.client_ca",
                path: path.clone(),
                problem,
                remedy: "right are the certificates, as PEM, of the authorities of clients",
            };
            let mut roots = RootCertStore::empty();
            for it in certificates("http.client_ca", path)? {
                roots.add(it).map_err(|error| of_clients(error.to_string()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            let verifier = verifier.allow_unauthenticated().build();
            builder
                .with_client_cert_verifier(verifier.map_err(|error| of_clients(error.to_string()))?)
        }
    };
    let config = builder.with_single_cert(chain, key);
    let mut config = config.map_err(|error| of_key(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The certificates of a PEM file, at least one. `key` is the setting that names the file.
pub fn certificates(
    key: &'static str,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refuse = |problem: String| TlsError {
        key,
        path: path.to_owned(),
        problem,
        remedy: "right is a file with certificates as PEM",
    };
    let found = CertificateDer::pem_file_iter(path).map_err(|it| refuse(words(&it)))?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|it| refuse(words(&it)))?;
    if found.is_empty() { Err(refuse("has no certificate".to_owned())) } else { Ok(found) }
}

/// What is wrong with a PEM file, without what stands in it.
fn words(error: &PemError) -> String {
    if let PemError::Io(error) = error {
        return format!("cannot be read: {error}");
    }
    "is no PEM, is cut off, or has no such part".to_owned()
}

#[cfg(test)]
mod tests;
