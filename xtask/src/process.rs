//! Starting other programs in the tree: always visible, always checked.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::root;

/// The cargo that started us, else the one on the path. It is not told which package we are: build
/// scripts look at that, and what is built above them would be built again.
pub fn cargo(args: &[&str]) -> Command {
    let mut cargo = command(&env::var("CARGO").unwrap_or_else(|_| "cargo".into()), args);
    let ours = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars().filter(|(name, _)| ours(name)) {
        cargo.env_remove(name);
    }
    cargo
}

/// A program that will run in the root of the tree.
pub fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// Runs to the end with our own output; anything but success is an error that names the program.
pub fn run(mut command: Command) -> Result<(), String> {
    let name = shown(&command);
    println!("$ {name}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{name}` ended with {status}")),
        Err(error) => Err(format!("`{name}` did not start: {error}")),
    }
}

/// Where a release build of the product stands.
pub fn binary() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(target).join("release/fengqiao")
}

/// Builds the product as `demo` does, so that what is proved is what is shown.
pub fn build() -> Result<(), String> {
    run(cargo(&["build", "--release", "-p", "server", "--bin", "fengqiao"]))
}

/// Whether a program answers on the path.
pub fn on_path(program: &str) -> bool {
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

fn shown(command: &Command) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    parts.map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
