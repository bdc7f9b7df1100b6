//! `airshed look`: the live page of any log, read-only.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::app::api::{Access, Api, Health};
use crate::app::page::PageMap;
use crate::app::support::http::Http;
use crate::app::support::log_reader::Which;
use crate::app::support::{Failure, cap, output, signals};
use crate::domain::Timestamp;
use crate::io::kafka::Stop;
use crate::wire::identity::Gate;

/// Arguments of `look`.
#[derive(Debug, clap::Args)]
pub(in crate::app) struct Args {
    #[command(flatten)]
    log: Which,
    /// The port on 127.0.0.1; without it, a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// The map: a file in the form of src/app/page/files/map.json, or none; without it, the built-in
    /// one of Beijing, Tianjin and Hebei.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// The folder of the profile of CAP messages [default: the built-in one].
    #[arg(long, value_name = "DIR")]
    cap_profile: Option<PathBuf>,
    /// Only print the address.
    #[arg(long)]
    no_browser: bool,
}

/// How often it looks whether it was asked to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(in crate::app) fn run(args: &Args) -> Result<(), Failure> {
    let log = args.log.place()?;
    let map = PageMap::of(args.map.as_deref().unwrap_or(Path::new("")))
        .map_err(|words| Failure::Usage(format!("--map: {words}")))?;
    let profile = cap::read_or_built_in(args.cap_profile.as_deref())?;
    // A log that cannot be opened ends it at once.
    drop(log.read()?);
    let stop = Stop::default();
    signals::listen(stop.clone())?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    // The limit is for strangers; here all requests are of the one who looks.
    let settings = Http { requests_per_s: 1_000_000, ..Http::default() };
    let api = Api::look(address, (&settings, profile, map), log.clone(), (health(), access()))
        .map_err(|error| Failure::Run(anyhow::Error::new(error)))?;
    let Some(address) = api.address() else { return Ok(()) };
    let page = format!("http://{address}/");
    output::print(&format!("{log} is shown at {page}\nCtrl-C ends it."))?;
    if !args.no_browser {
        open(&page);
    }
    while !stop.is_set() {
        std::thread::sleep(LOOK_EVERY);
    }
    drop(api);
    Ok(())
}

/// There is no engine: nothing can fail but the log, and nothing is measured.
fn health() -> Health {
    Health { metrics: Box::new(String::new), live: Box::new(|| true), ready: Box::new(|| Ok(())) }
}

/// Every program on this machine may read everything, as it may read the files.
fn access() -> Access {
    Access { gate: Gate::open(), key: None, now: Box::new(Timestamp::default) }
}

/// Opens the page where there is a screen. A browser that cannot be started is no error: the address
/// is printed.
fn open(page: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|it| std::env::var_os(it).is_some());
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ if has_screen => "xdg-open",
        _ => return,
    };
    let mut command = Command::new(program);
    command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Ok(mut started) = command.spawn() {
        let wait = move || drop(started.wait());
        drop(std::thread::Builder::new().name("browser".to_owned()).spawn(wait));
    }
}
