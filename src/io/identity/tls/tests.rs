//! A server and its clients in memory, and wrong files.

use std::fs;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConnection};

use super::*;
use crate::wire::identity::Fingerprint;

/// The keys are for these tests alone; their authorities have none any more.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/io/identity/tls/files").join(name)
}

fn files(client_ca: Option<&str>) -> TlsFiles {
    let client_ca = client_ca.map(file);
    TlsFiles { certificate: file("server.pem"), key: file("server.key"), client_ca }
}

/// Speaks with a server in memory; gives back what the server knows of the client.
fn handshake(
    server: Arc<ServerConfig>,
    client: Option<&str>,
    protocol: &[u8],
) -> Result<(Option<Fingerprint>, Vec<u8>), rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(certificates("ca", &file("ca.pem")).unwrap().remove(0)).unwrap();
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match client {
        None => builder.with_no_client_auth(),
        Some(name) => {
            let chain = certificates("client", &file(&format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let mut client: Connection = ClientConnection::new(Arc::new(config), name).unwrap().into();
    let mut server: Connection = ServerConnection::new(server).unwrap().into();
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() {
        carry(&mut client, &mut server)?;
        carry(&mut server, &mut client)?;
    }
    let shown = server.peer_certificates().and_then(|it| it.first());
    Ok((shown.map(|it| Fingerprint::of(it)), server.alpn_protocol().unwrap_or_default().to_vec()))
}

fn carry(from: &mut Connection, to: &mut Connection) -> Result<(), rustls::Error> {
    let mut bytes = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut bytes).unwrap();
    }
    let mut bytes = &bytes[..];
    while !bytes.is_empty() {
        to.read_tls(&mut bytes).unwrap();
        to.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn a_client_is_known_by_its_whole_certificate() {
    let server = server_config(&files(Some("ca.pem"))).unwrap();
    let der = certificates("client", &file("client.pem")).unwrap().remove(0);
    let (shown, protocol) = handshake(Arc::clone(&server), Some("client"), b"h2").unwrap();
    assert_eq!((shown, &*protocol), (Some(Fingerprint::of(&der)), &b"h2"[..]));
    let (shown, protocol) = handshake(Arc::clone(&server), None, b"http/1.1").unwrap();
    assert_eq!((shown, &*protocol), (None, &b"http/1.1"[..]));
    assert!(handshake(server, Some("other"), b"h2").is_err());
    // Without an authority of clients none is asked for.
    let server = server_config(&files(None)).unwrap();
    assert_eq!(handshake(server, Some("client"), b"h2").unwrap().0, None);
}

#[test]
fn a_wrong_file_is_refused_by_its_key_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let key = fs::read_to_string(file("server.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    fs::write(path("empty"), "").unwrap();
    fs::write(path("cut"), &key[..key.len() / 2]).unwrap();
    fs::write(path("spoilt"), key.replace('M', "!")).unwrap();
    let check = |change: &dyn Fn(&mut TlsFiles, PathBuf), files_of: &[(&str, &str)]| {
        for (name, key) in files_of {
            let mut files = files(Some("ca.pem"));
            let from = if path(name).exists() { path(name) } else { file(name) };
            change(&mut files, from.clone());
            let words = server_config(&files).unwrap_err().to_string();
            let place = format!("{key}: {}: ", from.display());
            assert!(
                words.starts_with(&place) && words.contains("; right is")
                    || words.contains("; right are"),
                "{words}"
            );
            assert!(!words.contains(secret), "{words}");
        }
    };
    let certificate: &dyn Fn(&mut TlsFiles, PathBuf) = &|it, path| it.certificate = path;
    check(certificate, &[("missing", "http.certificate"), ("empty", "http.certificate")]);
    check(certificate, &[("server.key", "http.certificate"), ("cut", "http.certificate")]);
    let own: &dyn Fn(&mut TlsFiles, PathBuf) = &|it, path| it.key = path;
    check(own, &[("missing", "http.key"), ("empty", "http.key"), ("cut", "http.key")]);
    check(own, &[("spoilt", "http.key"), ("client.key", "http.key"), ("ca.pem", "http.key")]);
    let clients: &dyn Fn(&mut TlsFiles, PathBuf) = &|it, path| it.client_ca = Some(path);
    check(clients, &[("missing", "http.client_ca"), ("server.key", "http.client_ca")]);
}
