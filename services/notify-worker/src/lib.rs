//! The worker: sends codes and welcome messages, and calls webhooks.
use aws_lc_rs as _;
use lettre as _;
use reqwest as _;
