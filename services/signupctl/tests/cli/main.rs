//! The command line as operators meet it: the built program, run from the outside.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod applying;
mod broker;
mod calibrate;
mod configuration;
mod deaf;
mod dev;
mod dev_process;
mod diagnosis;
mod events;
mod examples;
mod explain;
mod funnel;
mod importing;
mod keys;
mod limits;
mod migrating;
mod operator;
mod operators;
mod pages;
mod people;
mod running;
mod secrecy;
mod stack;
mod tokens;
mod usage;
mod users;
mod webhooks;
mod written;

/// Makes two tests, one for each database, of a function that takes an operator.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::operator::Operator::on(signup_testkit::TestDatabase::sqlite()));
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(&crate::operator::Operator::on(signup_testkit::TestDatabase::postgres()));
            })+
        }
    };
}
pub(crate) use on_both;
