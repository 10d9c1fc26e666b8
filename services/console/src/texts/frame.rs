//! Around every page.

use super::texts;

texts! {
    /// Around every page.
    FrameTexts {
        console: "Sign-up console", "注册控制台";
        skip: "Skip to the content", "跳到正文";
        menu: "Main menu", "主菜单";
        sign_out: "Sign out", "退出登录";
    }
}
