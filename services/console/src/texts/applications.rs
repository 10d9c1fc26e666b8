//! Applications.

use super::texts;

texts! {
    /// Applications.
    ApplicationsTexts {
        title: "Applications", "应用";
        caption: "Declared applications", "已声明的应用";
        application: "Application", "应用";
        name: "Name", "名称";
        directory: "Directory", "目录";
        enabled: "Enabled", "启用";
        credentials: "Credentials", "凭证";
        yes: "yes", "是";
        no: "no", "否";
        none: "No application is declared yet. Declare one in a file and run:",
            "还没有声明应用。请在文件中声明后运行：";
        provider: "Provider", "提供方";
        every: "All", "全部";
        show: "Show", "显示";
        provider_unknown: "This version does not know the provider.", "此版本不认识该提供方。";
        declaration: "Declaration", "声明";
        declaration_text: "The file that declares this application as it is now, to keep in git and to give to",
            "声明此应用当前状态的文件，可存入 git，并用于";
        kind: "Kind", "类型";
        id: "Id", "编号";
        made: "Made", "创建时间";
        ends: "Ends", "结束时间";
        ended: "ended", "已结束";
        no_credentials: "It has none.", "没有凭证。";
    }
}
