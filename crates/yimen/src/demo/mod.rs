//! `yimen demo`: the gateway, an identity provider, the departments' services and a catalogue, in one process and
//! without a network.

mod backends;
mod listeners;
mod personas;
mod provider;
mod registration;
mod sample;
mod state;
mod tour;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use axum::Router;
use domain::ItemId;
use identity::{DevelopmentIssuer, IssuerConfig, JwksSource};
use jiff::Timestamp;
use read_model::EntryStanding;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use self::backends::{Backend, BackendAddress, GatewayKeys};
use self::listeners::Listeners;
use self::personas::{ASSURANCE, AUDIENCE, REGION_CLAIM, Tokens};
pub use self::personas::{Persona, Variation, token};
use self::sample::{Sample, SampleDepartment, SampleItem};
pub use self::state::{State, issuer_key};
use self::tour::Tour;
use crate::cli::{DemoArgs, Sample as Chosen};
use crate::config::{Config, EventLog, Identity, Integrity, Listen, Log, LogFormat, Matching, Usage};
use crate::failure::Failure;
use crate::server::{self, Background, Bounds, Ended, Front, Service};
use crate::{data_dir, output};

/// The department of the clerk and the department reviewer.
const DESK: &str = "xihu-market";
/// An item of [`DESK`] whose service other districts offer, too.
const SHOWN_ITEM: &str = "SAMPLE-XHSJ-001";
/// How long the curator may take to place what the log holds: minutes where a large import went before.
const PLACING: Duration = Duration::from_secs(60 * 60);

/// Runs the demo until it is told to stop.
pub async fn run(args: DemoArgs) -> Result<Ended, Failure> {
    let stop = CancellationToken::new();
    server::cancel_on_signal(stop.clone())?;
    let home = Home::open(args.data_dir.as_deref())?;
    forget(args.ready_file.as_deref())?;
    let sample = Sample::hangzhou()?;
    let last = State::read(&home.path)?.unwrap_or_default();
    let (listeners, state) = Listeners::bind(&sample.departments, &last)?;
    state.write(&home.path)?;
    let issuer = DevelopmentIssuer::load_or_generate(state.issuer(), &issuer_key(&home.path))
        .map_err(|error| Failure::because("the development issuer has no key", &error))?;

    let own = CancellationToken::new();
    let _stops_with_us = own.clone().drop_guard();
    serve_beside(listeners.provider, provider::router(&issuer), &own);
    let service = Service::open(&config(&args, &home.path, &issuer)?, stop.clone()).await?;
    let origins = origins(&listeners.backends)?;
    let items = sample.items(&origins)?;
    let backends = serve_backends(&sample, &items, listeners.backends, &origins, &service, &own)?;
    let background = service.background();
    let running = tokio::spawn(service.run());

    let opening = async {
        // Whatever the sample, the demo's citizen has to have a channel to call through.
        registration::file_channel(&*background.store, &background.policy).await?;
        if args.sample == Chosen::Hangzhou {
            registration::register(&*background.store, &background.policy, &sample, items).await?;
        }
        background.settle(PLACING).await?;
        let tokens = Tokens::sign(&issuer, &sample.department(DESK)?.id(), Timestamp::now())?;
        let (public, admin) = (background.public_url.clone(), background.admin_url.clone());
        announce(&args, &home, &sample, &background, &Ready { public, admin, tokens, backends })
    };
    // Whoever changes their mind meanwhile doesn't wait for the sample.
    let opened = stop.run_until_cancelled(opening).await.unwrap_or(Ok(()));
    if opened.is_err() {
        stop.cancel();
    }
    let ended = running.await.map_err(|error| Failure::because("the gateway broke down", &error))?;
    opened.and(ended)
}

/// Says that all is ready: to people on standard output, to programs in the ready file.
fn announce(
    args: &DemoArgs,
    home: &Home,
    sample: &Sample,
    background: &Background,
    ready: &Ready,
) -> Result<(), Failure> {
    let tokens = ready.write_tokens(&home.path)?;
    let snapshot = background.read_model.snapshot();
    let desk = sample.department(DESK)?.id();
    let shown = SHOWN_ITEM.parse().ok().map(|code| ItemId::new(&desk, &code));
    let entry =
        shown.and_then(|item| snapshot.item(item)?.entry()).and_then(|entry| snapshot.live_entry(entry));
    let live = |standing: &&EntryStanding| matches!(standing, EntryStanding::Live(_));
    let entries = snapshot.entries().values().filter(live).count();
    let tour = Tour {
        public: &ready.public,
        admin: &ready.admin,
        data_dir: &home.path,
        temporary: home.temporary.is_some(),
        counts: [snapshot.departments().len(), snapshot.items().len(), entries],
        entry: entry.map(|entry| (entry.id, entry.name().default_text().to_owned())),
        tokens: &tokens,
    };
    output::say(&tour.text())?;
    match &args.ready_file {
        Some(path) => state::write_whole(path, ready),
        None => Ok(()),
    }
}

/// Removes what an earlier demo said: whoever waits for the file waits for this one.
fn forget(ready_file: Option<&Path>) -> Result<(), Failure> {
    match ready_file.map(fs::remove_file) {
        Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::because("the ready file can't be replaced", &error))
        }
        Some(Ok(()) | Err(_)) | None => Ok(()),
    }
}

