//! The start page.

use super::texts;

texts! {
    /// The start page.
    OverviewTexts {
        title: "Overview", "概览";
        by_provider: "Applications by provider", "各提供方的应用";
        provider: "Provider", "提供方";
        all: "Applications", "应用数";
        enabled: "Enabled", "已启用";
        events: "Events", "事件";
        waiting: "Waiting in the outbox", "发件箱中等待";
        oldest: "Oldest since", "最早的始于";
    }
}
