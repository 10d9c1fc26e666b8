//! What roles are called.

use signup_core::operator::Role;

use super::texts;

texts! {
    /// What roles are called.
    RoleTexts {
        read: "read", "只读";
        support: "support", "客服";
        admin: "admin", "管理员";
    }
}

impl RoleTexts {
    /// What this role is called.
    pub fn of(&self, role: Role) -> &'static str {
        match role {
            Role::Read => self.read,
            Role::Support => self.support,
            Role::Admin => self.admin,
        }
    }
}
