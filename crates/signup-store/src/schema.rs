//! Tables as `migrations/` makes them, in types that both databases have.

diesel::table! {
    directories (provider, id) {
        provider -> Text,
        id -> Text,
        settings -> Text,
    }
}

diesel::table! {
    applications (provider, id) {
        provider -> Text,
        id -> Text,
        directory_id -> Text,
        name -> Text,
        enabled -> Bool,
        rules -> Text,
        settings -> Text,
    }
}

diesel::table! {
    credentials (provider, kind, id) {
        provider -> Text,
        kind -> Text,
        id -> Text,
        application_id -> Nullable<Text>,
        secret_hash -> Nullable<Text>,
        sealed -> Nullable<Text>,
        public_pem -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    declaration_revision (id) {
        id -> Integer,
        revision -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        provider -> Text,
        public_id -> Text,
        directory_id -> Text,
        application_id -> Text,
        password_hash -> Nullable<Text>,
        profile -> Text,
        request_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    identifiers (provider, directory_id, kind, key) {
        provider -> Text,
        directory_id -> Text,
        kind -> Text,
        key -> Text,
        display -> Text,
        verified -> Bool,
        user_id -> Text,
    }
}

diesel::table! {
    otp_challenges (id) {
        id -> Text,
        provider -> Text,
        application_id -> Text,
        purpose -> Text,
        channel -> Text,
        address -> Text,
        key_id -> Text,
        digits -> Integer,
        state -> Text,
        wrong_tries -> Integer,
        created_at -> BigInt,
        expires_at -> BigInt,
        consumed_by -> Nullable<Text>,
    }
}

diesel::table! {
    usage_windows (key) {
        key -> Text,
        opened_at -> BigInt,
        closes_at -> BigInt,
        used -> BigInt,
    }
}

diesel::table! {
    limit_hits (hour, provider, application_id, scope, channel, country, mode) {
        hour -> BigInt,
        provider -> Text,
        application_id -> Text,
        scope -> Text,
        channel -> Text,
        country -> Text,
        mode -> Text,
        hits -> BigInt,
    }
}

diesel::table! {
    decisions (sequence) {
        sequence -> BigInt,
        time -> BigInt,
        duration_ms -> BigInt,
        request_id -> Text,
        provider -> Text,
        application_id -> Nullable<Text>,
        action -> Text,
        outcome -> Text,
        reply -> Nullable<Text>,
        status -> Nullable<Integer>,
        channel -> Nullable<Text>,
        username -> Nullable<Text>,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        subject -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (sequence) {
        sequence -> BigInt,
        id -> Text,
        event_type -> Text,
        subject -> Text,
        routing_key -> Text,
        envelope -> Text,
        time -> BigInt,
        attempts -> Integer,
        available_at -> BigInt,
        leased_by -> Nullable<Text>,
        published_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        replayed_at -> Nullable<BigInt>,
        erased_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    funnel_counts (start, provider, application_id, channel, country) {
        start -> BigInt,
        provider -> Text,
        application_id -> Text,
        channel -> Text,
        country -> Text,
        requested -> BigInt,
        sent -> BigInt,
        verified -> BigInt,
        created -> BigInt,
    }
}

diesel::table! {
    deliveries (event_id) {
        event_id -> Text,
        state -> Text,
        attempts -> Integer,
        sender -> Nullable<Text>,
        detail -> Nullable<Text>,
        started_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (provider, application_id, key) {
        provider -> Text,
        application_id -> Text,
        key -> Text,
        fingerprint -> Text,
        token -> Text,
        reply -> Nullable<Text>,
        leased_until -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        url -> Text,
        event_types -> Nullable<Text>,
        provider -> Nullable<Text>,
        application_id -> Nullable<Text>,
        state -> Text,
        state_since -> BigInt,
        disabled_reason -> Nullable<Text>,
        secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_until -> Nullable<BigInt>,
        contact -> Nullable<Text>,
        notice_at -> Nullable<BigInt>,
        created_at -> BigInt,
        failing_since -> Nullable<BigInt>,
        held_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    webhook_deliveries (webhook_id, event_id) {
        webhook_id -> Text,
        event_id -> Text,
        state -> Text,
        attempts -> Integer,
        next_attempt_at -> BigInt,
        leased_by -> Nullable<Text>,
        last_status -> Nullable<Integer>,
        last_problem -> Nullable<Text>,
        created_at -> BigInt,
        first_attempt_at -> Nullable<BigInt>,
        last_attempt_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    operators (name) {
        name -> Text,
        password_hash -> Text,
        role -> Text,
        disabled -> Bool,
        created_at -> BigInt,
        password_changed_at -> BigInt,
    }
}

diesel::table! {
    operator_sessions (token_hash) {
        token_hash -> Text,
        operator -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
        ends_at -> BigInt,
    }
}

diesel::table! {
    audit_log (sequence) {
        sequence -> BigInt,
        time -> BigInt,
        origin -> Text,
        operator -> Text,
        action -> Text,
        object -> Nullable<Text>,
        details -> Text,
        request_id -> Nullable<Text>,
        client -> Nullable<Text>,
    }
}

diesel::table! {
    declaration_changes (sequence) {
        sequence -> BigInt,
        time -> BigInt,
        origin -> Text,
        author -> Text,
        request_id -> Nullable<Text>,
        provider -> Text,
        what -> Text,
        id -> Text,
        directory_id -> Nullable<Text>,
        application_id -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
    }
}

diesel::joinable!(operator_sessions -> operators (operator));
diesel::allow_tables_to_appear_in_same_query!(operators, operator_sessions);
diesel::allow_tables_to_appear_in_same_query!(users, identifiers);
