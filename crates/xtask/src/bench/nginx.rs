//! The peer of `reads`: nginx, serving the same bytes as static files.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running nginx with one worker in its own folder; killed when dropped.
#[derive(Debug)]
pub(super) struct Nginx {
    process: Child,
    pub(super) address: String,
}

impl Nginx {
    /// Serves `files` (name, bytes); `None` when there is no nginx on this machine.
    pub(super) fn start(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<Option<Self>, String> {
        let Some(binary) = find() else { return Ok(None) };
        let root = folder.join("www");
        fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        for (name, bytes) in files {
            fs::write(root.join(name), bytes).map_err(|error| error.to_string())?;
        }
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?.to_string();
        drop(listener);
        let path = folder.display();
        let config = format!(
            "daemon off; master_process off; worker_processes 1; pid {path}/nginx.pid; error_log {path}/error.log;
             events {{ worker_connections 512; }}
             http {{
               access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; open_file_cache max=100;
               default_type application/json; client_body_temp_path {path}/body; proxy_temp_path {path}/proxy;
               fastcgi_temp_path {path}/fastcgi; uwsgi_temp_path {path}/uwsgi; scgi_temp_path {path}/scgi;
               server {{ listen {address}; root {path}/www; }}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config).map_err(|error| error.to_string())?;
        let process = Command::new(binary)
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx: {error}"))?;
        let nginx = Self { process, address };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(&nginx.address).is_err() {
            if Instant::now() > deadline {
                return Err("nginx did not start".to_owned());
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        Ok(Some(nginx))
    }

    /// The process's identifier.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended already; nothing is left to do then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join("nginx"))
        .find(|binary| binary.is_file())
}
