//! `fengqiao serve`.

use super::{Common, config, config::Config, say};
use crate::{
    app::{App, Trouble, open_desk, read_house},
    serve, vault,
};
use std::process::ExitCode;

/// What `serve` is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// 监听地址
    #[arg(long)]
    listen: Option<String>,
    /// 公众访问本平台的地址，印在证件和文书的二维码里，如 https://sf.example.gov.cn
    #[arg(long)]
    public_address: Option<String>,
}

/// Runs the server until it is told to stop.
pub async fn run(arguments: Arguments) -> Result<ExitCode, Trouble> {
    let config = Config::read(&arguments.common, arguments.listen, &config::environment())?
        .reached_at(arguments.public_address.as_deref())?;
    let house = read_house(config.businesses.as_deref())?;
    let desk = open_desk(&config, house).await?;
    let accounts = super::demo::accounts_of(&config.data);
    let app = App::archiving(desk, &config.data, accounts, config.archive.clone());
    if let Some(public) = &config.public_address {
        app.reach_at(public);
    }
    let (listener, address) = serve::bind(&config.listen).await?;
    tokio::spawn(vault::care::watch(app.clone(), config));
    say(&serde_json::json!({ "ready": format!("http://{address}") }).to_string());
    serve::serve(app, listener).await?;
    Ok(ExitCode::SUCCESS)
}
