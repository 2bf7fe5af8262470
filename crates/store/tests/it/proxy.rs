//! A way to the database on which the end of a commit gets lost.

use crate::world::Directory;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
};

/// What happens to a commit on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives, and the connection is gone.
    CutBefore,
    /// It is done, and the connection is gone before the answer.
    CutAfter,
    /// It is done, and no answer ever comes.
    SilentAfter,
}

pub const FAULTS: [Fault; 3] = [Fault::CutBefore, Fault::CutAfter, Fault::SilentAfter];
const SOCKET: &str = ".s.PGSQL.5432";

/// Carries every byte between its own socket and the server's.
pub struct Proxy {
    directory: Directory,
    fault: Arc<Mutex<Option<Fault>>>,
}

impl Proxy {
    pub fn start(server: &Path) -> Self {
        let (directory, fault) = (Directory::new(), Arc::new(Mutex::new(None)));
        std::fs::create_dir_all(&*directory).unwrap();
        let listener = UnixListener::bind(directory.join(SOCKET)).unwrap();
        let (server, faults) = (server.join(SOCKET), fault.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), faults.clone()));
            }
        });
        Self { directory, fault }
    }

    pub fn through(&self, address: &str) -> String {
        store::lab::address(&[&self.directory], address.rsplit('/').next().unwrap())
    }

    pub fn next_commit(&self, fault: Fault) {
        *self.fault.lock().unwrap() = Some(fault);
    }

    pub fn is_spent(&self) -> bool {
        self.fault.lock().unwrap().is_none()
    }
}

async fn carry(client: UnixStream, server: PathBuf, faults: Arc<Mutex<Option<Fault>>>) {
    let server = UnixStream::connect(server).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let muted = Arc::new(AtomicBool::new(false));
    let quiet = muted.clone();
    let back = tokio::spawn(async move {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_server.read(&mut bytes).await {
            if !quiet.load(Ordering::SeqCst) {
                let _ = to_client.write_all(&bytes[..length]).await;
            }
        }
    });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
        let sent = &bytes[..length];
        let is_commit = sent.windows(7).any(|part| part == b"commit\0");
        let fault = if is_commit { faults.lock().unwrap().take() } else { None };
        match fault {
            Some(Fault::CutBefore) => break,
            Some(after) => {
                muted.store(true, Ordering::SeqCst);
                to_server.write_all(sent).await.unwrap();
                let wait = if after == Fault::CutAfter { 200 } else { 5_000 };
                tokio::time::sleep(Duration::from_millis(wait)).await;
                break;
            }
            None => to_server.write_all(sent).await.unwrap(),
        }
    }
    back.abort();
}
