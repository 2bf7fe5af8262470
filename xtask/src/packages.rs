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

const WANTED: [Package; 6] = [
    Package { name: "chromium", sign: Sign::File("/usr/bin/chromium") },
    Package {
        name: "fonts-noto-cjk",
        sign: Sign::File("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    },
    // pdftotext and pdftoppm read back what a paper says and how it looks.
    Package { name: "poppler-utils", sign: Sign::Program("pdftotext") },
    // Tests start servers of their own (store::lab); they find the newest version by themselves.
    Package { name: "postgresql", sign: Sign::File("/usr/share/postgresql-common") },
    Package { name: "nodejs", sign: Sign::Program("node") },
    Package { name: "npm", sign: Sign::Program("npm") },
    // Makes of a database one that a later program has written.
    Package { name: "sqlite3", sign: Sign::Program("sqlite3") },
];

/// Installs what is missing; asks for nothing when nothing is.
pub fn ensure() -> Result<(), String> {
    let missing: Vec<_> =
        WANTED.iter().filter(|it| !it.is_there()).map(|package| package.name).collect();
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
