//! The audit log.

use super::texts;

texts! {
    /// The audit log.
    AuditTexts {
        title: "Audit log", "审计日志";
        caption: "What operators did, the newest first", "操作记录，最新在前";
        time: "Time", "时间";
        operator: "Operator", "操作员";
        action: "Action", "操作";
        object: "Object", "对象";
        details: "Details", "详情";
        request: "Request", "请求";
        client: "Network", "网络";
        older: "Older", "更早";
        all: "All", "全部";
        none: "Nothing fits.", "没有符合的记录。";
        show: "Show", "显示";
    }
}
