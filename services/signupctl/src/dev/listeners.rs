//! The ports of the development stack. All of them are taken before anything else happens, so that a taken one is known
//! before data is touched.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::cli::DevArgs;

/// What a port is for, and how operators choose another one.
struct Port {
    purpose: &'static str,
    number: u16,
    flag: &'static str,
    make_variable: &'static str,
}

/// The listening sockets.
pub struct Listeners {
    /// The development page.
    pub page: TcpListener,
    /// The APIs, by the names of their providers.
    pub apis: Vec<(&'static str, TcpListener)>,
}

impl Listeners {
    /// Takes all ports.
    ///
    /// # Errors
    /// Some are not free; the error tells which, what for, and how to choose others.
    pub fn bind(host: IpAddr, arguments: &DevArgs) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let page = bind(host, &page_port(arguments), &mut problems);
        let mut apis = Vec::new();
        for (provider, port) in api_ports(arguments) {
            apis.extend(bind(host, &port, &mut problems).map(|listener| (provider, listener)));
        }
        match page {
            Some(page) if problems.is_empty() => Ok(Self { page, apis }),
            _ => Err(anyhow::anyhow!(problems.join("\nsignupctl: "))),
        }
    }

    /// The URL of an API; none for a provider that has no port.
    pub fn api_url(&self, provider: &str) -> Option<String> {
        let (_, listener) = self.apis.iter().find(|(name, _)| *name == provider)?;
        url(listener).ok()
    }

    /// The URL of the development page.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub fn page_url(&self) -> io::Result<String> {
        url(&self.page)
    }
}

fn page_port(arguments: &DevArgs) -> Port {
    Port {
        purpose: "the development page",
        number: arguments.port,
        flag: "--port",
        make_variable: "DEV_PORT",
    }
}

fn api_ports(arguments: &DevArgs) -> [(&'static str, Port); 3] {
    let port = |purpose, number, flag, make_variable| Port {
        purpose,
        number,
        flag,
        make_variable,
    };
    [
        (
            bytepower_svc::PROVIDER.name,
            port(
                "the BytePower API",
                arguments.bytepower_port,
                "--bytepower-port",
                "BYTEPOWER_PORT",
            ),
        ),
        (
            xdua_gateway::PROVIDER.name,
            port(
                "the XDUA API",
                arguments.xdua_port,
                "--xdua-port",
                "XDUA_PORT",
            ),
        ),
        (
            ciam_svc::PROVIDER.name,
            port(
                "the CIAM API",
                arguments.ciam_port,
                "--ciam-port",
                "CIAM_PORT",
            ),
        ),
    ]
}

fn bind(host: IpAddr, port: &Port, problems: &mut Vec<String>) -> Option<TcpListener> {
    let address = SocketAddr::new(host, port.number);
    signup_http::bind(address)
        .map_err(|error| {
            let Port { purpose, number, flag, make_variable } = port;
            let what = if error.kind() == io::ErrorKind::AddrInUse {
                format!("port {number} for {purpose} is taken by another program")
            } else {
                format!("port {number} for {purpose} cannot be used on {host}: {error}")
            };
            problems.push(format!(
                "{what}; choose another: signupctl dev {flag} PORT, or make run {make_variable}=PORT"
            ));
        })
        .ok()
}

/// Where clients on this machine find a listener.
fn url(listener: &TcpListener) -> io::Result<String> {
    let mut address = listener.local_addr()?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(format!("http://{address}"))
}
