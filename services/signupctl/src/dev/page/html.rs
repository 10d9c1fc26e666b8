//! The development page's HTML. Needs no script; with one the inbox refreshes itself.

use signup_notify::Message;

use super::Page;

/// The index.
pub fn index(page: &Page) -> String {
    let mut apis = String::new();
    for (name, url) in &page.apis {
        let (name, url) = (escape(name), escape(url));
        apis.push_str(&format!(
            "<tr><th scope=row>{name}</th><td><code>{url}</code></td><td><a href=\"{url}/docs\">documentation of {name}</a></td>\
             <td><a href=\"{url}/openapi.json\">OpenAPI of {name}</a></td><td><a href=\"{url}/health/ready\">health of {name}</a></td></tr>\n"
        ));
    }
    let demo_env = escape(&page.demo_env);
    document(
        "Sign-up development stack",
        &format!(
            "<h1>Sign-up development stack</h1>\n\
             <h2>Console</h2>\n<p><a href=/>Operators&#8217; console</a>: sign in as <code>demo</code> with \
             <code>CONSOLE_PASSWORD</code> of <code>{demo_env}</code>.</p>\n\
             <h2>Messages and events</h2>\n<ul>\n\
             <li><a href=/inbox>Inbox</a>: codes and other messages, as people would get them; \
             for scripts: <a href=/inbox.json>inbox.json</a></li>\n\
             <li><a href=/events.json>events.json</a>: the newest events, as consumers get them</li>\n</ul>\n\
             <h2>APIs</h2>\n<div class=table><table><thead><tr><th scope=col>Provider</th><th scope=col>URL</th>\
             <th scope=col>Documentation</th><th scope=col>OpenAPI</th><th scope=col>Health</th></tr></thead>\n\
             <tbody>\n{apis}</tbody></table></div>\n\
             <p>The demo applications&#8217; credentials are in <code>{demo_env}</code>; <code>VERIFIED</code> names \
             those of the BytePower app that asks for a code.</p>"
        ),
        "",
    )
}

/// The inbox.
pub fn inbox(messages: &[Message]) -> String {
    let mut rows = String::new();
    for message in messages {
        let time = escape(&message.time.to_string());
        let (provider, name) = (escape(&message.provider), escape(&message.application));
        let (channel, address) = (escape(message.channel.as_str()), escape(&message.address));
        let lines = message.subject.iter().chain([&message.text]);
        let text = lines
            .map(|line| escape(line))
            .collect::<Vec<_>>()
            .join("\n");
        // Seconds are exact enough for people.
        let clock = time.split(['T', '.']).take(2).collect::<Vec<_>>().join(" ");
        let code = message
            .code
            .as_deref()
            .map_or_else(|| "none".to_owned(), escape);
        rows.push_str(&format!(
            "<tr><td><time datetime=\"{time}\">{clock}</time></td><td>{channel}</td><td>{address}</td>\
             <td>{provider}/{name}</td><td class=code>{code}</td><td class=text>{text}</td></tr>\n"
        ));
    }
    let list = if messages.is_empty() {
        "<p>No messages since signupctl dev was started.</p>".to_owned()
    } else {
        format!(
            "<div class=table tabindex=0 role=region aria-label=Messages><table><caption>Newest first</caption><thead><tr>\
             <th scope=col>Time (UTC)</th><th scope=col>Channel</th><th scope=col>To</th><th scope=col>Application</th>\
             <th scope=col>Code</th><th scope=col>Message</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>"
        )
    };
    let newest = messages.first().map_or("", |message| &message.event_id);
    document(
        "Inbox",
        &format!(
            "<p><a href=/dev>Development stack</a></p>\n<h1>Inbox</h1>\n\
             <noscript><p>Reload the page to see new messages.</p></noscript>\n\
             <p id=controls hidden><label><input type=checkbox id=pause> Do not refresh</label></p>\n\
             <p id=news role=status></p>\n\
             <div id=messages data-count={} data-newest=\"{}\">{list}</div>",
            messages.len(),
            escape(newest),
        ),
        "<script src=/inbox.js defer></script>\n",
    )
}

fn document(title: &str, body: &str, head: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n\
         <meta name=viewport content=\"width=device-width\">\n<title>{title}</title>\n\
         <link rel=stylesheet href=/style.css>\n<link rel=icon href=data:,>\n{head}</head>\n\
         <body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
