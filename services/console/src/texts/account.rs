//! One's own account.

use super::texts;

texts! {
    /// One's own account.
    AccountTexts {
        title: "Your account", "我的账号";
        name: "Name", "用户名";
        role: "Role", "角色";
        signed_in: "Signed in since", "登录时间";
        ends: "Ends at the latest", "最迟结束时间";
        change_password: "Change the password", "修改密码";
        present: "Present password", "当前密码";
        new: "New password", "新密码";
        again: "New password again", "再次输入新密码";
        rule: "At least 12 characters, at most 72 bytes, and none of the common ones. It ends all your sessions.",
            "至少 12 个字符，至多 72 字节，且不是常见密码。修改后所有会话都会结束。";
        wrong: "The present password is wrong.", "当前密码错误。";
        differ: "The two new passwords differ.", "两次输入的新密码不同。";
        weak: "The new password", "新密码";
        changed: "The password was changed. Sign in with the new one.", "密码已修改，请用新密码登录。";
        everywhere: "Sign out everywhere", "在所有设备上退出";
        everywhere_text: "Ends this session and all others of yours.", "结束您当前和其他所有会话。";
    }
}
