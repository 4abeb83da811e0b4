//! The demo's own listeners on the loopback interface, at the same ports as the last time if they are free.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::sample::SampleDepartment;
use super::state::State;
use crate::failure::Failure;
use crate::server;

/// Where the identity provider and each department's service listen.
#[derive(Debug)]
pub struct Listeners {
    /// The identity provider's.
    pub provider: TcpListener,
    /// The departments', in their order.
    pub backends: Vec<TcpListener>,
}

impl Listeners {
    /// Listens, and says at which ports.
    pub fn bind(departments: &[SampleDepartment], last: &State) -> Result<(Self, State), Failure> {
        let provider = at(last.provider)?;
        let mut state = State { provider: port(&provider)?, ..State::default() };
        let mut backends = Vec::new();
        for department in departments {
            let listener = at(last.backends.get(&department.slug).copied().unwrap_or(0))?;
            state.backends.insert(department.slug.clone(), port(&listener)?);
            backends.push(listener);
        }
        Ok((Self { provider, backends }, state))
    }
}

fn at(port: u16) -> Result<TcpListener, Failure> {
    let bind = |port| server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    // A port that somebody else took meanwhile is no reason not to start.
    bind(port).or_else(|failure| if port == 0 { Err(failure) } else { bind(0) })
}

fn port(listener: &TcpListener) -> Result<u16, Failure> {
    let address =
        listener.local_addr().map_err(|error| Failure::because("a listener has no address", &error))?;
    Ok(address.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::sample::Sample;

    #[tokio::test]
    async fn a_demo_comes_back_to_its_ports_unless_they_are_taken() {
        let sample = Sample::hangzhou().expect("readable");
        let departments = &sample.departments[..2];
        let (first, state) = Listeners::bind(departments, &State::default()).expect("free ports");
        drop(first);
        let taken = at(state.provider).expect("free again");
        let (_second, again) = Listeners::bind(departments, &state).expect("free ports");
        assert_eq!(again.backends, state.backends);
        assert_ne!(again.provider, state.provider);
        drop(taken);
    }
}
