//! Pieces that several pages are made of.

use maud::{Markup, html};
use signup_core::time::Timestamp;

/// A table with a caption and a heading for each column. Wide ones scroll by themselves, also with the keyboard.
pub fn table<const N: usize>(
    caption: &str,
    headings: &[&str; N],
    rows: impl Iterator<Item = [Markup; N]>,
) -> Markup {
    html! {
        div class="table" tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A point in time, to the second, UTC.
pub fn time(time: Timestamp) -> Markup {
    let exact = time.to_string();
    let shown: Vec<&str> = exact.split(['T', '.']).take(2).collect();
    html! { time datetime=(exact) { (shown.join(" ")) " UTC" } }
}

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was done.
    Good,
    /// Something is to be known.
    Plain,
    /// Something was refused.
    Bad,
}

/// A notice above what it is about; what was refused is announced at once.
pub fn notice(tone: Tone, content: Markup) -> Markup {
    let (class, role) = match tone {
        Tone::Good => ("notice good", "status"),
        Tone::Plain => ("notice", "status"),
        Tone::Bad => ("notice bad", "alert"),
    };
    html! { div class=(class) role=(role) { (content) } }
}
