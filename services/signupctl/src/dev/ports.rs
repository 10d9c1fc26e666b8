//! The ports of the development stack.

use signup_http::Provider;

use crate::cli::DevArgs;

/// A port.
pub struct Port {
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
            Port {
                purpose: $purpose,
                number: |arguments| arguments.$number,
                flag: $flag,
                make_variable: $make_variable,
            },
        )
    };
}

/// Where each provider is served. A new one has its line here.
#[rustfmt::skip]
pub static APIS: &[(&Provider, Port)] = &[
    port!(bytepower_svc, "the BytePower API", bytepower_port, "--bytepower-port", "BYTEPOWER_PORT"),
    port!(xdua_gateway, "the XDUA API", xdua_port, "--xdua-port", "XDUA_PORT"),
    port!(ciam_svc, "the CIAM API", ciam_port, "--ciam-port", "CIAM_PORT"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::names;

    #[test]
    fn every_provider_has_a_port_in_the_development_stack() {
        let served: Vec<_> = APIS.iter().map(|(provider, _)| provider.name).collect();
        assert_eq!(served, names());
    }
}
