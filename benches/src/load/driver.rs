//! One thread that sends requests on many connections and reads the replies.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use mio::{Events, Poll, Token, Waker};

use super::connection::Connection;
use super::consumer::{Consumer, Moments, public_id};
use super::histogram::Recorder;
use super::order::{Order, Outcome, Pace};
use super::reply::{Reply, Verdict};
use super::requests::Requests;

/// What a load process prints when it waits for the word.
pub const READY: &str = "ready";

/// Longest time for the last replies. The services answer within 4 s.
const LAST_REPLIES: Duration = Duration::from_secs(10);

/// In an open loop the thread is woken at most so often. A request that is due is sent that much too late at worst,
/// and its latency counts it.
const SHORTEST_TICK: Duration = Duration::from_micros(100);

/// An unexpected reply is shown up to this length.
const SHOWN: usize = 300;

const WAKER: Token = Token(usize::MAX);

/// The whole life of a load process: reads an [`Order`] from standard input, says [`READY`], waits for a second line,
/// does it, and prints the [`Outcome`].
///
/// # Errors
/// A reply was not what it must be, or the order cannot be carried out.
pub fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let order: Order = serde_json::from_str(&line).context("the order cannot be read")?;
    let mut driver = Driver::prepare(&order)?;
    println!("{READY}");
    io::stdout().flush()?;
    line.clear();
    if io::stdin().read_line(&mut line)? == 0 {
        bail!("nobody waits for this load any more");
    }
    let outcome = driver.work()?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// Wakes the driver when a request is due. The system's timers are finer than those of polling.
struct Ticker(Arc<AtomicBool>);

impl Ticker {
    fn start(waker: Waker, interval: Duration) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stopped);
        std::thread::spawn(move || {
            let mut next = Instant::now();
            while !seen.load(Ordering::Relaxed) {
                next += interval;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
                if waker.wake().is_err() {
                    break;
                }
            }
        });
        Self(stopped)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Driver<'a> {
    order: &'a Order,
    requests: Requests,
    poll: Poll,
    connections: Vec<Connection>,
    /// Free connections, the one that has rested longest first, so that none rests so long that the service closes it.
    free: VecDeque<usize>,
    consumer: Option<Consumer>,
    tally: Tally,
}

/// What has been counted.
struct Tally {
    shape: super::reply::Shape,
    may_refuse: bool,
    /// From when to when it counts.
    window: (Instant, Instant),
    accepted: u64,
    accepted_in_all: u64,
    refused: u64,
    latencies: Recorder,
    refusals: Recorder,
    /// Replies that count, by their users; only when somebody consumes the events.
    moments: Option<Moments>,
    lag: Recorder,
}

impl<'a> Driver<'a> {
    fn prepare(order: &'a Order) -> anyhow::Result<Self> {
        let requests = Requests::read(&order.requests, order.repeat)?;
        let poll = Poll::new()?;
        let now = Instant::now();
        Ok(Self {
            order,
            requests,
            poll,
            free: VecDeque::new(),
            connections: Vec::new(),
            consumer: order.watch.as_ref().map(Consumer::start).transpose()?,
            tally: Tally {
                shape: order.shape,
                may_refuse: order.may_refuse,
                window: (now, now),
                accepted: 0,
                accepted_in_all: 0,
                refused: 0,
                latencies: Recorder::new()?,
                refusals: Recorder::new()?,
                moments: order.watch.as_ref().map(|_| Moments::new()),
                lag: Recorder::new()?,
            },
        })
    }

    /// Not before the word: the service closes a connection on which nothing comes for 5 s.
    fn connect(&mut self) -> anyhow::Result<()> {
        let address = self.order.address;
        self.connections = (0..self.order.connections)
            .map(|number| Connection::open(address, Token(number), self.poll.registry()))
            .collect::<io::Result<_>>()
            .with_context(|| format!("no connection to {address}"))?;
        self.free = (0..self.connections.len()).collect();
        Ok(())
    }

    fn work(&mut self) -> anyhow::Result<Outcome> {
        self.connect()?;
        let cpu_before = cpu_seconds()?;
        let start = Instant::now();
        let from = start + Duration::from_secs_f64(self.order.warm_up);
        let until = from + Duration::from_secs_f64(self.order.seconds);
        self.tally.window = (from, until);
        let ended = match self.order.pace {
            Pace::ClosedLoop => self.closed_loop(until)?,
            Pace::OpenLoop(rate) => self.open_loop(start, until, rate)?,
        };
        self.last_replies()?;
        let elapsed = start.elapsed().as_secs_f64();
        let consumer = self.consumer.take().zip(self.tally.moments.as_ref());
        let arrivals = consumer
            .map(|(consumer, replies)| consumer.finish(self.tally.accepted_in_all, replies))
            .transpose()?;
        let counted = ended.saturating_duration_since(from).as_secs_f64();
        Ok(Outcome {
            seconds: counted,
            elapsed,
            accepted: self.tally.accepted,
            accepted_in_all: self.tally.accepted_in_all,
            refused: self.tally.refused,
            latencies: self.tally.latencies.latencies(),
            refusals: self.tally.refusals.latencies(),
            arrivals,
            lag: self.tally.lag.latencies(),
            cpu_seconds: cpu_seconds()? - cpu_before,
        })
    }

