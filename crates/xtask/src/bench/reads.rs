//! Catalogue reads per CPU-second, beside nginx serving the same bytes as static files.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::demo::Demo;
use super::load::MakeRequest;
use super::nginx::Nginx;
use super::{load, median, process};

const CONNECTIONS: usize = 32;
/// `养老`, percent-encoded.
const SEARCH: &str = "/catalogue/v1/entries?q=%E5%85%BB%E8%80%81&limit=20";
const FILTERED: &str = "/catalogue/v1/entries?region=330106&kind=01&limit=20";

/// An entry, a filtered list and a search of the sample catalogue.
pub(super) fn run(duration: Duration, runs: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let demo = Demo::start(folder.path(), "hangzhou")?;
    let list = get(demo.address()?, FILTERED)?;
    let first: Value = serde_json::from_slice(&list).map_err(|error| error.to_string())?;
    let id = first["items"][0]["id"].as_str().ok_or("the sample has an entry in that list")?;
    let entry = format!("/catalogue/v1/entries/{id}");
    let reads = [("entry", entry.as_str()), ("filtered list", FILTERED), ("search", SEARCH)];
    let mut files = Vec::new();
    for (name, (_, path)) in ["entry.json", "list.json", "search.json"].into_iter().zip(reads) {
        files.push((name, get(demo.address()?, path)?));
    }
    let nginx = Nginx::start(folder.path(), &files)?;
    if nginx.is_none() {
        println!("reads: nginx is missing, so there is no peer; install it (Debian: nginx-light)");
    }
    println!("reads: {CONNECTIONS} connections, answers per CPU-second of the server");
    for ((what, path), (file, bytes)) in reads.into_iter().zip(&files) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            ours.push(per_cpu_second(demo.address()?, demo.pid(), path, duration)?);
            if let Some(nginx) = &nginx {
                theirs.push(per_cpu_second(&nginx.address, nginx.pid(), &format!("/{file}"), duration)?);
            }
        }
        let (ours, theirs) = (median(ours), median(theirs));
        println!(
            "  {what:<14} {:>7} bytes  Yimen {ours:>9.0}  nginx {theirs:>9.0}  ratio {:>5.2}",
            bytes.len(),
            ours / theirs
        );
    }
    Ok(())
}

fn per_cpu_second(address: &str, pid: u32, path: &str, duration: Duration) -> Result<f64, String> {
    let path = path.to_owned();
    let make: MakeRequest = Arc::new(move |_| {
        Request::get(path.as_str())
            .header("host", "bench")
            .body(Full::new(Bytes::new()))
            .expect("its parts are well formed")
    });
    let before = process::cpu_time(pid)?;
    let run = load::run(address, CONNECTIONS, duration, &make)?;
    let cpu = process::cpu_time(pid)?.saturating_sub(before);
    Ok(run.answered() as f64 / cpu.as_secs_f64())
}

/// The bytes of one answer, as they are without compression.
fn get(address: &str, path: &str) -> Result<Vec<u8>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let request = Request::get(path).header("host", "bench").body(Empty::<Bytes>::new());
        let response = sender.send_request(request.map_err(|error| error.to_string())?).await;
        let response = response.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        connection.abort();
        if status.is_success() { Ok(body.to_vec()) } else { Err(format!("{path} answered {status}")) }
    })
}
