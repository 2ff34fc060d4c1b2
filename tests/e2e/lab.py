#!/usr/bin/python3
"""A private, real Cyrus server on loopback, and mail to put into it.

As a program:   lab.py start DIR [--empty]   lab.py stop DIR   lab.py fill DIR
As a module:    Lab(dir) with start, stop, fill, imap(user), picture(), cyrkeep(args)

DIR gets imapd.conf, cyrus.conf, cyrkeep.conf, conf/, spool/, sieve/, run/, state/, backup/.
Needs the distribution's Cyrus packages, or one of another version: CYRUS is the directory of all its programs then.
As root the server runs as user cyrus, else as ourselves.
"""
import base64, errno, fcntl, hashlib, imaplib, json, os, pwd, random, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time

import sanitizer

for _name in ('SETMETADATA', 'GETMETADATA'):
    imaplib.Commands[_name] = ('AUTH', 'SELECTED')
BIN = os.environ.get('CYRUS') or next((d for d in ('/usr/lib/cyrus/bin', '/usr/libexec/cyrus-imapd', '/usr/cyrus/bin') if os.path.isdir(d)), None)
HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(os.path.join(os.environ.get('B', os.path.join(HERE, '..', '..', 'build')), 'cyrkeep'))
UNDER = os.environ.get('UNDER', '').split()  # what the program runs under: valgrind and its options


DATE = '"02-Nov-2026 10:00:00 +0000"'


def same(got, want, what):
    if got != want:
        raise AssertionError(f'{what}:\n  got  {got!r}\n  want {want!r}')


def utf7(name):
    """A name in modified UTF-7, as IMAP wants it."""
    out, wide = [], []
    def flush():
        if wide:
            out.append('&' + base64.b64encode(''.join(wide).encode('utf-16-be')).decode().rstrip('=').replace('/', ',') + '-')
            wide.clear()
    for c in name:
        if ' ' <= c <= '~':
            flush()
            out.append('&-' if c == '&' else c)
        else:
            wide.append(c)
    flush()
    return ''.join(out)


def quote(name):
    return '"' + utf7(name).replace('\\', '\\\\').replace('"', '\\"') + '"'


_ours, _ours_lock, _reserved = set(), threading.Lock(), None


