//! The menu.

use signup_core::operator::Role;

use crate::texts::Texts;

/// An item of the menu.
pub struct Item {
    /// The page.
    pub path: &'static str,
    /// What the item says.
    pub label: fn(&Texts) -> &'static str,
    /// Who sees it; the same role as in the table of routes.
    pub role: Role,
}

/// The menu, from its beginning.
#[rustfmt::skip]
pub static NAVIGATION: &[Item] = &[
    Item { path: "/", label: |texts| texts.overview.title, role: Role::Read },
    Item { path: "/applications", label: |texts| texts.applications.title, role: Role::Read },
    Item { path: "/funnel", label: |texts| texts.funnel.title, role: Role::Read },
    Item { path: "/users", label: |texts| texts.users.title, role: Role::Read },
    Item { path: "/events", label: |texts| texts.events.title, role: Role::Read },
    Item { path: "/webhooks", label: |texts| texts.webhooks.title, role: Role::Read },
    Item { path: "/dead-letters", label: |texts| texts.dead_letters.title, role: Role::Read },
    Item { path: "/limits", label: |texts| texts.limits.title, role: Role::Read },
    Item { path: "/audit", label: |texts| texts.audit.title, role: Role::Admin },
];
