//! Requests of the three providers' clients, as bytes.

/// A `POST` request with a JSON body.
pub fn post_json(path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    post(path, "application/json", headers, body)
}

/// A `POST` request.
pub fn post(path: &str, content_type: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut head =
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    head.into_bytes()
}

/// The `Authorization` header of HTTP's Basic scheme (RFC 7617).
pub fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    let joined = base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
    format!("Basic {joined}")
}
