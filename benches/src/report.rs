//! The lines of the result: a table for people, `target/bench.json` for programs.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::load::Latencies;
use crate::machine::Machine;
use crate::series::Series;

/// What a ratio must be like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// Higher is better: `>= 2.5`.
    AtLeast(f64),
    /// Lower is better: `< 0.2`.
    Below(f64),
    /// Lower is better: `<= 3`.
    AtMost(f64),
}

impl Goal {
    /// Whether a ratio is as it must be.
    pub fn is_met_by(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(goal) => ratio >= goal,
            Self::Below(goal) => ratio < goal,
            Self::AtMost(goal) => ratio <= goal,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(goal) => write!(f, ">= {goal}"),
            Self::Below(goal) => write!(f, "< {goal}"),
            Self::AtMost(goal) => write!(f, "<= {goal}"),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A line before it is measured.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name; stays the same over versions.
    pub name: &'static str,
    /// What value and limit are counted in.
    pub unit: &'static str,
    /// What the ratio must be like; none for a line that is only for information.
    pub goal: Option<Goal>,
    /// What is divided by what.
    pub about: &'static str,
}

/// What was measured for a line.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Ours, by rounds.
    pub value: Series,
    /// What it is compared with, by rounds.
    pub limit: Series,
    /// What else is worth knowing.
    pub note: String,
    /// Latencies behind the value, if it is one or was measured with some.
    pub latencies: Option<Latencies>,
}

/// A line of the result.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// See [`Spec::name`].
    pub name: &'static str,
    /// The median of ours.
    pub value: Option<f64>,
    /// The median of the limit.
    pub limit: Option<f64>,
    /// `value / limit`.
    pub ratio: Option<f64>,
    /// What the ratio must be like.
    pub goal: Option<Goal>,
    /// Whether it is; false as well when it could not be measured. None for a line without a goal, and for one that
    /// nobody asked for.
    pub met: Option<bool>,
    /// See [`Spec::unit`].
    pub unit: &'static str,
    /// See [`Spec::about`].
    pub about: &'static str,
    /// See [`Measured::note`].
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Why it could not be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Every round's value.
    pub values: Series,
    /// Every round's limit.
    pub limits: Series,
    /// See [`Measured::latencies`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latencies: Option<Latencies>,
}

impl Line {
    /// The line of a measurement.
    pub fn measured(spec: &Spec, measured: Measured) -> Self {
        let (value, limit) = (measured.value.median(), measured.limit.median());
        let ratio = value
            .zip(limit)
            .map(|(value, limit)| value / limit)
            .filter(|ratio| ratio.is_finite());
        let met = |goal: Goal| ratio.is_some_and(|ratio| goal.is_met_by(ratio));
        Self {
            name: spec.name,
            value,
            limit,
            ratio,
            goal: spec.goal,
            met: spec.goal.map(met),
            unit: spec.unit,
            about: spec.about,
            note: measured.note,
            failure: None,
            values: measured.value,
            limits: measured.limit,
            latencies: measured.latencies,
        }
    }

    /// The line of a measurement that nobody asked for.
    pub fn skipped(spec: &Spec, reason: &str) -> Self {
        Self {
            met: None,
            note: reason.to_owned(),
            ..Self::measured(spec, Measured::default())
        }
    }

    /// The line of a measurement that failed.
    pub fn failed(spec: &Spec, reason: &str) -> Self {
        Self {
            failure: Some(reason.to_owned()),
            ..Self::measured(spec, Measured::default())
        }
    }
}

/// Everything that a run found out.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The lines, in the order in which they were measured.
    pub lines: Vec<Line>,
    /// Where.
    pub machine: Machine,
    /// Whether it was a quick run: less data, shorter rounds, and so wider spreads.
    pub quick: bool,
}

