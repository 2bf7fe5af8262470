//! The way to a server: a socket, and on it TLS as the address asks for it, in libpq's words.
//!
//! What the driver can do of this itself tells neither why a certificate was refused nor what a
//! pooler is, so the bytes are ours up to the first message of the protocol.

use crate::seam::{Secured, StoreError};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, TcpStream, UnixStream, lookup_host},
};
use tokio_postgres::config::Host;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
        SignatureScheme,
        client::{
            danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
            verify_server_cert_signed_by_trust_anchor, verify_server_name,
        },
        crypto::{
            WebPkiSupportedAlgorithms, ring::default_provider, verify_tls12_signature,
            verify_tls13_signature,
        },
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
        server::ParsedCertificate,
    },
};

/// What a client sends to ask for TLS: eight bytes, the number 80877103.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// The modes, weakest first.
pub(super) const MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

/// Bytes to and from a server.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// Whether and how a server is asked for TLS.
#[derive(Clone)]
pub(super) struct Tls {
    mode: &'static str,
    roots: Option<PathBuf>,
    config: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Reads `sslmode` and `sslrootcert`, and the certificates that the latter names.
    pub(super) fn read(mode: Option<&str>, roots: Option<&str>) -> Result<Self, StoreError> {
        let refuse = |words: String| Err(StoreError::Failed(words));
        let mode = mode.unwrap_or("prefer");
        let Some(mode) = MODES.into_iter().find(|known| *known == mode) else {
            return refuse(format!(
                "数据库地址里的 sslmode={mode} 不认识，可用的有 {}",
                MODES.join("、")
            ));
        };
        match (mode, roots) {
            ("verify-ca" | "verify-full", None) => refuse(format!(
                "sslmode={mode} 要核对数据库的证书，请再写 sslrootcert=签发它的 CA 证书文件（PEM 格式）"
            )),
            ("disable" | "prefer", Some(_)) => refuse(format!(
                "写了 sslrootcert，但是 sslmode={mode} 不核对证书，请写 sslmode=verify-full（连主机名一起核对）或者 verify-ca"
            )),
            ("disable", None) => Ok(Self { mode, roots: None, config: None }),
            (_, roots) => {
                let roots = roots.map(PathBuf::from);
                let store = roots.as_deref().map(certificates).transpose()?;
                let config = Some(Arc::new(config(store, mode == "verify-full")?));
                Ok(Self { mode, roots, config })
            }
        }
    }

    /// The same, as the programs of PostgreSQL read it from their surroundings.
    pub(super) fn surroundings(&self) -> Vec<(&'static str, String)> {
        let mut words = vec![("PGSSLMODE", self.mode.to_owned())];
        if let Some(file) = &self.roots {
            words.push(("PGSSLROOTCERT", file.display().to_string()));
        }
        words
    }

    /// A way to this host, or why there is none.
    pub(super) async fn way(
        &self,
        host: &Host,
        port: u16,
    ) -> Result<(Box<dyn Wire>, Secured), String> {
        let name = match host {
            Host::Tcp(name) => name,
            #[cfg(unix)]
            Host::Unix(folder) => {
                let stream = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await;
                let stream = stream.map_err(|error| why_no_socket(&error))?;
                return Ok((Box::new(stream), Secured::Local));
            }
        };
        let stream = dial(name, port).await?;
        let there = stream.peer_addr().is_ok_and(|address| address.ip().is_loopback());
        let bare = if there { Secured::Local } else { Secured::Open };
        let Some(config) = &self.config else { return Ok((Box::new(stream), bare)) };
        match self.handshake(stream, name, config).await {
            Ok(Ok(stream)) => {
                let known = self.roots.is_some();
                Ok((Box::new(stream), Secured::Encrypted { known }))
            }
            Ok(Err(stream)) if self.mode == "prefer" => Ok((Box::new(stream), bare)),
            Ok(Err(_)) => Err(format!(
                "没有开启加密，而地址里写了 sslmode={}：请在数据库打开 ssl（连接池是 client_tls_sslmode），网络可信的写 sslmode=prefer",
                self.mode
            )),
            // As libpq does: what would rather be encrypted goes on without.
            Err(Broken::Handshake(_)) if self.mode == "prefer" => {
                Ok((Box::new(dial(name, port).await?), bare))
            }
            Err(broken) => Err(self.why(&broken, name)),
        }
    }

