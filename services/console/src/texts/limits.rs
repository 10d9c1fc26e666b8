//! Limits.

use super::texts;

texts! {
    /// Limits.
    LimitsTexts {
        title: "Limits", "限制";
        caption: "What limits on sending codes refused, or would have refused", "发送验证码的限制拒绝或本应拒绝的次数";
        none: "No limit was reached in this time.", "这段时间内没有达到任何限制。";
        observing: "Limits are only observed now (limits.mode): nothing is refused.",
            "目前仅观察限制（limits.mode）：不会拒绝任何请求。";
        application: "Application", "应用";
        limit: "Limit", "限制";
        channel: "By", "方式";
        refused: "Refused", "已拒绝";
        let_through: "Would have been refused", "本应拒绝";
        last_hour: "Last hour (begins)", "最近发生的小时（起）";
        key: "Changed with", "修改方式";
        since: "Time", "时间";
        day: "Last 24 hours", "最近 24 小时";
        week: "Last 7 days", "最近 7 天";
        month: "Last 30 days", "最近 30 天";
        show: "Show", "显示";
        address_interval: "address, interval", "同一地址，间隔";
        address_day: "address, day", "同一地址，每天";
        client: "client, hour", "同一客户端，每小时";
        country: "country, day", "国家或地区，每天";
        other_countries: "other countries, day", "其他国家或地区，每天";
        application_day: "application, day", "应用，每天";
    }
}