    /// Sends on every free connection at once. Returns when the time is over or the requests are used up, and says
    /// when that was.
    fn closed_loop(&mut self, until: Instant) -> anyhow::Result<Instant> {
        let mut events = Events::with_capacity(1024);
        loop {
            let now = Instant::now();
            if now >= until {
                return Ok(until);
            }
            while let Some(number) = self.free.pop_front() {
                let Some(request) = self.requests.take() else {
                    // What is answered from now on does not count.
                    self.tally.window.1 = now;
                    return Ok(now);
                };
                self.connections[number].send(request, Instant::now())?;
            }
            self.poll(&mut events, Some(until - now))?;
        }
    }

    /// Sends one request after the other when it is due, if a connection is free, else as soon as one is.
    fn open_loop(&mut self, start: Instant, until: Instant, rate: f64) -> anyhow::Result<Instant> {
        let interval = Duration::from_secs_f64(1.0 / rate);
        let waker = Waker::new(self.poll.registry(), WAKER)?;
        let _ticker = Ticker::start(waker, interval.max(SHORTEST_TICK));
        let mut events = Events::with_capacity(1024);
        for number in 0_u32.. {
            let due = start + interval * number;
            if due >= until {
                break;
            }
            while Instant::now() < due || self.free.is_empty() {
                self.poll(&mut events, Some(LAST_REPLIES))?;
            }
            let Some(request) = self.requests.take() else {
                bail!("the requests were used up before the time was over");
            };
            if let Some(number) = self.free.pop_front() {
                if due >= self.tally.window.0 {
                    self.tally.lag.record(due.elapsed());
                }
                self.connections[number].send(request, due)?;
            }
        }
        Ok(until)
    }

    fn last_replies(&mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(1024);
        let end = Instant::now() + LAST_REPLIES;
        while self
            .connections
            .iter()
            .any(|connection| connection.due.is_some())
        {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("requests were not answered within {LAST_REPLIES:?}");
            }
            self.poll(&mut events, Some(left))?;
        }
        Ok(())
    }

    fn poll(&mut self, events: &mut Events, patience: Option<Duration>) -> anyhow::Result<()> {
        match self.poll.poll(events, patience) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in events.iter() {
            let number = event.token().0;
            let Some(connection) = self.connections.get_mut(number) else {
                continue;
            };
            if event.is_writable() {
                connection.flush()?;
            }
            if !event.is_readable() {
                continue;
            }
            let tally = &mut self.tally;
            match connection.receive(|reply, due| tally.count(reply, due)) {
                Ok(None) => {}
                Ok(Some(Ok(()))) => self.free.push_back(number),
                Ok(Some(Err(problem))) | Err(problem) => bail!("{problem}"),
            }
        }
        Ok(())
    }
}

impl Tally {
    fn count(&mut self, reply: &Reply<'_>, due: Instant) -> Result<(), String> {
        let now = Instant::now();
        let counts = now >= self.window.0 && now < self.window.1;
        match self.shape.judge(reply) {
            Verdict::Accepted => {
                self.accepted_in_all += 1;
                if counts {
                    self.accepted += 1;
                    self.latencies.record(now - due);
                    if let Some(moments) = &mut self.moments {
                        let id = self.shape.public_id(reply).and_then(public_id);
                        moments.push((id.ok_or("a reply without a public id")?, now));
                    }
                }
            }
            Verdict::Refused if self.may_refuse => {
                if counts {
                    self.refused += 1;
                    self.refusals.record(now - due);
                }
            }
            Verdict::Refused | Verdict::Unexpected => {
                let body = String::from_utf8_lossy(&reply.body[..reply.body.len().min(SHOWN)]);
                return Err(format!("an unexpected reply: {} {body}", reply.status));
            }
        }
        Ok(())
    }
}

/// CPU time of this process, proc(5): user and system time in ticks of a hundredth of a second. Zero where there is no
/// /proc.
fn cpu_seconds() -> anyhow::Result<f64> {
    let Ok(line) = std::fs::read_to_string("/proc/self/stat") else {
        return Ok(0.0);
    };
    let (_, rest) = line.rsplit_once(')').context("/proc/self/stat")?;
    let ticks = rest.split_whitespace().skip(11).take(2);
    Ok(ticks
        .filter_map(|tick| tick.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0)
}
