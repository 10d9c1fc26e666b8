//! The documentation page.

use serde_json::Value;

use super::document::{Document, Operation, entries, list, text};
use super::html::{escape, inline, paragraphs, table};
use super::sample::examples;

/// The page for an OpenAPI document.
pub(super) fn render(document: &Value, style: &str) -> String {
    let info = &document["info"];
    let title = escape(text(&info["title"]));
    let document = Document(document);
    let operations = document.operations();
    let contents: String = operations
        .iter()
        .enumerate()
        .map(|(index, operation)| {
            format!(
                "<li><a href=\"#operation-{index}\"><code>{} {}</code></a> {}</li>\n",
                operation.method,
                escape(operation.path),
                inline(text(&operation.value["summary"])),
            )
        })
        .collect();
    let sections: String = operations
        .iter()
        .enumerate()
        .map(|(index, operation)| section(document, index, operation))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#operations\">Skip to the operations</a>\n\
         <header><h1>{title}</h1>\n<p class=\"note\">Version {version}. \
         Machine-readable: <a href=\"/openapi.json\">/openapi.json</a></p>\n{description}</header>\n\
         <nav aria-label=\"Operations\"><ul>\n{contents}</ul></nav>\n\
         <main id=\"operations\">\n{sections}</main>\n</body>\n</html>\n",
        version = escape(text(&info["version"])),
        description = paragraphs(text(&info["description"])),
    )
}

fn section(document: Document<'_>, index: usize, operation: &Operation<'_>) -> String {
    let value = operation.value;
    let (headers, parameters): (Vec<&Value>, Vec<&Value>) = operation
        .parameters
        .iter()
        .partition(|parameter| parameter["in"] == "header");
    format!(
        "<section aria-labelledby=\"operation-{index}\">\n\
         <h2 id=\"operation-{index}\"><span class=\"method\">{method}</span> <code>{path}</code></h2>\n\
         <p><strong>{summary}</strong></p>\n{description}{headers}{parameters}{body}{replies}</section>\n",
        method = operation.method,
        path = escape(operation.path),
        summary = inline(text(&value["summary"])),
        description = paragraphs(text(&value["description"])),
        headers = parameter_table(document, "Request headers", &headers),
        parameters = parameter_table(document, "Parameters", &parameters),
        body = request_body(document, &value["requestBody"]),
        replies = replies(document, &value["responses"]),
    )
}

fn parameter_table(document: Document<'_>, caption: &str, parameters: &[&Value]) -> String {
    let rows: Vec<Vec<String>> = parameters
        .iter()
        .map(|parameter| {
            let place = match text(&parameter["in"]) {
                "header" => String::new(),
                place => format!(" <span class=\"note\">({})</span>", escape(place)),
            };
            let schema = document.resolve(&parameter["schema"]);
            vec![
                format!("<code>{}</code>{place}", escape(text(&parameter["name"]))),
                kind(schema),
                necessity(parameter["required"] == true),
                meaning(parameter, schema),
            ]
        })
        .collect();
    table(caption, &["Name", "Type", "Needed", "Meaning"], &rows)
}

fn request_body(document: Document<'_>, body: &Value) -> String {
    let body = document.resolve(body);
    if body.is_null() {
        return String::new();
    }
    let media_types: String = entries(&body["content"])
        .map(|(name, media)| media_type(document, name, media))
        .collect();
    format!(
        "<h3>Request body</h3>\n{}{media_types}",
        paragraphs(text(&body["description"]))
    )
}

fn replies(document: Document<'_>, responses: &Value) -> String {
    let mut successes = String::new();
    let mut errors = Vec::new();
    for (status, response) in entries(responses) {
        let response = document.resolve(response);
        if status.starts_with(['4', '5']) || status == "default" {
            errors.push(error_row(document, status, response));
            continue;
        }
        let media_types: String = entries(&response["content"])
            .map(|(name, media)| media_type(document, name, media))
            .collect();
        successes.push_str(&format!(
            "<h3>Reply {}</h3>\n{}{}{media_types}",
            escape(status),
            paragraphs(text(&response["description"])),
            header_table(document, &response["headers"]),
        ));
    }
    successes + &table("Errors", &["Status", "When", "Headers", "Body"], &errors)
}

