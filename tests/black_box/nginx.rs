//! What departments copy to have nginx trust the gateway without code (`crates/identity/verifying/nginx.conf`), in a real nginx.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use reqwest::{Certificate, Client, Identity};
use tempfile::TempDir;

use crate::binary::{Demo, root};
use crate::client::{text, until};
use crate::peers;
use crate::serving::issuer;
use crate::staff::callable;
use crate::stand_in::StandIn;

/// Who issues certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("no names");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "an authority");
        let key = KeyPair::generate().expect("randomness");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("an authority"))
    }

    /// A certificate and its key, as PEM.
    fn issue(&self, common_name: &str, names: &[&str]) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).expect("names");
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().expect("randomness");
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// A running nginx; killed when dropped.
struct Nginx {
    process: Child,
    port: u16,
}

impl Nginx {
    /// Runs the recipe with what is a department's own replaced.
    async fn start(folder: &Path, service: &str) -> Self {
        let recipe = std::fs::read_to_string(root().join("crates/identity/verifying/nginx.conf"));
        // A port that was free a moment ago, for nginx takes none that the system chooses.
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let place = folder.display().to_string();
        let server = recipe
            .expect("the recipe is there")
            .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
            .replace("/etc/nginx", &place)
            .replace("http://127.0.0.1:8080", service);
        let config = format!(
            "daemon off; master_process off; pid {place}/nginx.pid; error_log {place}/error.log;\n\
             events {{}}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {place}/body; proxy_temp_path {place}/proxy; fastcgi_temp_path {place}/fastcgi;\n\
             uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n{server}}}\n"
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).expect("it can be written");
        let mut command = Command::new("nginx");
        command
            .args(["-p", &place, "-e", "stderr", "-c"])
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let process = command.spawn().expect("nginx starts");
        let nginx = Self { process, port };
        until("nginx listens", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
        nginx
    }

    fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("it can be written");
    path
}

#[tokio::test]
async fn only_the_gateway_gets_through_nginx() {
    if !peers::nginx() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let (department, city) = (Authority::new(), Authority::new());
    let (certificate, key) = department.issue("service.example.gov.cn", &["localhost"]);
    write(folder.path(), "service.pem", &certificate);
    write(folder.path(), "service.key.pem", &key);
    write(folder.path(), "gateway-authority.pem", &city.0.pem());
    let service = StandIn::named("behind nginx").await;
    let nginx = Nginx::start(folder.path(), &service.base_url).await;

    let (certificate, key) = city.issue("yimen-gateway", &[]);
    let pair = [("certificate", "gateway.pem", certificate), ("key", "gateway.key.pem", key)];
    let known = write(folder.path(), "service-authority.pem", &department.0.pem());
    let demo = Demo::serve_with(&issuer(), TempDir::new().expect("a folder"), "", |command| {
        command.args(["--set", &format!("gateway.backends.extra_roots=[{known:?}]")]);
        for (what, name, pem) in &pair {
            let file = write(folder.path(), name, pem);
            let setting = format!("gateway.backends.client_certificate.{what}_file={file:?}");
            command.args(["--set", &setting]);
        }
    });
    demo.approve_channel().await;
    let entry = demo.adopt(&callable("nginx 后的事项", "330106", &nginx.url())).await;
    let answer = demo.get(&format!("/call/{entry}/x")).bearer(demo.token("citizen")).send().await.expect(200);
    assert_eq!(text(&answer["standIn"]), "behind nginx");
    assert_eq!(text(&answer["assertion"]).split('.').count(), 3, "it arrives with the call");
    assert_eq!(service.calls(), 1);

    // Whoever isn't the gateway: without a certificate, with another authority's, with another of the same authority's.
    let (stranger, other) = (department.issue("yimen-gateway", &[]), city.issue("somebody-else", &[]));
    for (who, shown) in
        [("nobody", None), ("another authority's", Some(stranger)), ("another's", Some(other))]
    {
        let trusted = Certificate::from_pem(department.0.pem().as_bytes()).expect("a certificate");
        let client = Client::builder().no_proxy().tls_certs_only([trusted]);
        let client = match shown {
            Some((certificate, key)) => {
                let pair = Identity::from_pem(format!("{certificate}{key}").as_bytes());
                client.identity(pair.expect("a certificate and its key"))
            }
            None => client,
        };
        let client = client.build().expect("a client");
        let asked = client.get(format!("{}/x", nginx.url())).header("yimen-assertion", "a.b.c").send().await;
        assert!(asked.is_ok_and(|answer| [400, 403].contains(&answer.status().as_u16())), "{who}");
    }
    assert_eq!(service.calls(), 1);
}