def reserved(port):
    """Nobody else's test has taken this port: a lock on one byte of a file, held until this process ends."""
    global _reserved
    try:
        if not _reserved:
            _reserved = os.open(f'/tmp/cyrkeep-test-ports-{os.getuid()}', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.lockf(_reserved, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError as e:
        if e.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        return False
    with socket.socket() as s:
        try:
            s.bind(('127.0.0.1', port))
        except OSError:
            return False                                       # somebody who is no test of ours
    return True


def free_ports(n):
    """Ports that stay ours while no server has them open: as long as it is stopped, and between two starts.

    Not of those that the kernel gives to clients; any connection on this machine could get one of them then."""
    low = int(open('/proc/sys/net/ipv4/ip_local_port_range').read().split()[0])
    ports = random.SystemRandom().sample(range(10000, max(low, 20000)), 500)
    got = []
    with _ours_lock:
        for port in ports:
            if len(got) < n and port not in _ours and reserved(port):
                _ours.add(port)
                got.append(port)
    assert len(got) == n, 'no free ports'
    return got


def message(subject, body='', sender='anne <anne@lab.test>', to='bob@lab.test', extra='', date=None):
    """One RFC 5322 message as bytes with CRLF."""
    head = f'From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {date or "Mon, 02 Nov 2026 10:00:00 +0000"}\n' \
           f'Message-ID: <{hashlib.sha1((subject + body[:200]).encode()).hexdigest()[:20]}@lab.test>\nMIME-Version: 1.0\n{extra}'
    if 'Content-Type' not in extra:
        head += 'Content-Type: text/plain; charset=utf-8\n'
    return (head + '\n' + body).replace('\n', '\r\n').encode()


class Lab:
    roots = set()

    def __init__(self, root, options='', method='stop'):
        self.root = os.path.abspath(root)
        Lab.roots.add(self.root)
        self.options, self.method = options, method
        self.user = 'cyrus' if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.pidfile = f'{self.root}/run/master.pid'
        self.secret = 'lab-secret'
        if os.path.exists(f'{self.root}/ports'):
            self.port, self.lmtp, self.sieve = map(int, open(f'{self.root}/ports').read().split())

    # -- life ---------------------------------------------------------------------------------

    def configure(self):
        r = self.root
        for d in ('conf', 'conf/socket', 'spool/default', 'spool/second', 'sieve', 'run', 'backup', 'state'):
            os.makedirs(f'{r}/{d}', exist_ok=True)
        os.chmod(r, 0o755)
        self.port, self.lmtp, self.sieve = free_ports(3)
        open(f'{r}/ports', 'w').write(f'{self.port} {self.lmtp} {self.sieve}\n')
        open(f'{r}/imapd.conf', 'w').write(f'''# a private server for tests and demonstrations
configdirectory: {r}/conf
defaultpartition: default
partition-default: {r}/spool/default
partition-second: {r}/spool/second
sievedir: {r}/sieve
proc_path: {r}/run/proc
mboxname_lockpath: {r}/run/lock
lmtpsocket: {r}/run/lmtp
cyrus_user: {self.user}
servername: lab.test
admins: cyrus
proxyservers: cyrus
hashimapspool: yes
unixhierarchysep: yes
altnamespace: no
virtdomains: userid
defaultdomain: lab.test
annotation_allow_undefined: yes
allowplaintext: yes
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: alwaystrue
{self.options}
''')
        tool = f'cmd="{BIN}/%s -C {r}/imapd.conf%s"'
        open(f'{r}/cyrus.conf', 'w').write('START {\n  recover ' + tool % ('ctl_cyrusdb', ' -r') + '\n}\nSERVICES {\n'
            + f'  imap {tool % ("imapd", "")} listen="127.0.0.1:{self.port}" prefork=0\n'
            + f'  lmtp {tool % ("lmtpd", " -a")} listen="127.0.0.1:{self.lmtp}" prefork=0\n'
            + f'  sieve {tool % ("timsieved", "")} listen="127.0.0.1:{self.sieve}" prefork=0\n' + '}\nEVENTS {\n}\n')
        open(f'{r}/secret', 'w').write(self.secret + '\n')
        os.chmod(f'{r}/secret', 0o600)
        open(f'{r}/cyrkeep.conf', 'w').write(f'''state = "{r}/state";
imapd_conf = "{r}/imapd.conf";
cyrus_conf = "{r}/cyrus.conf";
server = {{ host = "127.0.0.1"; port = {self.port}; tls = "none"; admin = "cyrus"; password_file = "{r}/secret"; }};
master = {{ recipe = "process"; pidfile = "{self.pidfile}"; timeout = 30;
  start = [ "{BIN}/master", "-d", "-p", "{self.pidfile}", "-C", "{r}/imapd.conf", "-M", "{r}/cyrus.conf" ]; }};
destinations = ( {{ name = "main"; type = "directory"; path = "{r}/backup"; }} );
''')
        if os.getuid() == 0:
            for d in ('conf', 'spool', 'sieve', 'run'):
                subprocess.check_call(['chown', '-R', 'cyrus:mail', f'{r}/{d}'])
        return self

    def start(self):
        if not os.path.exists(f'{self.root}/imapd.conf'):
            self.configure()
        subprocess.check_call(['setsid', '-f', f'{BIN}/master', '-D', '-p', self.pidfile, '-C', f'{self.root}/imapd.conf',
                               '-M', f'{self.root}/cyrus.conf'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        self.wait_up()
        return self

    def master_pid(self):
        """The living master's process number, or 0. By its lock, not by the file."""
        import struct
        try:
            with open(self.pidfile) as f:
                lock = fcntl.fcntl(f, fcntl.F_GETLK, struct.pack('hhqqi4x', fcntl.F_RDLCK, 0, 0, 0, 0))
        except FileNotFoundError:
            return 0
        kind, _, _, _, pid = struct.unpack('hhqqi4x', lock)
        return 0 if kind == fcntl.F_UNLCK else pid

    def is_up(self):
        """Master holds its lock and IMAP greets."""
        if not self.master_pid():
            return False
        try:
            with socket.create_connection(('127.0.0.1', self.port), 2) as s:
                s.settimeout(5)
                return s.recv(100).startswith(b'* OK')
        except OSError:
            return False

    def wait_up(self, seconds=15):
        end = time.monotonic() + seconds
        while not self.is_up():
            if time.monotonic() > end:
                raise AssertionError(f'the server in {self.root} is not up after {seconds} s')
            time.sleep(0.05)

    def stop(self, seconds=30):
        pid = self.master_pid()
        if pid:
            os.kill(pid, signal.SIGQUIT)
            end = time.monotonic() + seconds
            while self.master_pid():
                if time.monotonic() > end:
                    raise AssertionError(f'the server in {self.root} (pid {pid}) has not stopped after {seconds} s')
                time.sleep(0.05)

    def remove(self):
        try:
            self.stop()
        except AssertionError as why:                      # of no test, and nothing may be left behind
            print(f'killed: {why}', flush=True)
            os.kill(self.master_pid(), signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)

    # -- clients ------------------------------------------------------------------------------

    def imap(self, user='cyrus'):
        """Logged in as USER, in whose name the administrator acts."""
        imaplib._MAXLINE = 10_000_000
        c = imaplib.IMAP4('127.0.0.1', self.port, timeout=60)
        c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)   # or each literal waits 40 ms for an answer to its front
        authz = '' if user == 'cyrus' else user
        c.authenticate('PLAIN', lambda _: f'{authz}\0cyrus\0{self.secret}'.encode())
        return c

    @staticmethod
    def ok(answer):
        if answer[0] != 'OK':
            raise AssertionError(f'the server says {answer}')
        return answer[1]

    def delete(self, c, box):
        """DELETE; Cyrus names what it keeps by the second, and refuses a second one of the same name in it."""
        answer = c.delete(box)
        while answer[0] == 'NO' and b'already exists' in answer[1][0]:
            time.sleep(0.3)
            answer = c.delete(box)
        return self.ok(answer)

    def make_certificate(self, address=None):
        """A certificate that is its own authority, of the server's name or of an address; its path without .crt is the key's."""
        pem = f'{self.root}/conf/{address or "key"}.pem'
        names = ['-addext', f'subjectAltName=IP:{address}'] if address else []
        subprocess.check_call(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj',
                               '/CN=lab.test', *names, '-days', '2', '-keyout', pem, '-out', pem + '.crt'], stderr=subprocess.DEVNULL)
        if os.getuid() == 0:
            subprocess.check_call(['chown', f'{self.user}:mail', pem, pem + '.crt'])
        return pem + '.crt'

    def put_sieve(self, user, name, script):
        s = socket.create_connection(('127.0.0.1', self.sieve), 10)
        f = s.makefile('rwb')
        def until_ok():
            while True:
                line = f.readline()
                if not line or line.startswith((b'NO', b'BYE')):
                    raise AssertionError(f'sieve says {line!r}')
                if line.startswith(b'OK'):
                    return
        until_ok()
        def send(text):
            f.write(text)
            f.flush()
            until_ok()
        plain = base64.b64encode(f'{user}\0cyrus\0{self.secret}'.encode()).decode()
        send(f'AUTHENTICATE "PLAIN" "{plain}"\r\n'.encode())
        body = script.encode()
        send(f'PUTSCRIPT "{name}" {{{len(body)}+}}\r\n'.encode() + body + b'\r\n')
        send(f'SETACTIVE "{name}"\r\n'.encode())
        send(b'LOGOUT\r\n')
        s.close()

    def append(self, c, box, raw, flags='', date=DATE):
        return self.ok(c.append(quote(box), f'({flags})', date, raw))

    def append_all(self, c, box, messages):
        """Several (message, flags, date) in one command, for which Cyrus waits for the disk but once."""
        words = [b'(%s) %s {%d+}\r\n%s' % (flags.encode(), date.encode(), len(raw), raw) for raw, flags, date in messages]
        return self.ok(c._simple_command('APPEND', quote(box).encode() + b' ' + b' '.join(words)))

    # -- mail ---------------------------------------------------------------------------------

    def fill(self):
        """Users, partitions, names and state of every kind that a restore must bring back."""
        admin = self.imap()
        for user, part in (('anne', 'default'), ('bob', 'second'), ('first.last', 'default'), ('eve@virt.test', 'second')):
            at = user.find('@')
            box = f'user/{user}' if at < 0 else f'user/{user[:at]}@{user[at + 1:]}'
            self.ok(admin.create(f'"{box}" {part}'))
        self.ok(admin.setquota('user/anne', '(STORAGE 200000)'))
        for box, part in (('shared/Team', 'second'), ('shared/Team/2026', 'second'), ('public/quarantine', 'default')):
            self.ok(admin.create(f'"{box}" {part}'))
            self.ok(admin.setacl(f'"{box}"', 'anne', 'lrswipkxtecda'))
            self.ok(admin.setacl(f'"{box}"', 'bob', 'lrs'))

        anne = self.imap('anne')
        for name, use in (('Sent', r'\Sent'), ('Trash', r'\Trash'), ('Junk', r'\Junk'), ('Drafts', r'\Drafts')):
            typ, data = anne._simple_command('CREATE', quote(f'INBOX/{name}'), f'(USE ({use}))')
            self.ok((typ, data))
        for name in ('office', 'office/2025', 'office/2025/Q4', 'Entwürfe', '日本語', "it's (odd) [x] $HOME", 'v1.2', 'a*b', '-dash', 'Empty'):
            self.ok(anne.create(quote(f'INBOX/{name}')))
        boxes = ['INBOX', 'INBOX/Sent', 'INBOX/office', 'INBOX/office/2025/Q4', 'INBOX/Entwürfe', 'INBOX/日本語',
                 "INBOX/it's (odd) [x] $HOME", 'INBOX/v1.2', 'INBOX/a*b', 'INBOX/-dash', 'INBOX/Junk', 'INBOX/Trash']
        flags = ['', r'\Seen', r'\Seen \Answered', r'\Flagged $work', r'\Seen Label-1 NonJunk', r'\Draft']
        for b, box in enumerate(boxes):
            mail = []
            for i in range(6):
                subject = ['Plain words', '=?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4=?=', '=?iso-8859-1?Q?Caf=E9?=', 'Re: [list] {3} "quoted"',
                           '=?utf-8?Q?=E6=97=A5=E6=9C=AC?=', 'tab\tand more'][i]
                body = f'Message {i} of box {b}.\n' + 'Some lines of text that compress well.\n' * (i * 20)
                mail.append((message(subject + f' {b}/{i}', body), flags[i],
                             f'"{1 + i:02d}-{["Jan", "Mar", "Oct"][i % 3]}-202{4 + i % 3} 0{i}:30:0{i} +0{i}00"'))
            self.append_all(anne, box, mail)
        big = base64.encodebytes(hashlib.sha512(b'seed').digest() * 20000).decode()
        mixed = 'Content-Type: multipart/mixed; boundary="=_b"\n'
        self.append(anne, 'INBOX/Sent', message('large and old', f'--=_b\nContent-Type: text/plain\n\nsee attached\n--=_b\n'
                    f'Content-Type: application/octet-stream; name="blob.bin"\nContent-Transfer-Encoding: base64\n\n{big}\n--=_b--\n',
                    extra=mixed), r'\Seen', '"02-Jan-2024 10:00:00 +0000"')
        self.ok(anne.select('INBOX'))
        self.ok(anne.uid('COPY', '1:3', quote('INBOX/office')))            # hard links between mailboxes
        self.ok(anne.uid('STORE', '2', '+FLAGS', r'(\Deleted)'))
        self.ok(anne.expunge())                                            # delayed-expunged
        self.ok(anne._simple_command('UID', 'STORE', '1', 'ANNOTATION', '(/comment (value.priv "mine" value.shared "ours"))'))
        self.ok(anne._simple_command('SETMETADATA', quote('INBOX/office'), '(/private/comment "private words" /shared/comment "shared words")'))
        for box in ('INBOX', 'INBOX/Sent', 'INBOX/office', 'INBOX/Entwürfe'):
            self.ok(anne.subscribe(quote(box)))
        self.ok(anne.setacl(quote('INBOX/office'), 'bob', 'lrs'))
        for box in ('shared/Team', 'shared/Team/2026', 'public/quarantine'):
            self.append_all(anne, box, [(message(f'shared {box} {i}', 'for all of us\n' * 10), '', DATE) for i in range(4)])
        self.ok(anne.create(quote('INBOX/gone')))
        self.append(anne, 'INBOX/gone', message('in a deleted mailbox', 'still here\n'))
        self.ok(anne.delete(quote('INBOX/gone')))                          # delayed-deleted

        for user in ('bob', 'first.last', 'eve@virt.test'):
            c = self.imap(user)
            self.ok(c.create(quote('INBOX/Sent')))
            self.ok(c.create(quote('INBOX/project.x')))
            for box in ('INBOX', 'INBOX/Sent', 'INBOX/project.x'):
                self.append_all(c, box, [(message(f'{user} {i}', f'body {i}\n' * 30), flags[i], DATE) for i in range(5)])
            self.ok(c.subscribe(quote('INBOX/Sent')))
            c.logout()
        bob = self.imap('bob')
        self.ok(bob.select('shared/Team'))
        self.ok(bob.uid('STORE', '1:2', '+FLAGS', r'(\Seen)'))             # seen by one who is not the owner
        bob.logout()
        self.put_sieve('anne', 'main', 'require ["fileinto"];\nif header :contains "subject" "list" { fileinto "INBOX/office"; }\n')
        anne.logout()
        admin.logout()
        return self

    def fill_legacy(self):
        """A user whose mailboxes lie in directories by name; needs a restart, since it is a setting."""
        self.stop()
        conf = open(f'{self.root}/imapd.conf').read()
        open(f'{self.root}/imapd.conf', 'w').write(conf + 'mailbox_legacy_dirs: yes\n')
        self.start()
        admin = self.imap()
        self.ok(admin.create('user/old'))
        c = self.imap('old')
        for name in ('Sent', 'Sent/2024', 'Büro', 'v1.0'):
            self.ok(c.create(quote(f'INBOX/{name}')))
        for box in ('INBOX', 'INBOX/Sent', 'INBOX/Sent/2024', 'INBOX/Büro', 'INBOX/v1.0'):
            self.append_all(c, box, [(message(f'old {box.encode("ascii", "replace").decode()} {i}', 'legacy\n' * 9),
                                      [r'\Seen', ''][i % 2], DATE) for i in range(4)])
        c.logout()
        admin.logout()
        self.stop()
        open(f'{self.root}/imapd.conf', 'w').write(conf)
        self.start()
        return self

    # -- what a client sees -------------------------------------------------------------------

    def mailboxes(self):
        """External names of all mailboxes, as the administrator lists them (still in modified UTF-7)."""
        c = self.imap()
        names = []
        for line in self.ok(c.list('""', '"*"')):
            if isinstance(line, tuple):
                names.append(line[1].decode())
            elif line:
                m = re.match(rb'\((.*?)\) (?:"(.)"|NIL) (.*)$', line)
                name = m.group(3).decode()
                if name.startswith('"'):
                    name = name[1:-1].replace('\\"', '"').replace('\\\\', '\\')
                if rb'\Noselect' not in m.group(1) and rb'\NonExistent' not in m.group(1):
                    names.append(name)
        c.logout()
        return names

    def owner(self, name):
        if not name.startswith('user/'):
            return 'anne'
        local, _, domain = name.partition('@')
        return local.split('/')[1] + ('@' + domain if domain else '')

    def as_owner(self, name):
        """The name as its owner sees it."""
        if not name.startswith('user/'):
            return name
        local, _, domain = name.partition('@')
        return '/'.join(['INBOX'] + local.split('/')[2:])

    def mailbox(self, name, c=None):
        """Everything about one mailbox (name in modified UTF-7) that IMAP tells."""
        own = c or self.imap(self.owner(name))
        box = '"' + self.as_owner(name).replace('\\', '\\\\').replace('"', '\\"') + '"'
        self.ok(own.select(box, readonly=True))
        info = {'uidvalidity': own.response('UIDVALIDITY')[1][0].decode(), 'messages': {}}
        uids = self.ok(own.uid('SEARCH', None, 'ALL'))[0].split()
        for uid in uids:
            parts = self.ok(own.uid('FETCH', uid.decode(), '(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])'))
            head, raw = next(p for p in parts if isinstance(p, tuple))
            text = head + b''.join(p for p in parts if isinstance(p, bytes))
            flags = re.search(rb'FLAGS \((.*?)\)', text).group(1).decode().split()
            info['messages'][int(uid)] = {
                'flags': sorted(f for f in flags if f != r'\Recent'),
                'date': re.search(rb'INTERNALDATE "(.*?)"', text).group(1).decode(),
                'size': int(re.search(rb'RFC822.SIZE (\d+)', text).group(1)),
                'sha1': hashlib.sha1(raw).hexdigest(),
            }
        def lines(who, command, box, *args):
            key = {'GETACL': 'ACL', 'GETMETADATA': 'METADATA'}[command]
            self.ok(who._simple_command(command, *args, box) if command == 'GETACL' else
                    who._simple_command(command, '(DEPTH infinity)', box, *args))
            return [repr(x) for x in (who.response(key)[1] or []) if x]
        admin = self.imap()
        info['acl'] = lines(admin, 'GETACL', '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"')
        admin.logout()
        info['metadata'] = lines(own, 'GETMETADATA', box, '(/private/comment /shared/comment /private/specialuse)')
        if not c:
            own.logout()
        return info

    def picture(self, names=None):
        """name -> mailbox() for all (or the given) mailboxes that their owner can open."""
        return {n: self.mailbox(n) for n in (names or self.mailboxes()) if not n.startswith('DELETED') and '/#' not in n}

    def subscriptions(self, user):
        c = self.imap(user)
        subs = sorted(repr(x) for x in self.ok(c.lsub('""', '"*"')) if x)
        c.logout()
        return subs

    # -- the program --------------------------------------------------------------------------

    def cyrkeep(self, *args, check=None, timeout=240, **kw):
        """Run the program on this server; stdin is never a terminal. Returns the finished process."""
        p = subprocess.run([*UNDER, PROGRAM, '-c', f'{self.root}/cyrkeep.conf', *args], stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=timeout, **kw)
        p.out, p.err = p.stdout.decode('utf-8', 'replace'), p.stderr.decode('utf-8', 'replace')
        if sanitizer.SIGN.search(p.stderr):
            raise AssertionError(p.err)
        if check is not None and p.returncode != check:
            raise AssertionError(f'cyrkeep {" ".join(args)} exits {p.returncode}, not {check}\n{p.out[-3000:]}\n{p.err[-3000:]}')
        return p

    def json(self, *args, check=0, **kw):
        return [json.loads(line) for line in self.cyrkeep('--json', *args, check=check, **kw).out.splitlines()]


def job_processes(lab, job):
    """(worker, guard) of a job: process numbers, 0 for none."""
    workers, guard = {}, 0
    for pid in map(int, filter(str.isdigit, os.listdir('/proc'))):
        try:
            words = open(f'/proc/{pid}/cmdline').read().split('\0')
            name, rest = open(f'/proc/{pid}/stat').read().split('(', 1)[1].rsplit(')', 1)
        except OSError:
            continue
        if f'{lab.root}/state' not in words or words[-3:-1] != ['worker', str(job)]:
            continue
        if name == 'cyrkeep-guard':
            guard = pid
        else:
            workers[pid] = int(rest.split()[1])
    # A child of the worker looks like it until it has another name or program.
    return next((pid for pid, parent in workers.items() if parent not in workers), 0), guard


class Links:
    """Files as they lie, and as an archive gave them back. Names of one file are names of one file again. Messages
    of one partition with the same bytes, mode, owner and time become one file; no others do."""

    def __init__(self):
        self.kept, self.joined, self.alike = {}, {}, {}

    def add(self, path, now, top):
        """@path: the file as it lies; @now: lstat of the one that came back; @top: the directory of its partition."""
        was = os.lstat(path)
        kind = (top, was.st_dev, was.st_size, was.st_mode, was.st_uid, was.st_gid, was.st_mtime_ns)
        self.kept.setdefault((was.st_dev, was.st_ino), set()).add(now.st_ino)
        self.joined.setdefault(now.st_ino, set()).add(kind)
        if re.fullmatch(r'\d+\.', os.path.basename(path)):
            with open(path, 'rb') as f:
                digest = hashlib.sha1(f.read()).digest()
            self.alike.setdefault((*kind, digest), {}).setdefault(now.st_ino, set()).add(was.st_ino)

    def check(self):
        """@return how many files became one with another."""
        assert all(len(s) == 1 for s in self.kept.values()), 'a hard link is lost'
        wrong = [s for s in self.joined.values() if len(s) > 1]
        assert not wrong, f'files that differ have become one: {wrong}'
        twice = [k for k, v in self.alike.items() if len(v) > 1]
        assert not twice, f'stored more than once: {twice}'
        return sum(len(were) - 1 for v in self.alike.values() for were in v.values())


def keep_settings(lab):
    """The settings as they are now stay readable as cyrkeep.conf.orig, whatever a test makes of them."""
    shutil.copy(f'{lab.root}/cyrkeep.conf', f'{lab.root}/cyrkeep.conf.orig')


def program_in(directory):
    """A copy of the program with its recipes, for other users: a clone may lie where only its owner may look."""
    shutil.copytree(f'{HERE}/../../engine/recipes', f'{directory}/engine/recipes')
    os.makedirs(f'{directory}/build')
    return shutil.copy2(PROGRAM, f'{directory}/build/cyrkeep')


def needs_mounts():
    tried = subprocess.run(['unshare', '-m', 'true'], capture_output=True, text=True)
    if tried.returncode:
        raise Skipped(f'no mounts of our own can be had here: {tried.stderr.strip()}')


class Skipped(Exception):
    """A test cannot run here; says why."""


class Tally:
    """Runs test functions, prints one line each, and the sum that CI reads."""
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.lock = threading.Lock()                  # tests may run side by side

    def run(self, name, fn, *args):
        import traceback
        begin = time.monotonic()
        try:
            fn(*args)
            sanitizer.check(list(Lab.roots))
            with self.lock:
                self.passed += 1
            print(f'ok {name} ({time.monotonic() - begin:.1f} s)', flush=True)
        except Skipped as why:
            with self.lock:
                self.skipped += 1
            print(f'skipped {name}: {why}', flush=True)
        except Exception:
            with self.lock:
                self.failed += 1
            print(f'not ok {name}:\n{traceback.format_exc()}', *sanitizer.new_reports(list(Lab.roots)), flush=True)

    def finish(self):
        if self.skipped:
            print(f'[  SKIPPED ] {self.skipped} test(s)', flush=True)
        print(f'{self.passed} passed, {self.failed} failed', flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def temp_lab(**kw):
    """A lab in a short temporary directory (socket paths are limited to 107 bytes)."""
    return Lab(tempfile.mkdtemp(prefix='ckl-', dir='/tmp'), **kw)


if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in ('start', 'stop', 'fill'):
        sys.exit(__doc__)
    if not BIN:
        sys.exit('no Cyrus found; run tests/deps')
    lab = Lab(sys.argv[2])
    if sys.argv[1] == 'stop':
        lab.stop()
    elif sys.argv[1] == 'fill':
        lab.fill()
    else:
        os.makedirs(lab.root, exist_ok=True)
        lab.start()
        if '--empty' not in sys.argv:
            lab.fill()
            lab.fill_legacy()
        print(f'IMAP on port {lab.port}; settings in {lab.root}/cyrkeep.conf')
