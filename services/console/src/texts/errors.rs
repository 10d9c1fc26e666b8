//! Why a page is not shown.

use super::texts;

texts! {
    /// Why a page is not shown.
    ErrorTexts {
        not_found: "Not found", "未找到";
        not_found_text: "There is no such page, or what it was about is gone.",
            "页面不存在，或其内容已被删除。";
        forbidden: "Not allowed", "没有权限";
        forbidden_text: "Your role does not include this. Ask an administrator.",
            "您的角色不允许此操作，请联系管理员。";
        foreign_form: "The form was not accepted", "表单未被接受";
        foreign_form_text: "It does not come from a page of your present session. Open the page again and send the form from there. Nothing was changed.",
            "表单不是来自当前会话的页面。请重新打开页面后再提交。未做任何更改。";
        malformed: "The request cannot be read", "无法读取请求";
        malformed_text: "Go back and try again. Nothing was changed.", "请返回后重试。未做任何更改。";
        unavailable: "Not available at present", "暂时不可用";
        unavailable_text: "The database does not answer in time. Try again in a moment.",
            "数据库没有及时响应，请稍后再试。";
        internal: "Something went wrong", "出错了";
        internal_text: "It is a fault of the console. The log has the reason, under the request id in the header X-Request-Id.",
            "这是控制台的故障。原因见日志，请用响应头 X-Request-Id 中的请求编号查找。";
        back: "To the start page", "回到首页";
    }
}
