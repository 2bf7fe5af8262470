//! What the tests need of the machine, brought from Debian's packages when it is missing.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{command, on_path, run};

/// A Debian package and the program or file whose presence means that it need not be installed.
struct Package {
    name: &'static str,
    sign: Sign,
}

enum Sign {
    Program(&'static str),
    File(&'static str),
}

const WANTED: [Package; 10] = [
    Package { name: "chromium", sign: Sign::File("/usr/bin/chromium") },
    Package {
        name: "fonts-noto-cjk",
        sign: Sign::File("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    },
    // pdftotext and pdftoppm read back what a paper says and how it looks.
    Package { name: "poppler-utils", sign: Sign::Program("pdftotext") },
    // Opens every Word file and says what is in it and on how many pages; 35 seconds to install.
    Package { name: "libreoffice-writer-nogui", sign: Sign::Program("soffice") },
    // Tests start servers of their own (store::lab); they find the newest version by themselves.
    Package { name: "postgresql", sign: Sign::File("/usr/share/postgresql-common") },
    // A pooler before such a server, and certificates for one.
    Package { name: "pgbouncer", sign: Sign::File("/usr/sbin/pgbouncer") },
    Package { name: "openssl", sign: Sign::Program("openssl") },
    Package { name: "nodejs", sign: Sign::Program("node") },
    Package { name: "npm", sign: Sign::Program("npm") },
    // Makes of a database one that a later program has written.
    Package { name: "sqlite3", sign: Sign::Program("sqlite3") },
];

/// What the failover laboratory needs beside them: hosts on one machine, the keeper of the cluster's
/// truth, the database, and the driver by which Patroni speaks to it.
const LABORATORY: [Package; 6] = [
    Package { name: "iproute2", sign: Sign::File("/usr/sbin/ip") },
    Package { name: "nftables", sign: Sign::File("/usr/sbin/nft") },
    Package { name: "etcd-server", sign: Sign::Program("etcd") },
    Package { name: "postgresql", sign: Sign::File("/usr/share/postgresql-common") },
    Package {
        name: "python3-psycopg2",
        sign: Sign::File("/usr/lib/python3/dist-packages/psycopg2/__init__.py"),
    },
    Package { name: "python3-venv", sign: Sign::File("/usr/share/doc/python3-venv") },
];

/// Installs what the tests miss.
pub fn ensure() -> Result<(), String> {
    bring(&WANTED)
}

/// Installs what the failover laboratory misses.
pub fn ensure_laboratory() -> Result<(), String> {
    bring(&LABORATORY)
}

/// Installs what is missing; asks for nothing when nothing is.
fn bring(wanted: &[Package]) -> Result<(), String> {
    let missing: Vec<_> =
        wanted.iter().filter(|it| !it.is_there()).map(|package| package.name).collect();
    if missing.is_empty() {
        println!("everything is there");
        return Ok(());
    }
    if !on_path("apt-get") {
        return Err(format!("please install {}: there is no apt-get here", missing.join(", ")));
    }
    run(apt_get(&["update"])?)?;
    let install = ["install", "-y", "--no-install-recommends"];
    run(apt_get(&[&install[..], &missing[..]].concat())?)
}

impl Package {
    fn is_there(&self) -> bool {
        match self.sign {
            Sign::Program(name) => on_path(name),
            Sign::File(path) => Path::new(path).exists(),
        }
    }
}

fn apt_get(args: &[&str]) -> Result<Command, String> {
    let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"];
    let args = [&quiet[..], args].concat();
    if is_root() {
        return Ok(command("env", &args));
    }
    if on_path("sudo") {
        return Ok(command("sudo", &[&["env"], &args[..]].concat()));
    }
    Err("installing packages needs root or sudo".into())
}

/// The effective user of this process, as the kernel tells it.
pub fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    user.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}
