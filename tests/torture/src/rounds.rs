//! The killing.

use std::io::IsTerminal as _;
use std::time::Instant;

use futures_util::future::try_join_all;
use tokio::time::sleep;

use crate::ground::Ground;
use crate::ledger::Ledger;
use crate::plan::{Round, Strike};

/// Carries the rounds out, and tells of each on standard error. Returns the processes that ended without being killed.
///
/// # Errors
/// A victim does not come back.
pub async fn carry_out(
    ground: &Ground,
    rounds: &[Round],
    ledger: &Ledger,
) -> anyhow::Result<Vec<String>> {
    let start = Instant::now();
    let mut deserters = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        // The load itself, for as long as the plan says.
        sleep(round.load).await;
        deserters.extend(ground.deserters().await);
        let struck = round.strikes.iter().map(async |strike| {
            let back = ground.strike(*strike).await?;
            anyhow::Ok(format!(
                "{}, back in {:.1} s",
                told(strike),
                back.as_secs_f64()
            ))
        });
        let struck = try_join_all(struck).await?.join("; ");
        let (accepted, waiting) = ledger.count();
        let line = format!(
            "round {:>3}/{}  {:>5.1} s  {accepted} signed up, {waiting} under way | {struck}",
            number + 1,
            rounds.len(),
            start.elapsed().as_secs_f64(),
        );
        if std::io::stderr().is_terminal() {
            eprintln!("\x1b[2m{line}\x1b[0m");
        } else {
            eprintln!("{line}");
        }
    }
    deserters.extend(ground.deserters().await);
    Ok(deserters)
}

/// A strike in words.
pub fn told(strike: &Strike) -> String {
    let victim = strike.victim;
    if strike.down.is_zero() {
        format!("{victim} killed")
    } else {
        format!("{victim} killed, {:.1} s away", strike.down.as_secs_f64())
    }
}
