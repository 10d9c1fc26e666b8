#!/usr/bin/env python3
"""Takes new users from the sign-up services' events, each exactly once. See README.md."""

import argparse
import json
import logging
import os
import signal
import sqlite3
import uuid
from threading import Event

import pika
from pika.exceptions import AMQPError

EXCHANGE = "signup.events"
USER_CREATED = "signup.user.created.v1"

log = logging.getLogger("consumer")
stopping = Event()


class Unreadable(Exception):
    """A message that will not get better by being delivered again. Its text quotes nothing: it may be personal."""


def read(properties, body):
    """Checks the envelope (CloudEvents 1.0) and returns it. What is not known is left alone: there may be more later."""
    try:
        event = json.loads(body)
        if event["specversion"] != "1.0":
            raise Unreadable("another version of CloudEvents")
        if str(uuid.UUID(event["id"])) != properties.message_id:
            raise Unreadable("the id is not that of the message")
        if event["type"] == USER_CREATED:
            user = event["data"]["user"]
            if not all(isinstance(user[name], str) for name in ("id", "provider", "application")):
                raise Unreadable("a field of the user is no text")
            if not isinstance(event["data"]["created_at"], str):
                raise Unreadable("created_at is no text")
        return event
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Unreadable(f"not the envelope of an event ({type(fault).__name__})") from None


def open_database(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS taken (event_id TEXT PRIMARY KEY) WITHOUT ROWID")
    database.execute("CREATE TABLE IF NOT EXISTS sign_ups (event_id TEXT, provider TEXT, user_id TEXT,"
                     " application TEXT, created_at TEXT)")
    return database


def take(database, event):
    """Keeps the id and has the effect in one transaction: either both or neither. False for a repeat."""
    user = event["data"]["user"]
    database.execute("BEGIN IMMEDIATE")
    try:
        new = database.execute("INSERT OR IGNORE INTO taken VALUES (?)", (event["id"],)).rowcount == 1
        if new:
            # Your own work goes here, as long as it happens in this database.
            database.execute("INSERT INTO sign_ups VALUES (?, ?, ?, ?, ?)", (event["id"], user["provider"], user["id"],
                             user["application"], event["data"]["created_at"]))
        database.execute("COMMIT")
        return new
    except BaseException:
        database.execute("ROLLBACK")
        raise


def declare(channel, queue, binding):
    """Makes the queue and binds it; does nothing if all is there already."""
    channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    dead = f"{queue}.dead"
    channel.queue_declare(dead, durable=True, arguments={"x-queue-type": "quorum"})
    channel.queue_declare(queue, durable=True, arguments={
        "x-queue-type": "quorum",
        # A message that ends the consumer whenever it comes is put aside after so many tries.
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead,
        # A dead letter leaves this queue only when the other one has it.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    })
    channel.queue_bind(queue, EXCHANGE, binding)


def consume(arguments, database):
    """Takes messages and yields each new user's event, before it is acknowledged. Ends when it is told to stop."""
    with pika.BlockingConnection(pika.URLParameters(arguments.amqp_url)) as connection:
        channel = connection.channel()
        declare(channel, arguments.queue, arguments.binding)
        # So many messages may be under way; the others wait in the queue for this or another consumer.
        channel.basic_qos(prefetch_count=arguments.prefetch)
        log.info("waiting for events in %s", arguments.queue)
        # Comes back every half second, so that a signal is noticed while nothing happens.
        for method, properties, body in channel.consume(arguments.queue, inactivity_timeout=0.5):
            if stopping.is_set():
                break
            if method is None:
                continue
            try:
                event = read(properties, body)
            except Unreadable as fault:
                log.warning("a message goes to %s.dead: %s", arguments.queue, fault)
                channel.basic_reject(method.delivery_tag, requeue=False)
                continue
            if event["type"] == USER_CREATED and take(database, event):
                yield event
            # Only now: whatever happens before, the message comes again.
            channel.basic_ack(method.delivery_tag)
        channel.cancel()


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog="The broker is named by the variable AMQP_URL.")
    parser.add_argument("--queue", default="example.python", help="your own queue (%(default)s)")
    parser.add_argument("--binding", default="user.created.*", help="what goes into it (%(default)s)")
    parser.add_argument("--database", default="sign-ups.db", help="a SQLite file (%(default)s)")
    parser.add_argument("--prefetch", type=int, default=50, help="messages under way at a time (%(default)s)")
    parser.add_argument("--once", type=int, metavar="N", help="stop after N events")
    arguments = parser.parse_args()
    arguments.amqp_url = os.environ.get("AMQP_URL", "amqp://guest:guest@localhost:5672/%2f")
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopping.set())

    database = open_database(arguments.database)
    count = 0
    pause = 1
    while not stopping.is_set():
        try:
            for event in consume(arguments, database):
                user = event["data"]["user"]
                print(f"{event['id']} {user['provider']} {user['id']}", flush=True)
                count += 1
                pause = 1
                if count == arguments.once:
                    stopping.set()
        except (AMQPError, OSError, sqlite3.OperationalError) as fault:
            # What was not acknowledged waits in the queue.
            log.warning("%s %s; trying again in %s s", type(fault).__name__, fault, pause)
            stopping.wait(pause)
            pause = min(pause * 2, 30)
    database.close()


if __name__ == "__main__":
    main()
