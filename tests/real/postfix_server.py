"""A Postfix of a suite's own, with TLS and a login, into a mailbox."""

import os
import re
import subprocess
import time
from pathlib import Path

from gazette import fail, free_port

ROOTED = [] if os.geteuid() == 0 else ["sudo"]


def run(*words, **options):
    done = subprocess.run([*ROOTED, *map(str, words)], capture_output=True, text=True, **options)
    if done.returncode != 0:
        fail(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")
    return done.stdout


class Postfix:
    """A Postfix of its own: configuration, queue and mailbox under one folder, submission on a free port."""

    def __init__(self, folder):
        self.folder, self.port = Path(folder), free_port()
        self.config = self.folder / "config"
        for name in ["config", "queue", "data", "mail"]:
            (self.folder / name).mkdir()
        self.ca = self.folder / "ca.pem"
        self.certify()
        # Debian's Postfix looks for it here, whatever cyrus_sasl_config_path says.
        (self.config / "sasl").mkdir()
        (self.config / "sasl/smtpd.conf").write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {self.folder}/sasldb\n")
        run("saslpasswd2", "-p", "-c", "-f", self.folder / "sasldb", "-u", "localhost", "press", input="se:cret+word")
        (self.config / "main.cf").write_text(f"""
compatibility_level = 3.6
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
maillog_file = {self.folder}/maillog
maillog_file_prefixes = {self.folder}
alias_maps =
smtpd_tls_cert_file = {self.folder}/server.pem
smtpd_tls_key_file = {self.folder}/server.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = localhost
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ nobody@example.org = 550 5.1.1 not here }} }}, permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
virtual_mailbox_domains = static:all
virtual_mailbox_base = {self.folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_transport = virtual
""")
        (self.config / "master.cf").write_text(f"""
127.0.0.1:{self.port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""")
        run("chown", "-R", "postfix", self.folder / "data")
        run("chown", "65534:65534", self.folder / "mail")
        run("chmod", "644", self.folder / "sasldb")
        run("chmod", "755", self.folder)
        run("postfix", "-c", self.config, "start")

    def certify(self):
        openssl = lambda *words: run("openssl", *words)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
                "-keyout", self.folder / "ca.key", "-out", self.ca)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", self.folder / "server.key", "-out", self.folder / "server.csr")
        extensions = self.folder / "san"
        extensions.write_text("subjectAltName=DNS:localhost,DNS:mail.example.gov\nextendedKeyUsage=serverAuth\n")
        openssl("x509", "-req", "-days", "2", "-in", self.folder / "server.csr", "-CA", self.ca, "-CAkey", self.folder / "ca.key",
                "-CAcreateserial", "-extfile", extensions, "-out", self.folder / "server.pem")
        run("chmod", "644", self.ca)

    def url(self, password="se%3Acret%2Bword", **options):
        query = "&".join(f"{key}={value}" for key, value in {"tls": "required", "ca": self.ca, **options}.items() if value)
        return f"smtp://press%40localhost:{password}@localhost:{self.port}?{query}"

    def mails(self, count):
        """The mailbox once it holds this many, as (recipient, bytes as they came)."""
        for _ in range(200):
            run("chmod", "-R", "a+rX", self.folder / "mail")
            new = self.folder / "mail/inbox/new"
            files = list(new.iterdir()) if new.exists() else []
            if len(files) >= count:
                break
            time.sleep(0.1)
        found = []
        for file in files:
            raw = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            recipient = re.search(rb"^Delivered-To: (.*)\r$", raw, re.M).group(1).decode()
            # What Postfix put in front on the way.
            raw = re.sub(rb"(?ms)\A((Return-Path|X-Original-To|Delivered-To|Received): .*?\r\n(?=\S))+", b"", raw)
            found.append((recipient, raw))
        return found

    def set(self, **parameters):
        """Changes its configuration while it runs."""
        for name, value in parameters.items():
            run("postconf", "-c", self.config, "-e", f"{name} = {value}")
        run("postfix", "-c", self.config, "reload")
        time.sleep(1)

    def stop(self):
        subprocess.run([*ROOTED, "postfix", "-c", self.config, "stop"], capture_output=True)
