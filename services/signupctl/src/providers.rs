//! The providers, as the command line names them. A new one is an entry in `services/providers`, and a port in
//! [`DEV_PORTS`].

use signup_http::Provider;

use crate::cli::DevArgs;
use crate::failure::Misuse;

pub use signup_providers::{ALL, Entry, names};

/// A port of `signupctl dev`.
pub struct DevPort {
    /// What is served there.
    pub purpose: &'static str,
    /// The number that was asked for; 0 for any free one.
    pub number: fn(&DevArgs) -> u16,
    /// The flag that sets it.
    pub flag: &'static str,
    /// The variable of `make run` that sets it.
    pub make_variable: &'static str,
}

macro_rules! port {
    ($library:ident, $purpose:literal, $number:ident, $flag:literal, $make_variable:literal) => {
        (
            &$library::PROVIDER,
            DevPort {
                purpose: $purpose,
                number: |arguments| arguments.$number,
                flag: $flag,
                make_variable: $make_variable,
            },
        )
    };
}

/// Where `signupctl dev` serves each provider.
#[rustfmt::skip]
pub static DEV_PORTS: &[(&Provider, DevPort)] = &[
    port!(bytepower_svc, "the BytePower API", bytepower_port, "--bytepower-port", "BYTEPOWER_PORT"),
    port!(xdua_gateway, "the XDUA API", xdua_port, "--xdua-port", "XDUA_PORT"),
    port!(ciam_svc, "the CIAM API", ciam_port, "--ciam-port", "CIAM_PORT"),
];

/// The provider of this name.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn find(name: &str) -> Result<&'static Entry, Misuse> {
    signup_providers::find(name).ok_or_else(|| {
        Misuse(format!(
            "unknown provider `{name}`, expected one of {}",
            names().join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_has_a_port_in_the_development_stack() {
        let served: Vec<_> = DEV_PORTS
            .iter()
            .map(|(provider, _)| provider.name)
            .collect();
        assert_eq!(served, names());
    }
}
