//! Dead letters.

use super::texts;

texts! {
    /// Dead letters.
    DeadLettersTexts {
        title: "Dead letters", "死信";
        caption: "What the worker has given up, the oldest first", "处理程序已放弃的消息，最早的在前";
        about: "Events that the worker could not deal with. Given back, they are tried again from the beginning.",
            "处理程序无法处理的事件。交还后会从头重试。";
        none: "The worker has given up nothing.", "没有已放弃的消息。";
        shown_of: "shown of", "条已显示，共";
        in_process: "Events stay in this process here (bus.url is in-process), and nothing is given up: what cannot be \
                     dealt with waits in the outbox.",
            "此处事件在进程内传递（bus.url 为 in-process），不会被放弃：无法处理的事件留在发件箱中等待。";
        unavailable: "The broker does not answer. Try again when it does.", "消息代理没有响应，请稍后再试。";
        event: "Event", "事件";
        event_type: "Type", "类型";
        subject: "Subject", "主题";
        queue: "Queue", "队列";
        attempts: "Attempts", "尝试次数";
        problem: "Problem", "问题";
        first_failure: "First failure", "首次失败";
        died: "Given up", "放弃时间";
        unknown: "unknown", "未知";
        redrive: "Give back", "交还处理";
        redrive_all: "Give all back", "全部交还";
        discard: "Remove for good", "彻底删除";
        sure: "I am sure: the event is lost to the worker", "我确定：处理程序将不再收到此事件";
        tick_sure: "Tick the box to confirm.", "请勾选以确认。";
        reveal: "Show the event", "显示事件内容";
        reveal_text: "It may hold whole addresses. That it was shown is noted in the audit log.",
            "其中可能含有完整地址。查看会记入审计日志。";
        content: "The event", "事件内容";
        redriven: "were given back", "条已交还";
        discarded: "were removed", "条已删除";
        back: "All dead letters", "全部死信";
    }
}
