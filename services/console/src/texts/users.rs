//! Users.

use super::texts;

texts! {
    /// Users.
    UsersTexts {
        title: "Users", "用户";
        find: "Find a user", "查找用户";
        needle: "Id, address or name", "编号、地址或用户名";
        needle_hint: "A user's, request's, event's or code's id; an e-mail address or phone number, masked (a***@example.com) or, with the role support, in full; a user name.",
            "用户、请求、事件或验证码的编号；邮箱或手机号，可以是脱敏形式（a***@example.com），客服角色可输入完整内容；用户名。";
        search: "Find", "查找";
        needs_support: "To look for a full address, number or name takes the role support. Look for an id or the masked form.",
            "按完整地址、号码或用户名查找需要客服角色。请使用编号或脱敏形式。";
        nothing: "Nothing is known under this.", "没有找到相关记录。";
        found: "Users found", "找到的用户";
        user: "User", "用户";
        own_id: "Our own id", "内部编号";
        application: "Application", "应用";
        directory: "Directory", "目录";
        identifiers: "Identifiers", "标识";
        verified: "verified", "已验证";
        password: "Password", "密码";
        set: "set", "已设置";
        none: "none", "无";
        profile: "Profile", "资料";
        created: "Created", "注册时间";
        request: "Request", "请求";
        story: "Time line", "时间线";
        story_caption: "What happened, the oldest first", "发生过的事情，最早在前";
        time: "Time", "时间";
        step: "Step", "步骤";
        what: "What", "内容";
        stop: ".", "。";
        masked: "Personal data is masked.", "个人信息已脱敏。";
        in_full: "Personal data is shown in full; that you saw it is in the audit log.", "个人信息完整显示；查看已记入审计日志。";
        reveal: "Show in full", "显示完整信息";
        export: "Export", "导出";
        export_text: "Everything that is kept about the user, as one file. It is announced as an event and noted in the audit log.",
            "将保存的该用户的全部内容导出为一个文件。此操作会产生事件并记入审计日志。";
        erase: "Erase", "删除";
        erase_text: "Removes the user and everything that is kept about the user. It cannot be taken back.",
            "删除该用户及保存的一切内容，无法撤销。";
        erase_title: "Erase a user", "删除用户";
        will_go: "What will be removed", "将删除的内容";
        codes: "Codes and their counts", "验证码及计数";
        requests: "Requests that lose their masked identifiers", "将去除脱敏标识的请求记录";
        replies: "Kept replies", "保留的回复";
        events: "Published events", "已发布的事件";
        waiting: "Events that are still to be published, and removed then", "尚待发布、发布后删除的事件";
        confirm: "Type the user's id to erase the user", "输入用户编号以确认删除";
        confirm_wrong: "This is not the user's id. Nothing was erased.", "与用户编号不符。未删除任何内容。";
        erased: "The user was erased. Everybody who gets events is told.", "用户已删除，并已通知所有事件接收方。";
        elsewhere: "Copies at consumers, in the broker's queues and in backups are not reached; docs/privacy.md says what to do.",
            "消费方、消息队列和备份中的副本不受影响，处理方法见 docs/privacy.md。";
        back: "Back to the user", "返回用户页面";
        more: "There is more than is shown.", "还有更多未显示的内容。";
    }
}
