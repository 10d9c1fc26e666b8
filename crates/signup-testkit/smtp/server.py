"""A mail server for one test, on aiosmtpd.

    server.py FOLDER < OPTIONS

The first line of standard input holds the options as JSON, so that no password shows in
the list of processes:

    security     "none", "starttls" (required before MAIL) or "tls" (from the first byte)
    user         with password: AUTH is required; null: AUTH is not offered
    certificate  with key: PEM files, unless security is "none"

It prints the port that it listens on, and ends with standard input. An accepted message
is FOLDER/<n>.eml, as received, and then FOLDER/<n>.json, its envelope; n counts from 1.
FOLDER/answers.json says what to do with a recipient's mail, and is read for every
command; see Answer in src/mail.rs, which writes it.
"""

import asyncio
import hmac
import json
import pathlib
import ssl
import sys
import time
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

FOLDER = pathlib.Path(sys.argv[1])
TIMEOUT = 300  # seconds that a silent client may hold a connection, RFC 5321 section 4.5.3.2
ANYBODY = "*"


def find_answer(recipient):
    try:
        answers = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return answers.get(recipient, answers.get(ANYBODY, {}))


class Handler:
    def __init__(self):
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = find_answer(address)
        if "recipient" in answer:
            return answer["recipient"]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient accepted"

    async def handle_DATA(self, server, session, envelope):
        answers = [find_answer(recipient) for recipient in envelope.rcpt_tos]
        for answer in answers:
            if "message" in answer:
                return answer["message"]
        name = self.store(session, envelope)
        for answer in answers:
            if "hang_up" in answer:
                server.transport.abort()
                # The end of the connection cancels this.
                await asyncio.sleep(TIMEOUT)
        await asyncio.sleep(max(answer.get("delay_ms", 0) for answer in answers) / 1000)
        return f"250 2.0.0 Stored as {name}"

    def store(self, session, envelope):
        self.count += 1
        name = str(self.count)
        (FOLDER / f"{name}.eml").write_bytes(envelope.original_content)
        record = {
            "from": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "user": session.auth_data if session.authenticated else None,
            "encrypted": session.encrypted,
            "received_at_ms": time.time_ns() // 1_000_000,
        }
        # Whoever sees the envelope sees all of it, and the message too.
        unfinished = FOLDER / f"{name}.unfinished"
        unfinished.write_text(json.dumps(record), encoding="utf-8")
        unfinished.rename(FOLDER / f"{name}.json")
        return name


class Server(SMTP):
    """Knows in every security mode whether the connection is encrypted."""

    def connection_made(self, transport):
        # Called again after STARTTLS, with the encrypted transport.
        super().connection_made(transport)
        self.session.encrypted = transport.get_extra_info("ssl_object") is not None


def authenticator(options):
    def authenticate(server, session, envelope, mechanism, data):
        right = hmac.compare_digest(data.login, options["user"].encode())
        right &= hmac.compare_digest(data.password, options["password"].encode())
        return AuthResult(success=right, handled=False, auth_data=options["user"])

    return authenticate


def tls_context(options):
    if options["security"] == "none":
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["certificate"], options["key"])
    return context


async def main():
    loop = asyncio.get_running_loop()
    options = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    context = tls_context(options)
    starttls = options["security"] == "starttls"
    with_auth = options["user"] is not None
    handler = Handler()

    def connection():
        return Server(
            handler,
            hostname="localhost",
            enable_SMTPUTF8=True,
            timeout=TIMEOUT,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_required=with_auth,
            auth_require_tls=starttls,
            authenticator=authenticator(options) if with_auth else None,
            auth_exclude_mechanism=[] if with_auth else ["LOGIN", "PLAIN"],
            loop=loop,
        )

    implicit = context if options["security"] == "tls" else None
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=implicit)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


# A login over an unencrypted connection is what some tests ask for.
warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
asyncio.run(main())
