//! Listening sockets: `[::]` takes IPv6 and IPv4 alike, whatever the host's default is.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use gateway::PublicScheme;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

use crate::failure::Failure;

/// Connections that the system keeps for us until we accept them.
const BACKLOG: i32 = 4096;

/// Listens on `address`; inside a Tokio runtime.
///
/// `[::]` listens on every IPv6 and IPv4 address. On a host without IPv6 it becomes `0.0.0.0`, and says so in the log.
pub fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    let listener = match open(address) {
        Err(error) if address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) && is_without_ipv6(&error) => {
            let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
            tracing::warn!(%address, "this host has no IPv6; listening on IPv4 only");
            open(address)
        }
        other => other,
    };
    listener
        .and_then(|socket| TcpListener::from_std(socket.into()))
        .map_err(|error| Failure::because(format_args!("{address} can't be listened on"), &error))
}

fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Only the address of everything means IPv4 too.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A restarted gateway takes its port back while old connections linger. On Windows it would mean another thing.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// Whether the failure is the host's lack of IPv6, and not a port in use.
fn is_without_ipv6(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable || error.kind() == io::ErrorKind::Unsupported
        // EAFNOSUPPORT has no kind of its own: 97 on Linux, 47 on the BSDs and macOS.
        || matches!(error.raw_os_error(), Some(97 | 47))
}

/// The address under which a client on this host reaches the listener by this scheme.
pub fn local_url(scheme: PublicScheme, address: SocketAddr) -> String {
    let scheme = scheme.as_str();
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => format!("{scheme}://127.0.0.1:{}", address.port()),
        // The socket is dual-stack, and every client knows this spelling.
        IpAddr::V6(ip) if ip.is_unspecified() => format!("{scheme}://127.0.0.1:{}", address.port()),
        IpAddr::V4(_) | IpAddr::V6(_) => format!("{scheme}://{address}"),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn the_unspecified_ipv6_address_takes_ipv4_too() {
        let listener = bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))).expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok());
        if open(SocketAddr::from((Ipv6Addr::LOCALHOST, 0))).is_ok() {
            assert!(TcpStream::connect((Ipv6Addr::LOCALHOST, port)).await.is_ok());
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_said_with_the_address() {
        let first = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        let address = first.local_addr().expect("bound");
        let failure = bind(address).expect_err("it is taken");
        assert!(failure.message.starts_with(&format!("{address} can't be listened on")), "{failure}");
    }

    #[test]
    fn a_local_client_gets_an_address_that_it_can_open() {
        let url = |text: &str| local_url(PublicScheme::Http, text.parse().expect("an address"));
        assert_eq!(url("[::]:8080"), "http://127.0.0.1:8080");
        assert_eq!(url("0.0.0.0:1"), "http://127.0.0.1:1");
        assert_eq!(url("[::1]:2"), "http://[::1]:2");
    }
}
