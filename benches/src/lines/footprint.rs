//! What a service takes before anybody calls it: memory, time to start, disk.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Family, Sheet};
use crate::report::{Goal, Measured, Spec};
use crate::series::Series;
use crate::service::{Service, Settings, executable};
use crate::stand::Stand;

/// The family.
pub const FAMILY: Family = Family {
    specs: &SPECS,
    measure,
    seconds: |options| 3.0 * starts(options.quick) as f64 * 1.5,
};

const SERVICES: [&str; 3] = ["bytepower-svc", "xdua-gateway", "ciam-svc"];

/// In the order of [`SERVICES`], three lines each.
const SPECS: [Spec; 9] = [
    memory("idle-memory-bytepower"),
    start("cold-start-bytepower"),
    size("binary-size-bytepower"),
    memory("idle-memory-xdua"),
    start("cold-start-xdua"),
    size("binary-size-xdua"),
    memory("idle-memory-ciam"),
    start("cold-start-ciam"),
    size("binary-size-ciam"),
];

/// What a service may take; there is nothing on a machine to compare it with.
const MEMORY_MIB: f64 = 15.0;
const START_MS: f64 = 50.0;
const SIZE_MIB: f64 = 15.0;

/// Until what runs once after the start has run.
const SETTLED: Duration = Duration::from_secs(1);

const fn memory(name: &'static str) -> Spec {
    Spec {
        name,
        unit: "MiB",
        goal: Some(Goal::Below(1.0)),
        about: "resident memory a second after the start, SQLite, default settings ÷ what it may be",
    }
}

const fn start(name: &'static str) -> Spec {
    Spec {
        name,
        unit: "ms",
        goal: Some(Goal::Below(1.0)),
        about: "from the start of the process until /health/ready answers 200, tables made before ÷ what it may be",
    }
}

const fn size(name: &'static str) -> Spec {
    Spec {
        name,
        unit: "MiB",
        goal: Some(Goal::Below(1.0)),
        about: "stripped release binary ÷ what it may be",
    }
}

fn starts(quick: bool) -> usize {
    if quick { 3 } else { 10 }
}

fn measure(stand: &Stand, sheet: &mut Sheet<'_>) -> anyhow::Result<()> {
    for (program, specs) in SERVICES.iter().zip(SPECS.chunks(3)) {
        let names = [specs[0].name, specs[1].name, specs[2].name];
        let [memory_name, start_name, size_name] = names;
        if sheet.wants(memory_name) || sheet.wants(start_name) {
            let (memory, start) = start_often(stand, program)?;
            sheet.put(memory_name, budgeted(memory, MEMORY_MIB));
            sheet.put(start_name, budgeted(start, START_MS));
        }
        let bytes = std::fs::metadata(executable(program)?)?.len();
        let size = bytes as f64 / f64::from(1 << 20);
        sheet.put(size_name, budgeted(size.into(), SIZE_MIB));
    }
    Ok(())
}

fn budgeted(value: Series, budget: f64) -> Measured {
    Measured {
        value,
        limit: budget.into(),
        ..Measured::default()
    }
}

/// Memory in MiB and milliseconds until ready, of many starts on one SQLite file.
fn start_often(stand: &Stand, program: &str) -> anyhow::Result<(Series, Series)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("signup.db");
    let settings: Settings = stand.settings(&format!("sqlite://{}", file.display()));
    // The first start makes the tables.
    Service::start(program, &settings, &stand.logs)?.stop()?;
    let (mut memory, mut start) = (Series::default(), Series::default());
    for _ in 0..starts(stand.options.quick) {
        let began = Instant::now();
        let service = Service::start(program, &settings, &stand.logs)?;
        start.push(began.elapsed().as_secs_f64() * 1000.0);
        sleep(SETTLED);
        memory.push(service.memory_mib()?);
        service.stop()?;
    }
    Ok((memory, start))
}
