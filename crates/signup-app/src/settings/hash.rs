//! `[hash]`

use std::ops::RangeInclusive;

use signup_core::password::BCRYPT_COSTS;

use super::http::or_cores;
use super::reader::Reader;

/// The cheapest cost that bcrypt knows.
const TEST_COST: u32 = 4;

/// How passwords are hashed.
#[derive(Clone, Debug)]
pub struct HashSettings {
    /// bcrypt cost for applications that set none.
    pub cost: u32,
    /// Threads that hash, at least 1.
    pub threads: usize,
    /// Most passwords that may wait for a thread.
    pub queue: usize,
    /// How much the hash threads' nice value is above the process's, 0 to 19; of effect on Linux.
    pub nice: i32,
    /// Whether costs below [`BCRYPT_COSTS`] are permitted; for tests only.
    pub allow_test_cost: bool,
}

impl HashSettings {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let allow_test_cost = reader.flag("hash.allow_test_cost");
        Self {
            cost: reader.integer("hash.cost", permitted_costs(allow_test_cost)),
            threads: or_cores(reader.integer("hash.threads", 0..=256)),
            queue: reader.integer("hash.queue", 1..=100_000),
            nice: reader.integer("hash.nice", 0..=19),
            allow_test_cost,
        }
    }

    /// The costs that may be used.
    #[must_use]
    pub fn permitted_costs(&self) -> RangeInclusive<u32> {
        permitted_costs(self.allow_test_cost)
    }
}

fn permitted_costs(allow_test_cost: bool) -> RangeInclusive<u32> {
    if allow_test_cost {
        TEST_COST..=*BCRYPT_COSTS.end()
    } else {
        BCRYPT_COSTS
    }
}
