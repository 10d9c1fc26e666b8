//! HTML text, escaped.

/// `text` with everything escaped that HTML gives a meaning to, in elements and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
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

/// Paragraphs of a description: separated by blank lines, `code` between backticks. No other markup.
pub(super) fn paragraphs(text: &str) -> String {
    text.replace("\r\n", "\n")
        .split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| format!("<p>{}</p>", inline(paragraph)))
        .collect()
}

/// Text with `code` between backticks. A backtick without a partner stands for itself.
pub(super) fn inline(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, tail)) = after.split_once('`') else {
            break;
        };
        html.push_str(&escape(before));
        html.push_str(&format!("<code>{}</code>", escape(code)));
        rest = tail;
    }
    html.push_str(&escape(rest));
    html
}

/// A table whose cells are HTML; nothing when there are no rows. The first cell of a row is its header.
pub(super) fn table(caption: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head: String = columns
        .iter()
        .map(|column| format!("<th scope=\"col\">{}</th>", escape(column)))
        .collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells: String = row
                .iter()
                .enumerate()
                .map(|(column, cell)| match column {
                    0 => format!("<th scope=\"row\">{cell}</th>"),
                    _ => format!("<td>{cell}</td>"),
                })
                .collect();
            format!("<tr>{cells}</tr>")
        })
        .collect();
    format!(
        "<div class=\"table\" role=\"region\" aria-label=\"{0}\" tabindex=\"0\"><table><caption>{0}</caption>\
         <thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>\n",
        escape(caption)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_description_becomes_markup() {
        assert_eq!(
            paragraphs("<b>\"&'</b> `a<b`\n\n`open <i>"),
            "<p>&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt; <code>a&lt;b</code></p><p>`open &lt;i&gt;</p>"
        );
    }

    #[test]
    fn an_empty_table_is_left_out() {
        assert_eq!(table("Headers", &["Name"], &[]), "");
    }
}
