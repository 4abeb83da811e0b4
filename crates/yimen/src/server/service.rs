//! The gateway put together: log, read model, curator, identity, APIs and data plane, on two listeners.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use api::{App, Freshness};
use curator::Curator;
use domain::Policy;
use domain::revocation::RevocationStanding;
use event_store::{EventStore, Position, StoreError};
use gateway::{Gateway, PublicScheme, Traces};
use identity::{AssertionSigner, Clock, KeyRingFile, PseudonymSecret, Revocations, Verifier, VerifierConfig};
use jiff::Timestamp;
use read_model::{ReadModel, SnapshotFile, StartError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::attendant::Calls;
use super::bounds::Bounds;
use super::call_counts::CallCounts;
use super::connections::{Ended, Front, serve};
use super::readiness::{Readiness, with_readiness};
use super::tls::Certificate;
use super::workers::Workers;
use super::{anchors, listener, metrics, revocations, routes, traces};
use crate::config::Config;
use crate::data_dir;
use crate::event_log::EventLog;
use crate::failure::{Failure, reasons};

/// How often the keys of assertions are looked at, for `yimen keys rotate` may have added one.
const KEYS_READ_AGAIN: Duration = Duration::from_secs(2);
/// How long the background may take to end when everything else has.
const BACKGROUND_END: Duration = Duration::from_secs(10);

/// A gateway that is ready to run.
#[derive(Debug)]
pub struct Service {
    log: EventLog,
    background: Background,
    signer: Arc<AssertionSigner>,
    public: Door,
    admin: Door,
    tokens: Tokens,
    tasks: TaskTracker,
    ready: Readiness,
    traces: Option<Arc<traces::Sender>>,
}

/// A listener and what it serves.
#[derive(Debug)]
struct Door {
    listener: TcpListener,
    front: Front,
}

/// What ends what.
#[derive(Debug)]
struct Tokens {
    /// Ends what takes requests.
    stop: CancellationToken,
    /// Ends what works behind them, afterwards.
    end: CancellationToken,
}

/// What works behind the listeners, for those who have something to do with it.
#[derive(Debug, Clone)]
pub struct Background {
    /// The event log.
    pub store: Arc<dyn EventStore>,
    /// What readers ask.
    pub read_model: ReadModel,
    /// The city's rules.
    pub policy: Arc<Policy>,
    /// The public listener, as a client on this host reaches it.
    pub public_url: String,
    /// The admin listener, likewise.
    pub admin_url: String,
    placed: watch::Receiver<Position>,
    routed: watch::Receiver<Position>,
}

impl Service {
    /// Listens, opens the log, replays it, and puts everything together; inside a Tokio runtime.
    ///
    /// Takes requests only once it [runs](Self::run). `stop` ends that.
    pub async fn open(config: &Config, stop: CancellationToken) -> Result<Self, Failure> {
        // First what fails for the most common reason: somebody else has the port.
        let public = listener::bind(config.listen.public)?;
        let admin = listener::bind(config.listen.admin)?;
        let tls = config.listen.tls.clone().map(Certificate::open).transpose()?;
        let scheme = if tls.is_some() { PublicScheme::Https } else { PublicScheme::Http };
        let (public_url, admin_url) = (url(scheme, &public)?, url(PublicScheme::Http, &admin)?);
        let reached_at = reached_at(config.listen.public_url.as_ref(), &public_url)?;
        let issuer = config.listen.public_url.as_ref().map_or_else(|| public_url.clone(), spelling);
        let metrics = metrics::recorder()?;
        let log = EventLog::open(&config.event_log, &config.data_dir).await?;
        let store = log.store();
        let policy = Arc::new(config.rules());
        let end = CancellationToken::new();
        let tasks = TaskTracker::new();

        let options = read_model::Options {
            search_dir: Some(data_dir::search_dir(&config.data_dir)),
            snapshot: NonZeroU64::new(config.event_log.snapshot_every)
                .map(|every| SnapshotFile { path: data_dir::snapshot_file(&config.data_dir), every }),
            stop: end.clone(),
        };
        let (read_model, follower) =
            ReadModel::start(Arc::clone(&store), options).await.map_err(|error| match error {
                StartError::Store(StoreError::Corrupt { .. }) if matches!(log, EventLog::Embedded(_)) => {
                    data_dir::damaged(&data_dir::log_file(&config.data_dir), &error)
                }
                StartError::Store(StoreError::Corrupt { .. } | StoreError::Unavailable { .. })
                | StartError::Search(_)
                | StartError::Fold(_) => Failure::because("the read model can't be started", &error),
            })?;
        tasks.spawn(follower);
        let curator =
            Curator::new(Arc::clone(&store), read_model.clone(), Arc::clone(&policy), Timestamp::now)
                .with_words(config.matching.lexicon()?);
        let placed = curator.progress();
        tasks.spawn(curator.clone().run(end.clone()));
        let freshness = Freshness::now();
        let following = freshness.clone().follow(Arc::clone(&store), read_model.clone());
        tasks.spawn(end.clone().run_until_cancelled_owned(following));
        let (routes, routed, follower) = routes::follow(&read_model);
        tasks.spawn(end.clone().run_until_cancelled_owned(follower));

        let revoked = revocation_list(config, &read_model)?;
        tasks.spawn(end.clone().run_until_cancelled_owned(revocations::follow(&read_model, revoked.clone())));
        let callers = verifier(config.identity.verifier(), &revoked, &tasks, &end).await?;
        let callers = Arc::new(callers.reached_at(&reached_at));
        let staff = match config.identity.staff_verifier() {
            Some(staff) => Arc::new(verifier(staff, &revoked, &tasks, &end).await?),
            None => Arc::clone(&callers),
        };
        let keys = KeyRingFile::new(config.identity.assertion_key(&config.data_dir));
        let signer = Arc::new(signer(config, issuer, &keys)?);
        tasks.spawn(end.clone().run_until_cancelled_owned(signer.follow(keys, KEYS_READ_AGAIN)));
        let unanchored = Arc::new(AtomicBool::new(false));
        let anchoring = anchors::keep(
            Arc::clone(&store),
            Arc::clone(&signer),
            &config.integrity,
            end.clone(),
            Arc::clone(&unanchored),
        );
        tasks.spawn(anchoring);
        let mut settings = config.gateway.clone();
        if tls.is_some() {
            settings.public_scheme = PublicScheme::Https;
        }
        let workers = Workers::for_every_processor()?;
        let count = workers.count();
        let gateway =
            Gateway::for_workers(count, settings, routes, callers, Arc::clone(&signer), Clock::system())
                .map_err(|error| Failure::config(format!("gateway: {}", reasons(&error))))?;
        let app =
            App::new(Arc::clone(&store), read_model.clone(), staff, Arc::clone(&policy), Clock::system())
                .with_curator(&curator)
                .with_anchoring(unanchored)
                .with_bound(freshness.clone(), config.event_log.max_behind)
                .with_call_path(routes::call_path(gateway.clone()));
        tasks.spawn(end.clone().run_until_cancelled_owned(gateway.clone().keep_probing()));
        let counts = CallCounts::new(gateway.clone(), Arc::clone(&store), Arc::clone(&policy), &config.usage);
        tasks.spawn(counts.keep(end.clone()));
        let ready = Readiness::default();
        let traces = config.traces.as_ref().map(traces::Sender::start).transpose()?;
        if let (Some(sender), Some(settings)) = (&traces, &config.traces) {
            let sender = Arc::clone(sender);
            gateway.trace(Traces::new(settings.one_in, move |span| sender.take(span)));
        }
        let calls = gateway.clone();
        let show_metrics = move || metrics.render() + &calls.metrics();
        let admin_router = with_readiness(api::admin_router(app.clone(), show_metrics), ready.clone());
        let background = Background { store, read_model, policy, public_url, admin_url, placed, routed };
        let bounds = Bounds {
            trusted_proxies: config.gateway.trusted_proxies.clone(),
            ..Bounds::from(&config.listen)
        };
        let tls_config = tls.as_ref().map(Certificate::config).transpose()?;
        if let Some(certificate) = tls {
            tasks.spawn(end.clone().run_until_cancelled_owned(certificate.keep_fresh()));
        }
        let router = freshness.told_by(api::router(app)).merge(gateway::router(gateway.clone()));
        let public_front = Front {
            calls: Some(Calls { gateway, freshness }),
            router,
            bounds: bounds.clone(),
            tls: tls_config,
            workers: Some(workers),
        };
        let admin_front = Front { calls: None, router: admin_router, bounds, tls: None, workers: None };
        Ok(Self {
            log,
            background,
            signer,
            public: Door { listener: public, front: public_front },
            admin: Door { listener: admin, front: admin_front },
            tokens: Tokens { stop, end },
            tasks,
            ready,
            traces,
        })
    }

    /// What works behind the listeners.
    pub fn background(&self) -> Background {
        self.background.clone()
    }

    /// Who vouches for callers.
    pub fn signer(&self) -> Arc<AssertionSigner> {
        Arc::clone(&self.signer)
    }

    /// Takes requests until it is told to stop, then ends in order: readiness off, calls in flight finish, what works
    /// behind them ends, the log is closed.
    pub async fn run(self) -> Result<Ended, Failure> {
        let Self { log, background, public, admin, tokens, tasks, ready, traces, signer: _ } = self;
        let Tokens { stop, end } = tokens;
        // Health can be asked for until the last call is through.
        let admin = tokio::spawn(serve(admin.listener, admin.front, end.clone()));
        ready.set(true);
        tracing::info!(public = background.public_url, admin = background.admin_url, "ready");
        let off = {
            let (stop, ready) = (stop.clone(), ready.clone());
            async move {
                stop.cancelled().await;
                ready.set(false);
            }
        };
        let (ended, ()) = tokio::join!(serve(public.listener, public.front, stop), off);
        if let Ended::Cut(busy) = ended {
            tracing::warn!(busy, "connections were cut: the time to finish was up");
        }
        end.cancel();
        tasks.close();
        if tokio::time::timeout(BACKGROUND_END, tasks.wait()).await.is_err() {
            tracing::warn!("the background didn't end in time");
        }
        drop(background);
        if let Some(traces) = traces
            && let Err(error) = tokio::task::spawn_blocking(move || traces.finish()).await
        {
            tracing::error!(%error, "sending the last traces panicked");
        }
        log.close().await;
        admin.abort();
        tracing::info!("stopped");
        Ok(ended)
    }
}

impl Background {
    /// Waits until everything that is in the log now is placed, can be found and can be called.
    pub async fn settle(&self, patience: Duration) -> Result<(), Failure> {
        let settled = async {
            let head = self.head().await?;
            let mut placed = self.placed.clone();
            let gone = || Failure::new("the curator has ended");
            placed.wait_for(|position| *position >= head).await.map_err(|_| gone())?;
            // What the curator wrote meanwhile is the last that has to be seen.
            let head = self.head().await?;
            let mut routed = self.routed.clone();
            routed.wait_for(|position| *position >= head).await.map_err(|_| gone())?;
            self.read_model
                .at_least_search(head, patience)
                .await
                .map_err(|error| Failure::because("search doesn't catch up", &error))
        };
        match tokio::time::timeout(patience, settled).await {
            Ok(outcome) => outcome,
            Err(_) => {
                Err(Failure::new(format!("the catalogue was not complete within {} s", patience.as_secs())))
            }
        }
    }

    async fn head(&self) -> Result<Position, Failure> {
        self.store.head().await.map_err(|error| Failure::because("the event log can't be read", &error))
    }
}

async fn verifier(
    config: VerifierConfig,
    revoked: &Revocations,
    tasks: &TaskTracker,
    end: &CancellationToken,
) -> Result<Verifier, Failure> {
    let verifier = Verifier::open(config, Clock::system())
        .await
        .map_err(|error| Failure::config(format!("identity: {}", reasons(&error))))?
        .with_revocations(revoked.clone());
    tasks.spawn(end.clone().run_until_cancelled_owned(verifier.keep_keys_fresh()));
    Ok(verifier)
}

fn signer(config: &Config, issuer: String, keys: &KeyRingFile) -> Result<AssertionSigner, Failure> {
    let ring = keys
        .load_or_generate()
        .map_err(|error| Failure::config(format!("identity.assertion_key_file: {}", reasons(&error))))?;
    Ok(AssertionSigner::new(issuer, secret(config)?, ring))
}

/// What is revoked, empty until the log has been followed. A missing secret is made only where the log holds nothing that
/// another secret would let back in.
fn revocation_list(config: &Config, read_model: &ReadModel) -> Result<Revocations, Failure> {
    let path = config.identity.pseudonym_secret(&config.data_dir);
    let missing = matches!(path.try_exists(), Ok(false));
    let snapshot = read_model.snapshot();
    if missing && snapshot.revocations().values().any(|view| view.standing == RevocationStanding::InForce) {
        return Err(Failure::config(format!(
            "identity.pseudonym_secret_file {}: it is missing, and the log holds revocations that only it can enforce",
            path.display()
        )));
    }
    Ok(Revocations::new(secret(config)?, config.identity.issuer_names().map(str::to_owned)))
}

fn secret(config: &Config) -> Result<PseudonymSecret, Failure> {
    PseudonymSecret::load_or_generate(&config.identity.pseudonym_secret(&config.data_dir))
        .map_err(|error| Failure::config(format!("identity.pseudonym_secret_file: {}", reasons(&error))))
}

fn url(scheme: PublicScheme, listener: &TcpListener) -> Result<String, Failure> {
    let address =
        listener.local_addr().map_err(|error| Failure::because("a listener has no address", &error))?;
    Ok(listener::local_url(scheme, address))
}

/// What clients write in front of a path, where they prove something about a request to us.
fn reached_at(configured: Option<&Url>, listener: &str) -> Result<Url, Failure> {
    let own = || listener.parse().map_err(|error| Failure::because("a listener has no address", &error));
    configured.cloned().map_or_else(own, Ok)
}

/// An address as issuers are compared: without the slash that `Url` adds to a bare host.
fn spelling(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