fn error_row(document: Document<'_>, status: &str, response: &Value) -> Vec<String> {
    let headers: Vec<String> = entries(&response["headers"])
        .map(|(name, _)| format!("<code>{}</code>", escape(name)))
        .collect();
    let bodies: String = entries(&response["content"])
        .map(|(_, media)| example_blocks(document, media))
        .collect();
    vec![
        escape(status),
        paragraphs(text(&response["description"])),
        headers.join(", "),
        bodies,
    ]
}

fn header_table(document: Document<'_>, headers: &Value) -> String {
    let rows: Vec<Vec<String>> = entries(headers)
        .map(|(name, header)| {
            let header = document.resolve(header);
            let schema = document.resolve(&header["schema"]);
            vec![
                format!("<code>{}</code>", escape(name)),
                kind(schema),
                meaning(header, schema),
            ]
        })
        .collect();
    table("Reply headers", &["Name", "Type", "Meaning"], &rows)
}

fn media_type(document: Document<'_>, name: &str, media: &Value) -> String {
    let rows: Vec<Vec<String>> = document
        .fields(&media["schema"])
        .iter()
        .map(|field| {
            vec![
                format!("<code>{}</code>", escape(&field.name)),
                kind(field.schema),
                necessity(field.is_required),
                meaning(field.schema, field.schema),
            ]
        })
        .collect();
    format!(
        "<h4><code>{}</code></h4>\n{}{}",
        escape(name),
        table("Fields", &["Name", "Type", "Needed", "Meaning"], &rows),
        example_blocks(document, media),
    )
}

fn example_blocks(document: Document<'_>, media: &Value) -> String {
    examples(document, media)
        .iter()
        .map(|(name, example)| {
            let title = match name.as_str() {
                "" => String::new(),
                name => format!("<p>{}</p>", inline(name)),
            };
            format!(
                "{title}<pre tabindex=\"0\"><code>{}</code></pre>\n",
                escape(example)
            )
        })
        .collect()
}

fn necessity(is_required: bool) -> String {
    if is_required { "required" } else { "optional" }.to_owned()
}

/// The type with its format: `string (date)`, `string or null`.
fn kind(schema: &Value) -> String {
    let kinds: Vec<&str> = list(&schema["type"])
        .chain([&schema["type"]])
        .filter_map(Value::as_str)
        .collect();
    let format = match text(&schema["format"]) {
        "" => String::new(),
        format => format!(" ({format})"),
    };
    escape(&format!("{}{format}", kinds.join(" or ")))
}

/// The description of a parameter, header or field, then what its schema allows.
fn meaning(described: &Value, schema: &Value) -> String {
    const LIMITS: [(&str, &str); 6] = [
        ("minLength", "At least this many characters:"),
        ("maxLength", "At most this many characters:"),
        ("minimum", "At least"),
        ("maximum", "At most"),
        ("pattern", "Pattern"),
        ("default", "Default"),
    ];
    let mut html = match text(&described["description"]) {
        "" => paragraphs(text(&schema["description"])),
        description => paragraphs(description),
    };
    let allowed: Vec<String> = list(&schema["enum"]).map(code).collect();
    if !allowed.is_empty() {
        html.push_str(&format!("<p>One of {}.</p>", allowed.join(", ")));
    }
    for (name, label) in LIMITS {
        if let Some(limit) = schema.get(name) {
            html.push_str(&format!("<p>{label} {}.</p>", code(limit)));
        }
    }
    html
}

/// A value of the document as code; text without its quotes.
fn code(value: &Value) -> String {
    let shown = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    format!("<code>{}</code>", escape(&shown))
}
