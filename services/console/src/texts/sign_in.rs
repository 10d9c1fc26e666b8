//! Signing in.

use super::texts;

texts! {
    /// Signing in.
    SignInTexts {
        title: "Sign in", "登录";
        name: "Name", "用户名";
        password: "Password", "密码";
        submit: "Sign in", "登录";
        refused: "Name or password is wrong, or the account is disabled.", "用户名或密码错误，或账号已停用。";
        limited: "Too many attempts. Try again later.", "尝试次数过多，请稍后再试。";
        minutes: "Minutes until then:", "还需等待（分钟）：";
        none: "No account? An administrator of the machine makes one with",
            "没有账号？由机器管理员用此命令创建：";
    }
}
