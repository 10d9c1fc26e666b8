//! The newest events.

use super::texts;

texts! {
    /// The newest events.
    EventsTexts {
        title: "Events", "事件";
        caption: "The newest events first", "最新事件在前";
        kind: "Type", "类型";
        provider: "Provider", "提供方";
        every: "All", "全部";
        show: "Show", "显示";
        time: "Time", "时间";
        source: "Source", "来源";
        subject: "Subject", "主体";
        id: "Id", "编号";
        state: "State", "状态";
        published: "published", "已发布";
        waits: "waits", "等待中";
        waits_after: "waits; attempts:", "等待中；尝试次数：";
        erased: "the person was erased", "该用户已删除";
        reload: "Load again", "重新载入";
        older: "Older", "更早";
        none: "No event of this kind is kept.", "没有此类事件。";
        live: "Loads again every few seconds.", "每隔几秒自动刷新。";
        lost: "Not up to date: the console does not answer. It is asked again every few seconds.",
            "未能刷新：控制台没有响应，每隔几秒会再次尝试。";
        pause: "Pause", "暂停刷新";
        go_on: "Go on", "继续刷新";
        masked: "What events say about people is not shown here.", "此处不显示事件中的个人信息。";
    }
}
