//! The sign-up funnel.

use super::texts;

texts! {
    /// The sign-up funnel.
    FunnelTexts {
        title: "Funnel", "注册漏斗";
        caption: "How far people came, span by span (UTC)", "各时间段到达各步骤的人数（UTC）";
        application: "Application", "应用";
        channel: "Channel", "渠道";
        country: "Calling code", "国际区号";
        range: "Time", "时间";
        every: "All", "全部";
        sms: "SMS", "短信";
        email: "E-mail", "邮件";
        hours_4: "4 hours, by ten minutes", "4 小时，每 10 分钟";
        hours_24: "24 hours, by the hour", "24 小时，每小时";
        days_7: "7 days, by the hour", "7 天，每小时";
        days_30: "30 days, by the day", "30 天，每天";
        days_90: "90 days, by the day", "90 天，每天";
        show: "Show", "显示";
        from: "From", "开始";
        requested: "Asked for", "请求验证码";
        sent: "Sent", "已发送";
        verified: "Entered", "已验证";
        created: "Users", "已注册";
        conversion: "Users of asked", "转化率";
        without_code: "Users without a code", "无验证码注册";
        drop: "Drop", "骤降";
        drop_of: "fewer than before:", "低于此前水平：";
        plot: "Codes asked for, sent and entered, and users, over time", "请求、发送、验证与注册人数随时间的变化";
        plot_text: "The same numbers are in the table below. Spans with a drop have a mark at the bottom.",
            "数据与下方表格相同。出现骤降的时间段在底部有标记。";
        by_application: "By application", "按应用";
        by_channel: "By channel", "按渠道";
        by_country: "By calling code", "按国际区号";
        none_of: "none", "无";
        drops: "Drops", "骤降次数";
        total: "In this time", "本时段合计";
        nothing: "Nobody asked for a code or signed up in this time.", "本时段内无人请求验证码或注册。";
        rule: "A span is marked when clearly fewer people took a step than in the 24 spans before: with at least 20 tries in it and 100 before, the share is smaller by a tenth or more, and by more than chance explains (Wilson score intervals at three standard deviations do not meet). It is judged ten minutes after its end. Everything is counted when it happens; counts are kept for 90 days.",
            "标记规则：与此前 24 个时间段相比，完成某一步的比例明显下降——本段至少 20 次、此前至少 100 次，比例下降十分之一以上，且超出随机波动（三倍标准差的 Wilson 区间不重叠）。时间段结束十分钟后才会判断。各步骤按发生时间计数，保留 90 天。";
        bad_country: "A calling code has one to three digits, such as 86.", "国际区号为一至三位数字，例如 86。";
    }
}
