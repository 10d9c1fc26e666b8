//! What is measured: families of lines that share servers and rounds.

mod better_auth;
mod connections;
mod events;
mod footprint;
mod overload;
mod passwordless;
mod passwords;
mod sqlite;
mod tables;

use std::time::Instant;

use crate::report::{Line, Measured, Spec};
use crate::stand::{Options, Stand};

/// Lines that are measured together.
pub struct Family {
    /// The lines.
    pub specs: &'static [Spec],
    /// Measures them, and gives the sheet what it has found out.
    measure: fn(&Stand, &mut Sheet<'_>) -> anyhow::Result<()>,
    /// About how many seconds that takes.
    seconds: fn(&Options) -> f64,
}

/// All families, in the order in which they are measured.
pub const FAMILIES: &[Family] = &[
    passwordless::FAMILY,
    events::FAMILY,
    better_auth::FAMILY,
    tables::FAMILY,
    sqlite::FAMILY,
    passwords::FAMILY,
    connections::FAMILY,
    overload::FAMILY,
    footprint::FAMILY,
];

/// Where a family writes down what it has found out.
pub struct Sheet<'a> {
    specs: &'a [Spec],
    wanted: &'a [String],
    found: Vec<(&'static str, Measured)>,
    skipped: Vec<(&'static str, &'static str)>,
}

impl Sheet<'_> {
    /// Whether somebody wants to see this line.
    pub fn wants(&self, name: &str) -> bool {
        wants(self.wanted, name)
    }

    /// Writes down what was measured for a line.
    pub fn put(&mut self, name: &'static str, measured: Measured) {
        self.found.push((name, measured));
    }

    /// Leaves a line out, which is no failure, and says why.
    pub fn skip(&mut self, name: &'static str, reason: &'static str) {
        self.skipped.push((name, reason));
    }

    /// The lines that are wanted; those that are missing say why.
    fn lines(mut self, failure: Option<&str>) -> Vec<Line> {
        let mut lines = Vec::new();
        for spec in self
            .specs
            .iter()
            .filter(|spec| wants(self.wanted, spec.name))
        {
            let at = self.found.iter().position(|(name, _)| *name == spec.name);
            let skipped = self.skipped.iter().find(|(name, _)| *name == spec.name);
            lines.push(match (at, skipped) {
                (Some(at), _) => Line::measured(spec, self.found.swap_remove(at).1),
                (None, Some((_, reason))) => Line::skipped(spec, reason),
                (None, None) => Line::failed(spec, failure.unwrap_or("nothing was measured")),
            });
        }
        lines
    }
}

/// Measures the wanted lines; all of them if none is named. Says on standard error how far it is. A family that fails
/// keeps the others going; after `stopped` nothing is begun any more.
pub fn measure(stand: &Stand, wanted: &[String], stopped: &dyn Fn() -> bool) -> Vec<Line> {
    let is_wanted = |family: &&Family| family.specs.iter().any(|spec| wants(wanted, spec.name));
    let families: Vec<_> = FAMILIES.iter().filter(is_wanted).collect();
    let estimate = |families: &[&Family]| {
        let seconds = families
            .iter()
            .map(|family| (family.seconds)(&stand.options));
        in_words(seconds.sum())
    };
    let mut lines = Vec::new();
    for (number, family) in families.iter().enumerate() {
        let names: Vec<_> = family.specs.iter().map(|spec| spec.name).collect();
        eprintln!(
            "bench: {} of {}, about {} left: {}",
            number + 1,
            families.len(),
            estimate(&families[number..]),
            names.join(", ")
        );
        let mut sheet = Sheet {
            specs: family.specs,
            wanted,
            found: Vec::new(),
            skipped: Vec::new(),
        };
        let start = Instant::now();
        let result = match stopped() {
            true => Err(anyhow::anyhow!("interrupted")),
            false => (family.measure)(stand, &mut sheet),
        };
        let failure = result.err().map(|error| format!("{error:#}"));
        if let Some(failure) = &failure {
            eprintln!("bench:   FAILED: {failure}");
        }
        eprintln!("bench:   took {}", in_words(start.elapsed().as_secs_f64()));
        lines.extend(sheet.lines(failure.as_deref()));
    }
    lines
}

/// The names that belong to no line.
pub fn unknown(wanted: &[String]) -> Vec<&str> {
    let is_known = |name: &&String| {
        let mut specs = FAMILIES.iter().flat_map(|family| family.specs);
        !specs.any(|spec| spec.name == name.as_str())
    };
    wanted.iter().filter(is_known).map(String::as_str).collect()
}

fn wants(wanted: &[String], name: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)
}

fn in_words(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 90.0 => format!("{seconds:.0} s"),
        seconds => format!("{:.0} min", seconds / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::report::Goal;

    fn specs() -> impl Iterator<Item = &'static Spec> {
        FAMILIES.iter().flat_map(|family| family.specs)
    }

    #[test]
    fn every_line_has_a_name_of_its_own() {
        let names: BTreeSet<_> = specs().map(|spec| spec.name).collect();
        assert_eq!(names.len(), specs().count());
        let is_kebab = |name: &str| {
            name.bytes()
                .all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
        };
        assert!(names.into_iter().all(is_kebab));
    }

    #[test]
    fn a_name_that_belongs_to_no_line_is_found() {
        let known = FAMILIES[0].specs[0].name;
        assert_eq!(unknown(&[known.to_owned(), "x".to_owned()]), ["x"]);
    }

    #[test]
    fn a_family_that_fails_keeps_what_it_has() {
        const SPECS: [Spec; 2] = [spec("one"), spec("two")];
        let mut sheet = Sheet {
            specs: &SPECS,
            wanted: &[],
            found: Vec::new(),
            skipped: Vec::new(),
        };
        sheet.put(
            "one",
            Measured {
                value: 4.0.into(),
                limit: 2.0.into(),
                ..Measured::default()
            },
        );
        let lines = sheet.lines(Some("no disk"));
        assert_eq!((lines[0].met, lines[0].ratio), (Some(true), Some(2.0)));
        assert_eq!(
            (lines[1].met, lines[1].failure.as_deref()),
            (Some(false), Some("no disk"))
        );
    }

    const fn spec(name: &'static str) -> Spec {
        Spec {
            name,
            unit: "",
            goal: Some(Goal::AtLeast(1.0)),
            about: "",
        }
    }
}