/// The folder in which the demo keeps everything.
#[derive(Debug)]
struct Home {
    path: PathBuf,
    /// Removed when the demo ends.
    temporary: Option<tempfile::TempDir>,
}

impl Home {
    fn open(chosen: Option<&Path>) -> Result<Self, Failure> {
        match chosen {
            Some(path) => {
                let failed =
                    |error| Failure::because(format_args!("{} can't be used", path.display()), &error);
                data_dir::make(path).map_err(failed)?;
                Ok(Self { path: path.canonicalize().map_err(failed)?, temporary: None })
            }
            None => {
                let folder = tempfile::Builder::new().prefix("yimen-demo-").tempdir();
                let folder =
                    folder.map_err(|error| Failure::because("there is no temporary folder", &error))?;
                Ok(Self { path: folder.path().to_owned(), temporary: Some(folder) })
            }
        }
    }
}

/// What `--ready-file` says.
#[derive(Debug, Serialize)]
struct Ready {
    public: String,
    admin: String,
    tokens: Tokens,
    backends: Vec<BackendAddress>,
}

impl Ready {
    /// One file for each token, so that a command line stays short.
    fn write_tokens(&self, home: &Path) -> Result<PathBuf, Failure> {
        let folder = home.join("tokens");
        let failed = |error| Failure::because(format_args!("{} can't be written", folder.display()), &error);
        data_dir::make(&folder).map_err(failed)?;
        for (name, token) in self.tokens.named() {
            state::write_text(&folder.join(name), token)?;
        }
        Ok(folder)
    }
}

fn config(args: &DemoArgs, data_dir: &Path, issuer: &DevelopmentIssuer) -> Result<Config, Failure> {
    let keys = format!("{}/jwks.json", issuer.issuer());
    let keys =
        url::Url::parse(&keys).map_err(|error| Failure::because("the issuer has no address", &error))?;
    let trusted = IssuerConfig::new(issuer.issuer(), vec![AUDIENCE.to_owned()], JwksSource::Url(keys));
    Ok(Config {
        data_dir: data_dir.to_owned(),
        event_log: match &args.event_log {
            Some(address) => EventLog { address: address.clone(), ..EventLog::default() },
            None => EventLog::default(),
        },
        listen: Listen { public: args.public, admin: args.admin, ..Listen::default() },
        policy: domain::Policy::default(),
        identity: Identity::of(vec![trusted]),
        gateway: gateway::Settings {
            assurance: ASSURANCE.map(str::to_owned).to_vec(),
            region_claim: Some(REGION_CLAIM.to_owned()),
            // The departments' services are in this process.
            backends: gateway::BackendSettings {
                allowed_networks: gateway::Network::LOOPBACK.to_vec(),
                ..gateway::BackendSettings::default()
            },
            ..gateway::Settings::default()
        },
        usage: Usage::default(),
        traces: None,
        matching: Matching::default(),
        integrity: Integrity::default(),
        log: log(&args.log_filter),
    })
}

/// Logs of the demo, whose default filter is quieter than a server's: the tour is what people came for.
pub fn log(filter: &str) -> Log {
    Log { format: LogFormat::Auto, filter: filter.to_owned() }
}

fn origins(listeners: &[TcpListener]) -> Result<Vec<String>, Failure> {
    listeners
        .iter()
        .map(|listener| listener.local_addr().map(|address| format!("http://{address}")))
        .collect::<Result<_, _>>()
        .map_err(|error| Failure::because("a listener has no address", &error))
}

fn serve_backends(
    sample: &Sample,
    items: &[SampleItem],
    listeners: Vec<TcpListener>,
    origins: &[String],
    service: &Service,
    stop: &CancellationToken,
) -> Result<Vec<BackendAddress>, Failure> {
    let mut addresses = Vec::new();
    for (place, ((department, listener), origin)) in
        sample.departments.iter().zip(listeners).zip(origins).enumerate()
    {
        let audience =
            gateway::Department::new(&department.id(), department.name.clone()).audience().to_owned();
        let keys = GatewayKeys::new(service.signer(), audience)
            .map_err(|error| Failure::because("the gateway's keys can't be used", &error))?;
        serve_beside(listener, Backend::new(department.clone(), place, items, keys).router(), stop);
        addresses.push(BackendAddress {
            department: department.id().to_string(),
            name: department.name.default_text().to_owned(),
            url: origin.clone(),
        });
    }
    Ok(addresses)
}

/// Serves in the background for as long as the demo runs.
fn serve_beside(listener: TcpListener, router: Router, stop: &CancellationToken) {
    let bounds = Bounds { drain_timeout: Duration::from_secs(1), ..Bounds::from(&Listen::default()) };
    tokio::spawn(server::serve(
        listener,
        Front { calls: None, router, bounds, tls: None, workers: None },
        stop.clone(),
    ));
}

impl Sample {
    fn department(&self, slug: &str) -> Result<&SampleDepartment, Failure> {
        let found = self.departments.iter().find(|department| department.slug == slug);
        found.ok_or_else(|| Failure::new(format!("the sample has no department {slug}")))
    }
}
