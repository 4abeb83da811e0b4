//! One node: a port, and what listens there while the node runs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tower::ServiceExt;

use crate::cluster::Shared;
use crate::service;

/// How often a node's port is asked for again, every 10 ms.
const PATIENCE: u32 = 500;

/// Ends the connection that a request came by.
#[derive(Debug, Clone)]
pub(crate) struct Connection(pub(crate) CancellationToken);

#[derive(Debug)]
pub(crate) struct Node {
    address: SocketAddr,
    running: Mutex<Option<CancellationToken>>,
}

impl Node {
    /// A port that is free now.
    pub(crate) async fn reserve() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self { address: listener.local_addr()?, running: Mutex::default() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) async fn start(&self, number: usize, shared: Arc<Shared>) -> io::Result<()> {
        let mut listener = listen(self.address);
        // Who listened there before may not be gone yet.
        for _ in 0..PATIENCE {
            if listener.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            listener = listen(self.address);
        }
        let listener = listener?;
        let stop = CancellationToken::new();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(accept(listener, number, shared, stop)));
        Ok(())
    }

    pub(crate) fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stop) = running {
            stop.cancel();
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(128)
}

async fn accept(listener: TcpListener, number: usize, shared: Arc<Shared>, stop: CancellationToken) {
    let tls = shared.options.tls.clone().map(TlsAcceptor::from);
    let routes = service::routes(number, &shared);
    while let Ok((stream, _)) = listener.accept().await {
        shared.connections.fetch_add(1, Ordering::SeqCst);
        let (routes, tls, end) = (routes.clone(), tls.clone(), stop.child_token());
        tokio::spawn(async move {
            match tls {
                None => serve(stream, routes, end).await,
                // A client that doesn't like the certificate, or brings none, is gone.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, routes, end).await;
                    }
                }
            }
        });
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    routes: Routes,
    end: CancellationToken,
) {
    let connection = Connection(end.clone());
    let service = service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(connection.clone());
        routes.clone().oneshot(request.map(tonic::body::boxed))
    });
    let serving = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service);
    // A connection that broke is the client's affair.
    let _ended = end.run_until_cancelled(serving).await;
}
