//! Applications.

use signup_core::credential::CredentialKind;

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
        one_application: "The file must declare exactly one application.",
            "文件必须恰好声明一个应用。";
        other_application: "The file declares another application. Provider and id cannot be changed.",
            "文件声明的是另一个应用。提供方和编号不能更改。";
        other_directory: "The file declares a directory that the application is not in.",
            "文件声明了该应用不在其中的目录。";
        exists: "There is an application with this id already.",
            "已存在相同编号的应用。";
        no_toml: "This is no value as TOML writes it: numbers as 12, texts as \"text\", lists as [\"a\", \"b\"].",
            "不是有效的 TOML 值：数字如 12，文本如 \"text\"，列表如 [\"a\", \"b\"]。";
        hint_lines: "One per line.",
            "每行一个。";
        no_table: "This is no table as TOML writes it: one key = value per line, as in the example.",
            "不是有效的 TOML 表：每行一个 键 = 值，见示例。";
        hint_toml: "Written as TOML; empty when it is not set.",
            "按 TOML 书写；留空表示未设置。";
        not_set: "Not set",
            "未设置";
        default: "Default: ",
            "默认：";
        allowed: "Allowed: ",
            "允许：";
        stop: ". ",
            "。";
        on: "on",
            "开启";
        off: "off",
            "关闭";
        nothing: "empty",
            "空";
        example: "Example",
            "示例";
        edit: "Settings",
            "设置";
        edit_as_file: "Edit as a file",
            "以文件编辑";
        edit_text: "Everything that can be set. What is not set, and not touched, stays that way; nothing is saved before you have seen what changes.",
            "可以设置的所有项。未设置且未改动的项保持不变；保存之前总会先显示更改。";
        file_text: "The whole declaration. A key that is taken out gets its default.",
            "完整的声明。删除的键恢复为默认值。";
        new_text: "Declare the application as in a file; docs and examples show every key. A new directory of its own is made unless one is named.",
            "像在文件中一样声明应用；所有键见文档与示例。未指定目录时会新建同名目录。";
        new_application: "New application",
            "新建应用";
        line: "Line",
            "第";
        others: "Other keys",
            "其他项";
        directory_shared: "The directory also holds:",
            "同一目录中还有：";
        stale: "The application was changed since you opened this form. What you typed is kept; below is what it would change now. Look again before you save.",
            "打开此表单后应用已被修改。您输入的内容已保留；下面是现在会产生的更改。请重新检查后再保存。";
        unseen: "What you sent is not what you were shown: something was typed in between. Nothing was saved. Below is what saving changes now; look again before you save.",
            "提交的内容与之前显示的不同：期间有修改。未保存任何内容。下面是现在保存会产生的更改，请重新检查后再保存。";
        look_at_fields: "Something is wrong; the field says what. Nothing was changed. To the field:",
            "有错误，请看字段旁的说明。未做任何更改。前往：";
        nothing_changes: "Nothing would change.",
            "没有任何更改。";
        would_change: "Saving changes this:",
            "保存将作如下更改：";
        is_new: "new",
            "新建";
        preview: "Show what changes",
            "查看更改";
        save: "Save",
            "保存";
        back_to: "Back to the application",
            "返回应用";
        credential: "Credential",
            "凭证";
        action: "Action",
            "操作";
        revoke: "Revoke",
            "吊销";
        sure: "I am sure: who uses it is refused from now on",
            "我确定：使用者将立即被拒绝";
        tick_sure: "Tick the box to revoke the credential. Nothing was changed.",
            "请勾选确认后再吊销。未做任何更改。";
        server_key: "key of an app's server, which signs with it",
            "应用服务器用来签名的密钥";
        client_key: "key in an app itself, which signs with it",
            "应用自身用来签名的密钥";
        client_secret: "secret that a client sends along",
            "客户端随请求发送的密钥";
        signing_key: "key that signs tokens",
            "签发令牌的密钥";
        id_or_random: "Id (empty: a random one)",
            "编号（留空则随机）";
        create_credential: "Create credential",
            "创建凭证";
        kind_unknown: "Choose a kind of credential.",
            "请选择凭证类型。";
        id_taken: "A credential of this kind and id exists. Choose another id.",
            "相同类型和编号的凭证已存在，请换一个编号。";
        secret_title: "New secret",
            "新密钥";
        secret_once: "Store it now: it is not shown again.",
            "请立即保存：之后不再显示。";
        history: "History",
            "历史";
        history_caption: "Changes of the application, its credentials and its directory, the newest first",
            "应用、凭证及目录的更改，最新在前";
        no_history: "No change is recorded.",
            "没有更改记录。";
        time: "Time",
            "时间";
        author: "Who",
            "操作者";
        what: "What",
            "对象";
        changes: "Changes",
            "更改";
    }
}

impl ApplicationsTexts {
    /// What a kind of credential is for.
    pub const fn credential_kind(&self, kind: CredentialKind) -> &'static str {
        match kind {
            CredentialKind::ServerKey => self.server_key,
            CredentialKind::ClientKey => self.client_key,
            CredentialKind::ClientSecret => self.client_secret,
            CredentialKind::SigningKey => self.signing_key,
        }
    }
}
