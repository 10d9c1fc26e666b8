//! What the steps of a time line are called.

use super::texts;

texts! {
    /// The steps of a time line.
    StepTexts {
        request: "request", "请求";
        decided: "decided", "结果";
        code: "code", "验证码";
        code_used: "code used", "验证码已用";
        code_expired: "code expired", "验证码过期";
        user: "user", "用户";
        event: "event", "事件";
        published: "published", "已发布";
        replayed: "replayed", "重放";
        sending: "sending", "开始发送";
        message: "message", "消息";
        webhook: "webhook", "Webhook";
    }
}

impl StepTexts {
    /// What a step is called that the time line names like this.
    pub fn of<'a>(&self, what: &'a str) -> &'a str {
        match what {
            "request" => self.request,
            "decided" => self.decided,
            "code" => self.code,
            "code used" => self.code_used,
            "code expired" => self.code_expired,
            "user" => self.user,
            "event" => self.event,
            "published" => self.published,
            "replayed" => self.replayed,
            "sending" => self.sending,
            "message" => self.message,
            "webhook" => self.webhook,
            other => other,
        }
    }
}
