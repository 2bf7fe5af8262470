//! The bare limit of PostgreSQL: `pgbench` with prepared statements, on tables of its own in the
//! same database, in the same run.

use super::{BenchError, Figures, POSTGRES_CASE, POSTGRES_PAGE, POSTGRES_SCHEMA};
use crate::lab;
use std::{fs, path::Path, process::Command, time::Duration};

/// The tables stand in a schema of their own, which goes afterwards.
const OWN: &str = "-c search_path=fengqiao_bare";

/// Rates of writing `operations` cases and of reading pages. `pgbench` tells an average and no 99th
/// percentile. `folder` is made for its scripts and goes afterwards.
pub fn measure(
    address: &str,
    folder: &Path,
    operations: u64,
    clients: u64,
) -> Result<(Figures, Figures), BenchError> {
    fs::create_dir_all(folder)?;
    let drop = "drop schema if exists fengqiao_bare cascade";
    psql(address, &format!("{drop}; create schema fengqiao_bare"))?;
    psql(address, POSTGRES_SCHEMA)?;
    let written = bench(address, folder, POSTGRES_CASE, operations, clients);
    let read = bench(address, folder, POSTGRES_PAGE, 40_000, clients);
    psql(address, drop)?;
    fs::remove_dir_all(folder)?;
    Ok((written?, read?))
}

fn bench(
    address: &str,
    folder: &Path,
    script: &str,
    operations: u64,
    clients: u64,
) -> Result<Figures, BenchError> {
    let file = folder.join("script.sql");
    fs::write(&file, script)?;
    let each = (operations / clients.max(1)).max(1);
    let mut command = program("pgbench")?;
    command.args(["-n", "-M", "prepared", "-c", &clients.to_string(), "-t", &each.to_string()]);
    command.arg("-f").arg(&file).arg(address).env("PGOPTIONS", OWN);
    let told = output(command)?;
    let figure = |name: &str| {
        let line = told.lines().find(|line| line.starts_with(name))?;
        line.split('=').nth(1)?.split_whitespace().next()?.parse::<f64>().ok()
    };
    let unread = || BenchError::Program(format!("pgbench 的输出读不懂：{told}"));
    let rate = figure("tps").ok_or_else(unread)?;
    let average = Duration::from_secs_f64(figure("latency average").unwrap_or(0.0) / 1e3);
    let operations = each * clients;
    let elapsed = Duration::from_secs_f64(operations as f64 / rate.max(1e-9));
    Ok(Figures { operations, elapsed, p50: average, p99: Duration::ZERO })
}

fn psql(address: &str, sql: &str) -> Result<(), BenchError> {
    let mut command = program("psql")?;
    command.args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-c", sql, address]).env("PGOPTIONS", OWN);
    output(command).map(|_| ())
}

fn output(mut command: Command) -> Result<String, BenchError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |words: String| BenchError::Program(format!("{name} 没有成功：{words}"));
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn program(name: &str) -> Result<Command, BenchError> {
    let folder = lab::programs().map_err(|error| BenchError::Program(error.to_string()))?;
    Ok(Command::new(folder.join(name)))
}
