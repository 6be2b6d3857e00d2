"""What the suites share: running the release build, and reading its mails with a parser that is not ours."""

import email
import email.policy
import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("GAZETTE_TEST_BINARY", ROOT / "target/debug/gazette"))
LIST = ["ana@example.org", "o'brien@example.org", "a+b@example.org", "user@bücher.example"]


def fail(message):
    print(f"FAILED: {message}")
    sys.exit(1)


def check(condition, message):
    if not condition:
        fail(message)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gazette:
    """One instance on a database of its own, worked from the command line."""

    def __init__(self, folder, **variables):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("GAZETTE_")}
        self.env |= {
            "GAZETTE_DATABASE_URL": f"sqlite://{self.folder}/gazette.db",
            "GAZETTE_PUBLIC_URL": "https://news.doe.example",
            **variables,
        }
        self.run("migrate")
        self.run("office", "set", "name=Büro of Rep. Jane Doe", "from=news@doe.example", "reply-to=office@doe.example",
                 "postal-address=1 Main Street\nTustin, CA 92780", "time-zone=America/Los_Angeles", "sender-id=doeoffice")

    def run(self, *words, expect=0, seconds=120):
        try:
            done = subprocess.run([BINARY, *words], env=self.env, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired as late:
            fail(f"gazette {' '.join(words)} did not end within {seconds} s: {late.stdout} {late.stderr}")
        if done.returncode != expect:
            fail(f"gazette {' '.join(words)}: exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def subscribe(self, addresses):
        file = self.folder / "list.csv"
        file.write_text("email\n" + "\n".join(addresses) + "\n")
        report = json.loads(self.run("subscribers", "import", str(file), "--consent", "signed the list at the town hall", "--json"))
        check(report["imported"] == len(addresses), f"import: {report}")

    def release(self, file):
        out = self.run("releases", "add", str(file), "--json")
        return str(json.loads(out)["newsletter"])

    def newsletter(self, number):
        return json.loads(self.run("newsletters", "show", number, "--json"))


def header_lines(raw):
    head = raw.split(b"\r\n\r\n", 1)[0] + b"\r\n"
    return re.sub(rb"\r\n[ \t]+", b" ", head).decode("ascii").splitlines()


def words_of_html(html):
    html = re.sub(r"(?s)<(style|title|head)\b.*?</\1>|<!--.*?-->", " ", html)
    return Counter(re.findall(r"\w+", email_unescape(re.sub(r"<[^>]+>", " ", html))))


def email_unescape(text):
    import html
    return html.unescape(text)


def check_newsletter(raw, recipient):
    """One mail as it came out of SMTP: docs/rules.md, M1–M3, M5–M7, H1, P5, P14. Gives the message."""
    check(b"\n" not in raw.replace(b"\r\n", b""), "a bare line feed")
    for line in raw.split(b"\r\n"):
        check(len(line) <= 998, "M1: a line over 998 octets")
    body = raw.split(b"\r\n\r\n", 1)[1]
    check(all(len(line) <= 76 for line in body.split(b"\r\n")), "M1: a body line over 76")
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    defects = [d for part in message.walk() for d in part.defects] + [d for v in message.values() for d in getattr(v, "defects", [])]
    check(not defects, f"defects: {defects}")
    names = Counter(line.split(":")[0].lower() for line in header_lines(raw))
    for name in ["date", "from", "to", "subject", "message-id", "reply-to", "list-id", "list-unsubscribe", "list-unsubscribe-post",
                 "list-help", "list-owner", "list-post", "list-archive", "archived-at", "precedence", "feedback-id",
                 "content-language", "mime-version", "content-type"]:
        check(names[name] == 1, f"{name} stands {names[name]} times")
    check("bcc" not in names and "cc" not in names, "a second recipient")
    check(message["To"].addresses[0].addr_spec == recipient, f"To is {message['To']}, not {recipient}")
    check(message["From"].addresses[0].display_name == "Büro of Rep. Jane Doe", f"From is {message['From']}")
    uris = re.findall(r"<(https://[^>]+)>", message["List-Unsubscribe"])
    check(len(uris) == 1, "H1: one https URI")
    check(message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "H1: one click")
    check(message["List-Id"].endswith("<press.list-id.doe.example>"), f"H10: {message['List-Id']}")
    check(message["List-Post"].startswith("NO"), "H11")
    check(re.fullmatch(r"[^:]*:[^:]*:[^:]*:[a-zA-Z0-9]{5,15}", message["Feedback-ID"]), "P17")
    check(message.get_content_type() == "multipart/alternative", "M5")
    text, html = [part.get_content() for part in message.iter_parts()]
    check([part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"], "M5: the order of the parts")
    for part in (text, html):
        check("1 Main Street" in part and uris[0] in part, "O11, P9: postal address and unsubscribe link in both parts")
    return message, text, html, uris[0]
