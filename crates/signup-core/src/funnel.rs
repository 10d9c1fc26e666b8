//! The sign-up funnel: how many people come how far, and when fewer do than before.

use std::ops::AddAssign;

/// A step from one stage of the funnel to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// A code that was asked for was sent: a provider took it.
    Sent,
    /// A code that was sent was entered.
    Verified,
    /// Who entered a code became a user.
    Created,
}

impl Step {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Verified, Self::Created];

    /// The step's name in output: that of the stage it leads to.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Verified => "verified",
            Self::Created => "created",
        }
    }
}

/// Stages that a sign-up can come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A code was asked for, and will be sent.
    Requested,
    /// A provider took the message with the code.
    Sent,
    /// The right code was entered.
    Verified,
    /// A user was created.
    Created,
}

/// How many came to each stage. They are counted when they come there, so somebody who asks at the end of one time and
/// signs up in the next counts in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counts {
    /// Codes asked for.
    pub requested: u64,
    /// Codes sent.
    pub sent: u64,
    /// Codes entered right.
    pub verified: u64,
    /// Users who used a code.
    pub created: u64,
    /// Users who needed none; they are no part of the funnel.
    pub without_code: u64,
}

impl Counts {
    /// Out of how many a step was taken, and how many took it. More can take it than came: those before them may have come
    /// a moment earlier.
    pub const fn of(&self, step: Step) -> (u64, u64) {
        match step {
            Step::Sent => (self.requested, self.sent),
            Step::Verified => (self.sent, self.verified),
            Step::Created => (self.verified, self.created),
        }
    }

    /// The part of those who took a step, from 0 to 1; none where nobody could.
    pub fn share(&self, step: Step) -> Option<f64> {
        let (tries, taken) = self.of(step);
        share(tries, taken)
    }

    /// The part of codes asked for that became users, from 0 to 1; none where nobody asked.
    pub fn conversion(&self) -> Option<f64> {
        share(self.requested, self.created)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.requested += other.requested;
        self.sent += other.sent;
        self.verified += other.verified;
        self.created += other.created;
        self.without_code += other.without_code;
    }
}

fn share(tries: u64, taken: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)]
    (tries > 0).then(|| taken.min(tries) as f64 / tries as f64)
}

/// Spans of time before one that it is compared with.
const BEFORE: usize = 24;
/// A span with fewer tries is not judged: chance rules.
const LEAST_TRIES: u64 = 20;
/// Fewer tries before it are nothing to compare with.
const LEAST_BEFORE: u64 = 100;
/// How far the shares of two spans may be apart by chance, in standard deviations: one span in seven hundred is further
/// below.
const SPREAD: f64 = 3.0;
/// A drop of less than a tenth is none that anybody would look into, however sure it is.
const LEAST_DROP: f64 = 0.1;

/// In which of these spans of time, each as long as the next and the oldest first, which steps were taken by clearly
/// fewer than before.
///
/// A span is compared with the 24 before it, those left out that were marked themselves: with at least 20 tries in it and
/// 100 before, it is marked when the share of those who took the step is so much smaller that the intervals in which both
/// shares lie with near certainty (Wilson score intervals at three standard deviations) do not meet, and by a tenth at
/// least. So a lasting change is marked for 24 spans, and is normal then.
pub fn drops(spans: &[Counts]) -> Vec<Vec<Step>> {
    let mut marked = vec![Vec::new(); spans.len()];
    for step in Step::ALL {
        for at in 0..spans.len() {
            let (mut tries, mut taken) = (0, 0);
            for before in at.saturating_sub(BEFORE)..at {
                if !marked[before].contains(&step) {
                    let (more_tries, more_taken) = spans[before].of(step);
                    tries += more_tries;
                    taken += more_taken;
                }
            }
            if is_drop(spans[at].of(step), (tries, taken)) {
                marked[at].push(step);
            }
        }
    }
    marked
}

fn is_drop(now: (u64, u64), before: (u64, u64)) -> bool {
    if now.0 < LEAST_TRIES || before.0 < LEAST_BEFORE {
        return false;
    }
    let (Some(share_now), Some(share_before)) = (share(now.0, now.1), share(before.0, before.1))
    else {
        return false;
    };
    let (_, highest_now) = wilson(now.0, share_now);
    let (lowest_before, _) = wilson(before.0, share_before);
    highest_now < lowest_before && share_now <= share_before * (1.0 - LEAST_DROP)
}

/// The interval in which the true share lies (Wilson 1927): unlike the simple one it is right for small numbers and for
/// shares near 0 and 1.
fn wilson(tries: u64, share: f64) -> (f64, f64) {
    #[allow(clippy::cast_precision_loss)]
    let tries = tries as f64;
    let square = SPREAD * SPREAD;
    let middle = (share + square / (2.0 * tries)) / (1.0 + square / tries);
    let variance = share * (1.0 - share) / tries + square / (4.0 * tries * tries);
    let half = SPREAD * variance.sqrt() / (1.0 + square / tries);
    (middle - half, middle + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans in which these out of so many codes were sent.
    fn sent(spans: &[(u64, u64)]) -> Vec<Counts> {
        let counts = spans.iter().map(|&(sent, requested)| Counts {
            requested,
            sent,
            ..Counts::default()
        });
        counts.collect()
    }

    /// Where the step to `sent` is marked.
    fn marked(spans: &[(u64, u64)]) -> Vec<usize> {
        let drops = drops(&sent(spans));
        (0..drops.len())
            .filter(|&at| drops[at].contains(&Step::Sent))
            .collect()
    }

    #[test]
    fn a_clear_drop_is_marked_and_its_end_is_not() {
        let spans = [(95, 100), (97, 100), (60, 100), (58, 100), (96, 100)];
        assert_eq!(marked(&spans), [2, 3]);
    }

    #[test]
    fn what_chance_would_do_is_not_marked() {
        assert!(marked(&[(80, 100), (75, 100), (70, 100), (82, 100)]).is_empty());
        assert!(marked(&[(50, 100), (50, 100), (41, 100)]).is_empty());
    }

    #[test]
    fn few_tries_say_nothing() {
        assert!(marked(&[(100, 100), (0, 19)]).is_empty(), "too few in it");
        assert!(marked(&[(99, 99), (0, 100)]).is_empty(), "too few before");
        assert_eq!(marked(&[(100, 100), (0, 20)]), [1]);
    }

    #[test]
    fn a_sure_drop_that_is_small_is_not_marked() {
        assert!(marked(&[(950_000, 1_000_000), (900_000, 1_000_000)]).is_empty());
        assert_eq!(marked(&[(950_000, 1_000_000), (850_000, 1_000_000)]), [1]);
    }

    #[test]
    fn a_lasting_change_is_normal_after_so_many_spans_as_are_looked_back() {
        let mut spans = vec![(950, 1000); 24];
        spans.extend([(500, 1000); 40]);
        assert_eq!(marked(&spans), (24..48).collect::<Vec<_>>());
    }

    #[test]
    fn each_step_is_judged_by_itself() {
        let good = Counts {
            requested: 100,
            sent: 99,
            verified: 80,
            created: 78,
            without_code: 0,
        };
        let unread = Counts {
            verified: 20,
            created: 19,
            ..good
        };
        assert_eq!(
            drops(&[good, good, unread]),
            [vec![], vec![], vec![Step::Verified]]
        );
    }

    #[test]
    fn a_share_is_never_more_than_all() {
        let late = Counts {
            requested: 1,
            sent: 3,
            ..Counts::default()
        };
        assert_eq!(late.share(Step::Sent), Some(1.0));
        assert_eq!(Counts::default().conversion(), None);
    }
}
