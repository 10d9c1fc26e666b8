use std::time::Duration;

use signup_core::code::Channel::{self, Email, Sms};
use signup_core::funnel::{Counts, Stage};
use signup_core::time::Timestamp;
use signup_store::{FunnelFilter, FunnelGroup, FunnelPlace, FunnelRow, Retention, Store};

use crate::fixture::{Fixture, NOW};
use crate::on_both;

on_both!(
    counts_of_all_processes_add_up,
    counts_are_told_apart_and_chosen_by_place_and_time,
    counts_are_forgotten_when_their_time_is_over,
);

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: i64 = 60 * 60 * 1000;

fn place(time: Timestamp, application: &str, code: Option<(Channel, &str)>) -> FunnelPlace {
    let country = code.map(|(_, country)| country);
    FunnelPlace::at(
        time,
        "acme",
        application,
        code.map(|(channel, _)| channel),
        country,
    )
}

fn all() -> FunnelFilter {
    FunnelFilter {
        since: NOW.before(60 * MINUTE),
        until: NOW.after(60 * MINUTE),
        width: HOUR,
        application: None,
        channel: None,
        country: None,
        by: FunnelGroup::Everything,
    }
}

async fn read(store: &Store, filter: FunnelFilter) -> Vec<FunnelRow> {
    store.funnel(&filter).await.unwrap()
}

async fn counts_of_all_processes_add_up(fixture: Fixture) {
    let processes = [fixture.another_process(), fixture.another_process()];
    let counts = |first: Stage, second: Stage| {
        vec![
            (place(NOW, "shop", Some((Sms, "86"))), first, 2),
            (place(NOW, "shop", Some((Email, ""))), second, 1),
            (
                place(NOW.after(MINUTE), "shop", Some((Sms, "86"))),
                second,
                1,
            ),
        ]
    };
    let work = (0..10).map(|number| {
        let (first, second) = match number % 2 {
            0 => (Stage::Requested, Stage::Sent),
            _ => (Stage::Verified, Stage::Created),
        };
        processes[number % 2].count_funnel(counts(first, second))
    });
    for written in futures_util::future::join_all(work).await {
        written.unwrap();
    }

    let [row] = read(&fixture.store, all()).await.try_into().unwrap();
    let expected = Counts {
        requested: 10,
        sent: 10,
        verified: 10,
        created: 10,
        without_code: 0,
    };
    assert_eq!(row.counts, expected);
}

async fn counts_are_told_apart_and_chosen_by_place_and_time(fixture: Fixture) {
    let store = &fixture.store;
    let later = NOW.after(90 * MINUTE);
    let counts = vec![
        (place(NOW, "shop", Some((Sms, "86"))), Stage::Requested, 5),
        (place(NOW, "shop", Some((Sms, "1"))), Stage::Requested, 4),
        (place(NOW, "app", Some((Email, ""))), Stage::Requested, 3),
        (place(NOW, "app", None), Stage::Created, 2),
        (place(later, "app", Some((Email, ""))), Stage::Requested, 1),
    ];
    store.count_funnel(counts).await.unwrap();

    let groups = async |filter: FunnelFilter| -> Vec<(String, u64)> {
        let rows = read(store, filter).await.into_iter();
        rows.map(|row| (row.group, row.counts.requested)).collect()
    };
    let named = |rows: &[(&str, u64)]| -> Vec<(String, u64)> {
        rows.iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    let by = |by| FunnelFilter { by, ..all() };
    assert_eq!(groups(all()).await, named(&[("", 12)]));
    let countries = groups(by(FunnelGroup::Country)).await;
    assert_eq!(countries, named(&[("", 3), ("1", 4), ("86", 5)]));
    let channels = groups(by(FunnelGroup::Channel)).await;
    assert_eq!(channels, named(&[("", 0), ("email", 3), ("sms", 9)]));
    let applications = groups(by(FunnelGroup::Application)).await;
    assert_eq!(applications, named(&[("acme/app", 3), ("acme/shop", 9)]));
    let shop = FunnelFilter {
        application: Some(("acme".into(), "shop".into())),
        country: Some("86".into()),
        channel: Some(Sms),
        ..all()
    };
    assert_eq!(groups(shop).await, named(&[("", 5)]));
    let longer = FunnelFilter {
        until: NOW.after(180 * MINUTE),
        ..all()
    };
    let rows = read(store, longer).await;
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].counts.without_code, 2);
    assert!(rows.iter().all(|row| row.start.as_millis() % HOUR == 0));
}

async fn counts_are_forgotten_when_their_time_is_over(fixture: Fixture) {
    let store = &fixture.store;
    let counts = vec![(place(NOW, "shop", None), Stage::Created, 1)];
    store.count_funnel(counts).await.unwrap();
    let retention = Retention::default();
    store
        .sweep(NOW.after(retention.funnel / 2), retention)
        .await
        .unwrap();
    assert_eq!(read(store, all()).await.len(), 1);
    store
        .sweep(NOW.after(retention.funnel + MINUTE), retention)
        .await
        .unwrap();
    assert!(read(store, all()).await.is_empty());
}
