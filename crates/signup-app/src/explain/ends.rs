//! Where knowledge ends, and why.

use signup_core::event::EventType;
use signup_store::UserRecord;

use super::search::Search;
use super::steps::{Words, length};
use crate::import::origin_of;
use crate::settings::{KeptDecisions, Settings};

/// What the time line cannot show, each in a sentence without its full stop.
pub fn of(found: &Search, settings: &Settings, words: &Words) -> Vec<String> {
    let mut notes = Vec::new();
    let trace = &settings.trace;
    match trace.decisions {
        KeptDecisions::All => {}
        KeptDecisions::Refused => notes.push(
            words
                .pick(
                    "only refused requests are kept (trace.decisions is \"refused\" in the settings read here)",
                    "只保留被拒绝的请求（此处读取的设置中 trace.decisions 为 \"refused\"）",
                )
                .to_owned(),
        ),
        KeptDecisions::Off => notes.push(
            words
                .pick(
                    "no requests are kept (trace.decisions is \"off\" in the settings read here)",
                    "不保留请求（此处读取的设置中 trace.decisions 为 \"off\"）",
                )
                .to_owned(),
        ),
    }
    if found.decisions.is_empty() && found.users.is_empty() && found.events.is_empty() {
        let (requests, events) = (length(trace.retention), length(settings.bus.retention));
        notes.push(words.pick(
            format!(
                "requests are kept for {requests} after they came and can be looked for a second after their answer; codes \
                 are kept for a day after their end, published events for {events}"
            ),
            format!(
                "请求在到达后保留 {requests}，响应一秒后即可查到；验证码在失效后保留一天，已发布的事件保留 {events}"
            ),
        ));
    }
    for user in found.users.values() {
        notes.extend(of_user(user, found, settings, words));
    }
    for (id, stored) in &found.events {
        let asks_for_message = stored.event.event_type == EventType::OtpRequested.as_str();
        if asks_for_message && stored.published_at.is_some() && !found.deliveries.contains_key(id) {
            notes.push(words.pick(
                format!(
                    "no message is recorded for event {id}: no worker has dealt with it yet, or it was more than 30 days ago"
                ),
                format!("事件 {id} 没有消息记录：尚未被处理，或已超过 30 天"),
            ));
        }
    }
    if found.by_mask {
        notes.push(
            words
                .pick(
                    "requests are kept with masked addresses, and other people's can look the same",
                    "请求中的地址已脱敏，其他人的地址可能看起来相同",
                )
                .to_owned(),
        );
    }
    if found.more {
        notes.push(
            words
                .pick(
                    "there is more than is shown; look for a single request or user",
                    "还有更多未显示的内容；请查找单个请求或用户",
                )
                .to_owned(),
        );
    }
    notes
}

fn of_user(user: &UserRecord, found: &Search, settings: &Settings, words: &Words) -> Vec<String> {
    let mut notes = Vec::new();
    let id = &user.public_id;
    if let Some(origin) = origin_of(&user.request_id) {
        return vec![words.pick(
            format!(
                "user {id} signed up elsewhere and was imported ({origin}): nobody here saw a request or a code, and there is \
                 an event only if the import announced users"
            ),
            format!(
                "用户 {id} 在别处注册后导入（{origin}）：此处没有请求或验证码，仅当导入时通知了用户才有事件"
            ),
        )];
    }
    let has_request = found
        .decisions
        .iter()
        .any(|decision| decision.request_id == user.request_id);
    if !has_request && settings.trace.decisions == KeptDecisions::All {
        let request = &user.request_id;
        let retention = length(settings.trace.retention);
        let is_old = user.created_at < words.now.before(settings.trace.retention);
        notes.push(if is_old {
            words.pick(
                format!(
                    "request {request}, which created user {id}, is older than what is kept ({retention}, trace.retention)"
                ),
                format!("创建用户 {id} 的请求 {request} 已超过保留期（{retention}，trace.retention）"),
            )
        } else {
            words.pick(
                format!(
                    "request {request}, which created user {id}, was not kept: trace.decisions was off, or the database did \
                     not take it in time (metric signup_decisions_dropped_total)"
                ),
                format!(
                    "创建用户 {id} 的请求 {request} 未保留：trace.decisions 当时为 off，或数据库未能及时写入\
                     （指标 signup_decisions_dropped_total）"
                ),
            )
        });
    }
    let has_event = found.events.values().any(|stored| {
        stored.event.subject == *id && stored.event.event_type == EventType::UserCreated.as_str()
    });
    if !has_event {
        let retention = length(settings.bus.retention);
        notes.push(words.pick(
            format!(
                "the event of user {id} is gone: events are kept for {retention} after they were published (bus.retention)"
            ),
            format!("用户 {id} 的事件已清除：事件在发布后保留 {retention}（bus.retention）"),
        ));
    }
    let is_verified = user.identifiers.iter().any(|(.., verified)| *verified);
    let has_code = found
        .challenges
        .values()
        .any(|record| record.consumed_by.as_deref() == Some(&user.id));
    if is_verified && !has_code {
        notes.push(words.pick(
            format!("the code of user {id} is gone: codes are kept for a day after their end"),
            format!("用户 {id} 的验证码已清除：验证码在失效后保留一天"),
        ));
    }
    notes
}
