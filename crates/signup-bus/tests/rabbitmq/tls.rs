use std::io::Write as _;
use std::sync::Arc;

use signup_bus::rabbitmq::{BrokerOptions, DeadLetters};
use signup_testkit::TestBroker;
use tempfile::NamedTempFile;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use url::Url;

use super::options;

/// TLS in front of a broker, with a certificate that nobody has heard of. Returns where it is, and the certificate.
async fn encrypt(broker: &TestBroker) -> (BrokerOptions, NamedTempFile) {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(issued.signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();

    let mut url = Url::parse(broker.url()).unwrap();
    let target = format!("127.0.0.1:{}", url.port().unwrap());
    url.set_port(Some(listener.local_addr().unwrap().port()))
        .unwrap();
    url.set_host(Some("localhost")).unwrap();
    let url = url.as_str().replacen("amqp://", "amqps://", 1);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (acceptor, target) = (acceptor.clone(), target.clone());
            tokio::spawn(async move {
                let mut server = TcpStream::connect(target).await?;
                let mut client = acceptor.accept(client).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    let mut ca = NamedTempFile::new().unwrap();
    ca.write_all(issued.cert.pem().as_bytes()).unwrap();
    (options(&url), ca)
}

#[tokio::test]
async fn tls_works_with_a_ca_of_ones_own() {
    let broker = TestBroker::create();
    let (mut options, ca) = encrypt(&broker).await;
    options.ca_file = Some(ca.path().to_owned());
    let letters = DeadLetters::open(options).await.unwrap();
    assert_eq!(letters.count().await, Ok(0));
    letters.close().await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_with_what_to_do() {
    let broker = TestBroker::create();
    let (options, _) = encrypt(&broker).await;
    let error = DeadLetters::open(options).await.err().unwrap().to_string();
    assert!(error.contains("certificate"), "{error}");
    assert!(error.contains("bus.ca_file"), "{error}");
}