impl Report {
    /// Whether all lines could be measured.
    pub fn is_complete(&self) -> bool {
        self.lines.iter().all(|line| line.failure.is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        if self.quick {
            writeln!(
                f,
                "QUICK: short rounds and little data; good for a look, not for a record"
            )?;
        }
        let heads = [
            "line", "value", "±", "limit", "±", "unit", "ratio", "goal", "",
        ];
        let mut rows = vec![heads.map(str::to_owned)];
        rows.extend(self.lines.iter().map(row));
        let widths: Vec<usize> = (0..heads.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max())
            .map(Option::unwrap_or_default)
            .collect();
        for row in &rows {
            let cells = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| match column {
                    0 | 5 | 7 | 8 => format!("{cell:<width$}"),
                    _ => format!("{cell:>width$}"),
                });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        for line in &self.lines {
            let text = line.failure.as_ref().unwrap_or(&line.note);
            if !text.is_empty() {
                writeln!(f, "{}: {text}", line.name)?;
            }
        }
        Ok(())
    }
}

fn row(line: &Line) -> [String; 9] {
    let percent = |series: &Series| {
        let spread = series
            .spread()
            .map(|spread| format!("{:.0}%", spread * 50.0));
        spread.unwrap_or_default()
    };
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), plain);
    let verdict = match (line.met, &line.failure) {
        (_, Some(_)) => "NOT MEASURED",
        (Some(true), None) => "met",
        (Some(false), None) => "MISSED",
        (None, None) => "",
    };
    [
        line.name.to_owned(),
        figure(line.value),
        percent(&line.values),
        figure(line.limit),
        percent(&line.limits),
        line.unit.to_owned(),
        line.ratio
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        line.goal.map(|goal| goal.to_string()).unwrap_or_default(),
        verdict.to_owned(),
    ]
}

/// A figure with as many digits as are worth reading.
fn plain(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FASTER: Spec = Spec {
        name: "faster",
        unit: "/s",
        goal: Some(Goal::AtLeast(2.5)),
        about: "ours ÷ theirs",
    };

    fn measured(value: &[f64], limit: &[f64]) -> Measured {
        Measured {
            value: value.iter().copied().collect(),
            limit: limit.iter().copied().collect(),
            ..Measured::default()
        }
    }

    #[test]
    fn goals_say_which_direction_is_better() {
        assert!(Goal::AtLeast(2.5).is_met_by(2.5) && !Goal::AtLeast(2.5).is_met_by(2.49));
        assert!(Goal::Below(0.2).is_met_by(0.19) && !Goal::Below(0.2).is_met_by(0.2));
        assert!(Goal::AtMost(3.0).is_met_by(3.0) && !Goal::AtMost(3.0).is_met_by(3.1));
        let goals = [Goal::AtLeast(2.5), Goal::Below(0.2), Goal::AtMost(3.0)];
        let written = goals.map(|goal| goal.to_string());
        assert_eq!(written, [">= 2.5", "< 0.2", "<= 3"]);
    }

    #[test]
    fn a_ratio_is_that_of_the_medians() {
        let line = Line::measured(&FASTER, measured(&[30.0, 10.0, 31.0], &[10.0, 12.0, 2.0]));
        assert_eq!((line.value, line.limit), (Some(30.0), Some(10.0)));
        assert_eq!((line.ratio, line.met), (Some(3.0), Some(true)));
    }

    #[test]
    fn what_could_not_be_measured_is_not_met() {
        let failed = Line::failed(&FASTER, "no disk");
        assert_eq!((failed.met, failed.ratio), (Some(false), None));
        let nothing = Line::measured(&FASTER, measured(&[1.0], &[0.0]));
        assert_eq!((nothing.met, nothing.ratio), (Some(false), None));
    }

    #[test]
    fn a_line_without_a_goal_is_neither_met_nor_missed() {
        let spec = Spec {
            goal: None,
            ..FASTER
        };
        let line = Line::measured(&spec, measured(&[1.0], &[2.0]));
        assert_eq!((line.met, line.ratio), (None, Some(0.5)));
    }

    #[test]
    fn what_nobody_asked_for_is_neither_met_nor_missed_nor_a_failure() {
        let line = Line::skipped(&FASTER, "not asked for");
        assert_eq!((line.met, line.ratio, line.failure), (None, None, None));
        assert_eq!(line.note, "not asked for");
    }

    #[test]
    fn programs_find_the_members_by_their_names() {
        let line = Line::measured(&FASTER, measured(&[30.0], &[10.0]));
        let json = serde_json::to_value(line).unwrap();
        for (name, value) in [
            ("name", serde_json::json!("faster")),
            ("value", 30.0.into()),
            ("limit", 10.0.into()),
            ("ratio", 3.0.into()),
            ("goal", ">= 2.5".into()),
            ("met", true.into()),
        ] {
            assert_eq!(json[name], value, "{name}");
        }
    }
}
