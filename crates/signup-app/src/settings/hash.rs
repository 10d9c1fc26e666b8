//! `[hash]`

use super::http::or_cores;
use super::reader::Reader;

const TEST_COST: u32 = 4;
const LOWEST_COST: u32 = 10;
const HIGHEST_COST: u32 = 15;

/// How passwords are hashed.
#[derive(Clone, Debug)]
pub struct HashSettings {
    /// bcrypt cost for applications that set none.
    pub cost: u32,
    /// Threads that hash, at least 1.
    pub threads: usize,
    /// Most passwords that may wait for a thread.
    pub queue: usize,
    /// Whether costs below 10 are permitted; for tests only.
    pub allow_test_cost: bool,
}

impl HashSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let allow_test_cost = reader.flag("hash.allow_test_cost");
        let lowest = if allow_test_cost {
            TEST_COST
        } else {
            LOWEST_COST
        };
        Self {
            cost: reader.integer("hash.cost", lowest..=HIGHEST_COST),
            threads: or_cores(reader.integer("hash.threads", 0..=256)),
            queue: reader.integer("hash.queue", 1..=100_000),
            allow_test_cost,
        }
    }

    /// The lowest and the highest cost that may be used.
    #[must_use]
    pub fn permitted_costs(&self) -> std::ops::RangeInclusive<u32> {
        let lowest = if self.allow_test_cost {
            TEST_COST
        } else {
            LOWEST_COST
        };
        lowest..=HIGHEST_COST
    }
}