    /// The stream encrypted, or as it was where the server has no TLS.
    async fn handshake(
        &self,
        mut stream: TcpStream,
        name: &str,
        config: &Arc<ClientConfig>,
    ) -> Result<Result<TlsStream<TcpStream>, TcpStream>, Broken> {
        stream.write_all(&REQUEST).await.map_err(Broken::Way)?;
        match stream.read_u8().await.map_err(Broken::Way)? {
            b'S' => {}
            b'N' => return Ok(Err(stream)),
            _ => return Err(Broken::Stranger),
        }
        let name = ServerName::try_from(name.to_owned()).map_err(|_| Broken::Name)?;
        let secured = TlsConnector::from(config.clone()).connect(name, stream).await;
        secured.map(Ok).map_err(Broken::Handshake)
    }

    fn why(&self, broken: &Broken, host: &str) -> String {
        let error = match broken {
            Broken::Way(error) => return why_no_way(error),
            Broken::Stranger => return "这个端口上的不是 PostgreSQL".to_owned(),
            Broken::Name => return format!("“{host}”不能作证书上的主机名"),
            Broken::Handshake(error) => error,
        };
        let roots = self.roots.as_deref().unwrap_or(Path::new("")).display();
        let told = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        match told {
            Some(Error::InvalidCertificate(wrong)) => match wrong {
                CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
                    "的证书不是 {roots} 里的 CA 签发的：请核对 sslrootcert 和数据库的证书，可能连到了别的机器"
                ),
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => format!(
                    "的证书不是发给 {host} 的（看证书的 subjectAltName，不看 CN）：请按证书上的主机名写地址，或者重签证书；只核对 CA 的写 sslmode=verify-ca"
                ),
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    "的证书过期了：请换证书，并核对本机的时钟".to_owned()
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    "的证书还没有生效：请核对本机的时钟".to_owned()
                }
                other if format!("{other:?}").contains("CaUsedAsEndEntity") => {
                    "的证书是 CA 证书本身：请用这个 CA 另签一张服务器证书（CA:FALSE）".to_owned()
                }
                other => format!("的证书不能用（{other}）"),
            },
            _ => format!("加密没有谈成（{error}）"),
        }
    }
}

/// Why there is no TLS.
enum Broken {
    Way(io::Error),
    /// What answers there does not speak the protocol.
    Stranger,
    Name,
    Handshake(io::Error),
}

/// The first address of the host that answers.
async fn dial(host: &str, port: u16) -> Result<TcpStream, String> {
    let found = lookup_host((host, port)).await;
    let found = found.map_err(|_| "找不到这个主机名".to_owned())?;
    let mut last = "找不到这个主机名".to_owned();
    for address in found {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let connected = async {
            let socket = socket?;
            socket.set_keepalive(true)?;
            socket.set_nodelay(true)?;
            socket.connect(address).await
        };
        match connected.await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = why_no_way(&error),
        }
    }
    Err(last)
}

fn why_no_socket(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "没有数据库在这个目录里".to_owned(),
        _ => why_no_way(error),
    }
}

/// Why a connection cannot be had or was lost, for the operator.
pub(super) fn why_no_way(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "没有数据库在这个端口上".to_owned(),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => "断开了".to_owned(),
        _ => error.to_string(),
    }
}

fn certificates(file: &Path) -> Result<RootCertStore, StoreError> {
    let refuse = |why: &str| StoreError::Failed(format!("sslrootcert={} {why}", file.display()));
    let text = std::fs::read(file).map_err(|error| refuse(&format!("读不了（{error}）")))?;
    let none = "里没有可用的证书，应是 PEM 格式的 CA 证书（-----BEGIN CERTIFICATE-----）";
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|_| refuse(none))?;
        roots.add(certificate).map_err(|_| refuse(none))?;
    }
    if roots.is_empty() { Err(refuse(none)) } else { Ok(roots) }
}

fn config(roots: Option<RootCertStore>, name: bool) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| StoreError::Failed(error.to_string()))?;
    let checks = Arc::new(Checks { roots, name, algorithms });
    Ok(builder.dangerous().with_custom_certificate_verifier(checks).with_no_client_auth())
}

/// What is looked at in a certificate: who signed it and for whom, as far as it was asked for; in
/// any case whether the server has its key.
struct Checks {
    roots: Option<RootCertStore>,
    name: bool,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Checks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checks")
    }
}

impl ServerCertVerifier for Checks {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(roots) = &self.roots {
            let read = ParsedCertificate::try_from(certificate)?;
            let all = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&read, roots, others, now, all)?;
            if self.name {
                verify_server_name(&read, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
