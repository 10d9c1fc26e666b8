//! Figures of the rounds of one measurement.

use serde::Serialize;

/// One figure per round.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Series(Vec<f64>);

impl Series {
    /// Adds a round's figure.
    pub fn push(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// The median: one round that somebody else's work disturbed does not move it. None without rounds.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() % 2 {
            1 => sorted.get(middle).copied(),
            _ => Some((sorted.get(middle.checked_sub(1)?)? + sorted.get(middle)?) / 2.0),
        }
    }

    /// How far apart the rounds are: from the lowest to the highest figure, in parts of the median. None for fewer than
    /// two rounds.
    pub fn spread(&self) -> Option<f64> {
        let median = self.median().filter(|median| *median != 0.0)?;
        let lowest = self.0.iter().copied().min_by(f64::total_cmp)?;
        let highest = self.0.iter().copied().max_by(f64::total_cmp)?;
        (self.0.len() > 1).then_some((highest - lowest) / median)
    }
}

impl From<f64> for Series {
    fn from(figure: f64) -> Self {
        Self(vec![figure])
    }
}

impl FromIterator<f64> for Series {
    fn from_iter<T: IntoIterator<Item = f64>>(figures: T) -> Self {
        Self(figures.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(figures: &[f64]) -> Series {
        figures.iter().copied().collect()
    }

    #[test]
    fn a_median_ignores_one_bad_round() {
        assert_eq!(series(&[10.0, 1.0, 11.0]).median(), Some(10.0));
        assert_eq!(series(&[4.0, 1.0, 3.0, 2.0]).median(), Some(2.5));
        assert_eq!(series(&[7.0]).median(), Some(7.0));
        assert_eq!(series(&[]).median(), None);
    }

    #[test]
    fn a_spread_is_measured_in_parts_of_the_median() {
        assert_eq!(series(&[8.0, 10.0, 13.0]).spread(), Some(0.5));
        assert_eq!(series(&[8.0]).spread(), None);
        assert_eq!(series(&[0.0, 0.0]).spread(), None);
    }
}
