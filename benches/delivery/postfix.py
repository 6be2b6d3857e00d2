"""A real Postfix as offices have one: TLS, a login, the queue on disk; what it has queued it discards.

    postfix.py FOLDER PORT

Prints `ready` when it takes mail for press@localhost with the password `secret`, by a certificate for `localhost`
that `FOLDER/ca.pem` vouches for, and stops when its input ends. FOLDER must not exist; it belongs to root.
"""

import os
import subprocess
import sys
from pathlib import Path

folder, port = Path(sys.argv[1]).absolute(), int(sys.argv[2])
ROOTED = [] if os.geteuid() == 0 else ["sudo"]


def run(*words, **options):
    done = subprocess.run([*ROOTED, *map(str, words)], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}")


def certify():
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Benchmark authority",
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "san").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    run("openssl", "x509", "-req", "-days", "2", "-in", folder / "server.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-extfile", folder / "san", "-out", folder / "server.pem")


for name in ["", "config", "config/sasl", "queue", "data"]:
    (folder / name).mkdir()
certify()
config = folder / "config"
(config / "sasl/smtpd.conf").write_text(
    f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\nsasldb_path: {folder}/sasldb\n")
run("saslpasswd2", "-p", "-c", "-f", folder / "sasldb", "-u", "localhost", "press", input="secret")
(config / "main.cf").write_text(f"""
compatibility_level = 3.6
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
alias_maps =
default_transport = discard:
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = localhost
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_client_connection_count_limit = 0
""")
(config / "master.cf").write_text(f"""
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
""")
run("chown", "-R", "postfix", folder / "data")
run("chmod", "644", folder / "sasldb", folder / "ca.pem")
run("chmod", "755", folder)
run("postfix", "-c", config, "start")
print("ready", flush=True)
sys.stdin.read()
run("postfix", "-c", config, "stop")
