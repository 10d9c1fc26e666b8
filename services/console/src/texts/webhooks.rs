//! Webhooks and their deliveries.

use signup_store::{WebhookDeliveryState, WebhookState};

use super::texts;

texts! {
    /// Webhooks and their deliveries.
    WebhooksTexts {
        title: "Webhooks", "Webhook";
        caption: "Who gets events by HTTP", "通过 HTTP 接收事件的地址";
        none: "There are no webhooks yet.", "还没有 Webhook。";
        url: "URL", "URL";
        events_of: "Events of", "事件来源";
        all: "all", "全部";
        types: "Types", "事件类型";
        types_choice: "Types; all if none is ticked", "事件类型（都不勾选表示全部）";
        state: "State", "状态";
        since: "since", "起于";
        reason: "Reason", "原因";
        failing_since: "Failing since", "持续失败自";
        held_until: "Not called before", "暂不调用至";
        old_secret: "Old secret signs until", "旧密钥有效至";
        contact: "Contact", "联系人";
        created: "Created", "创建时间";
        pending: "Waiting", "等待中";
        failed: "Given up", "已放弃";
        active: "active", "启用";
        paused: "paused", "已暂停";
        disabled: "switched off", "已停用";
        delivered: "delivered", "已送达";
        new_webhook: "New webhook", "新建 Webhook";
        new_text: "Events that happen from now on are posted to the URL, signed after the Standard Webhooks specification.",
            "此后发生的事件会按 Standard Webhooks 规范签名并发送到该 URL。";
        provider_all: "All providers", "所有提供方";
        application: "Application, as PROVIDER/ID; empty: all", "应用，格式为 PROVIDER/ID；留空表示全部";
        contact_hint: "E-mail address that is told when the webhook is switched off; may be empty",
            "Webhook 被停用时通知的邮箱，可留空";
        create: "Create", "创建";
        unknown_application: "There is no such application.", "没有这个应用。";
        bad_url: "The URL cannot be a webhook's:", "该 URL 不能用作 Webhook：";
        url_too_long: "The URL cannot be a webhook's: it has more than 2,048 characters.",
            "该 URL 不能用作 Webhook：超过 2,048 个字符。";
        bad_contact: "The contact is no e-mail address.", "联系人不是邮箱地址。";
        secret_title: "The webhook's secret", "Webhook 的密钥";
        secret_once: "Store the secret now: it is not shown again.", "请立即保存密钥：不会再次显示。";
        secret: "Secret", "密钥";
        to_webhook: "To the webhook", "前往该 Webhook";
        pause: "Pause", "暂停";
        resume: "Call it again", "恢复调用";
        paused_text: "Events that happen meanwhile are not queued. After resuming, deliver them with a replay.",
            "暂停期间的事件不会排队。恢复后可重新投递。";
        rotate: "New secret", "更换密钥";
        rotate_text: "The old secret signs as well for 24 hours.", "旧密钥在 24 小时内仍会一并签名。";
        rotated_elsewhere: "Somebody else has made a new secret at the same moment. Nothing was changed here.",
            "他人同时更换了密钥，此处未作更改。";
        delete: "Delete", "删除";
        sure: "I am sure", "我确定";
        tick_sure: "Tick the box to confirm.", "请勾选以确认。";
        replay: "Deliver again", "重新投递";
        replay_what: "Which events", "哪些事件";
        replay_failed: "Those that were given up", "已放弃的事件";
        replay_day: "All of the last 24 hours", "最近 24 小时的全部事件";
        replay_week: "All of the last 7 days", "最近 7 天的全部事件";
        replay_text: "Receivers recognise repeats by webhook-id. Only what the outbox still has can be delivered again.",
            "接收方可按 webhook-id 识别重复。只有仍保留在发件箱中的事件可以重新投递。";
        replayed: "events are due now", "个事件将立即投递";
        no_such_event: "The event is not in the outbox any more, or the webhook does not want it.",
            "事件已不在发件箱中，或此 Webhook 不接收它。";
        replay_choose: "Choose which events.", "请选择要投递的事件。";
        deliveries: "Deliveries", "投递记录";
        deliveries_caption: "The newest deliveries", "最新的投递记录";
        no_deliveries: "There are no deliveries.", "没有投递记录。";
        only_failed: "Only those that were given up", "只看已放弃的";
        everything: "All deliveries", "全部投递";
        event: "Event", "事件";
        attempts: "Attempts", "尝试次数";
        next_attempt: "Next or last attempt", "下次或上次尝试";
        status: "Status", "状态码";
        problem: "Problem", "问题";
        action: "Action", "操作";
    }
}

impl WebhooksTexts {
    /// What this state is called.
    pub fn state(&self, state: WebhookState) -> &'static str {
        match state {
            WebhookState::Active => self.active,
            WebhookState::Paused => self.paused,
            WebhookState::Disabled => self.disabled,
        }
    }

    /// What this state of a delivery is called.
    pub fn delivery(&self, state: WebhookDeliveryState) -> &'static str {
        match state {
            WebhookDeliveryState::Pending => self.pending,
            WebhookDeliveryState::Delivered => self.delivered,
            WebhookDeliveryState::Failed => self.failed,
        }
    }
}
