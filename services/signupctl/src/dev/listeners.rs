//! The ports of the development stack. All of them are taken before anything else happens, so that a taken one is known
//! before data is touched.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use signup_http::Provider;

use super::ports::{self, Port};
use crate::cli::DevArgs;

const CONSOLE: Port = Port {
    purpose: "the console",
    number: |arguments| arguments.console_port,
    flag: "--console-port",
    make_variable: "CONSOLE_PORT",
};

const DEMO_SITE: Port = Port {
    purpose: "the demo site",
    number: |arguments| arguments.demo_port,
    flag: "--demo-port",
    make_variable: "DEMO_PORT",
};

/// The listening sockets.
pub struct Listeners {
    /// The console, and the development pages beside it.
    pub console: TcpListener,
    /// The web page of the XDUA demo application.
    pub demo_site: TcpListener,
    /// The APIs.
    pub apis: Vec<(&'static Provider, TcpListener)>,
}

impl Listeners {
    /// Takes all ports.
    ///
    /// # Errors
    /// Some are not free; the error tells which, what for, and how to choose others.
    pub fn bind(host: IpAddr, arguments: &DevArgs) -> anyhow::Result<Self> {
        let mut problems = Vec::new();
        let mut bind = |port: &Port| {
            bind(SocketAddr::new(host, (port.number)(arguments)), port)
                .map_err(|problem| problems.push(problem))
                .ok()
        };
        let console = bind(&CONSOLE);
        let apis: Vec<_> = ports::APIS
            .iter()
            .filter_map(|(provider, port)| Some((*provider, bind(port)?)))
            .collect();
        let demo_site = bind(&DEMO_SITE);
        match (console, demo_site) {
            (Some(console), Some(demo_site)) if problems.is_empty() => Ok(Self {
                console,
                demo_site,
                apis,
            }),
            _ => Err(anyhow::anyhow!(problems.join("\nsignupctl: "))),
        }
    }

    /// Name and URL of each API.
    ///
    /// # Errors
    /// The system does not tell a port.
    pub fn api_urls(&self) -> io::Result<Vec<(&'static str, String)>> {
        let urls = self.apis.iter();
        urls.map(|(provider, listener)| Ok((provider.name, url(listener)?)))
            .collect()
    }

    /// The URL of the console.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub fn console_url(&self) -> io::Result<String> {
        url(&self.console)
    }

    /// The URL of the demo site.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub fn demo_site_url(&self) -> io::Result<String> {
        url(&self.demo_site)
    }
}

fn bind(address: SocketAddr, port: &Port) -> Result<TcpListener, String> {
    signup_http::bind(address).map_err(|error| {
        let Port {
            purpose,
            flag,
            make_variable,
            ..
        } = port;
        let number = address.port();
        let what = if error.kind() == io::ErrorKind::AddrInUse {
            format!("port {number} for {purpose} is taken by another program")
        } else {
            format!("port {number} for {purpose} cannot be used: {error}")
        };
        format!(
            "{what}; choose another: signupctl dev {flag} PORT, or make run {make_variable}=PORT"
        )
    })
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
