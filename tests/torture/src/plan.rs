//! What is killed when: drawn from a seed, so that a run can be repeated.

use std::fmt;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use crate::product::Program;

/// Replicas of every program.
pub const REPLICAS: usize = 2;

/// Something that can be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// A replica of a program, counted from 0.
    Process(Program, usize),
    /// The broker's node.
    Broker,
    /// The database server.
    Database,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(program, replica) => write!(f, "{program} {}", replica + 1),
            Self::Broker => f.write_str("broker"),
            Self::Database => f.write_str("database"),
        }
    }
}

/// One SIGKILL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// What is killed.
    pub victim: Victim,
    /// How long it stays away.
    pub down: Duration,
}

/// A while of load, then one or two strikes at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Load before the strikes.
    pub load: Duration,
    /// What is struck.
    pub strikes: Vec<Strike>,
}

/// Draws the rounds. Victims are dealt like cards from a shuffled pack that holds each process once and broker and
/// database twice, so that a dozen rounds strike everything. In one round of four a second victim falls with the first.
pub fn draw(seed: u64, rounds: usize) -> Vec<Round> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut pack = Vec::new();
    (0..rounds)
        .map(|_| {
            let load = millis(&mut random, 200, 2_000);
            let mut strikes = vec![strike(&mut random, &mut pack)];
            if random.random_range(0..4) == 0 {
                let second = strike(&mut random, &mut pack);
                if second.victim != strikes[0].victim {
                    strikes.push(second);
                }
            }
            Round { load, strikes }
        })
        .collect()
}

fn strike(random: &mut StdRng, pack: &mut Vec<Victim>) -> Strike {
    let victim = pack.pop().unwrap_or_else(|| {
        *pack = full_pack();
        pack.shuffle(random);
        // A full pack has a card.
        pack.pop().unwrap_or(Victim::Database)
    });
    // Every third comes back at once, as a supervisor would have it.
    let down = if random.random_range(0..3) == 0 {
        Duration::ZERO
    } else {
        millis(random, 100, 3_000)
    };
    Strike { victim, down }
}

fn full_pack() -> Vec<Victim> {
    let processes = Program::ALL
        .into_iter()
        .flat_map(|program| (0..REPLICAS).map(move |replica| Victim::Process(program, replica)));
    processes
        .chain([Victim::Broker, Victim::Broker])
        .chain([Victim::Database, Victim::Database])
        .collect()
}

fn millis(random: &mut StdRng, least: u64, most: u64) -> Duration {
    Duration::from_millis(random.random_range(least..=most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_rounds() {
        assert_eq!(draw(7, 50), draw(7, 50));
        assert_ne!(draw(7, 50), draw(8, 50));
    }

    #[test]
    fn a_longer_run_begins_like_a_shorter_one() {
        assert_eq!(draw(7, 50)[..20], draw(7, 20));
    }

    #[test]
    fn a_dozen_rounds_strike_everything() {
        for seed in 0..50 {
            let rounds = draw(seed, 12);
            let struck: Vec<_> = rounds.iter().flat_map(|round| &round.strikes).collect();
            for victim in full_pack() {
                let found = struck.iter().any(|strike| strike.victim == victim);
                assert!(found, "seed {seed} spares {victim}");
            }
        }
    }
}
