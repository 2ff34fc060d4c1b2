"""What tests of restoring share: mail taken away, put back and compared, and a port in front of the server."""
import re, socket, subprocess, threading, time

from lab import BIN, DATE, message, quote


def restore(lab, *args, code=0):
    """Run it; the report line."""
    return lab.json('restore', 'latest', *args, '--yes', check=code)[-1]


def sums(report):
    return report['added'], report['present'], report['failed']


def contents(box):
    """What a mailbox holds, whatever the uids."""
    return sorted((m['sha1'], m['date'], m['size'], m['flags']) for m in box['messages'].values())


def empty(lab, user, box, uids='1:*'):
    c = lab.imap(user)
    lab.ok(c.select(quote(box)))
    lab.ok(c.uid('STORE', uids, '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()


def delete(lab, user, *boxes):
    c = lab.imap(user)
    for box in boxes:
        lab.delete(c, quote(box))
    c.logout()


def purge(lab):
    """What the nightly cyr_expire does, at once."""
    args = [f'{BIN}/cyr_expire', '-C', f'{lab.root}/imapd.conf', '-E', '0', '-X', '0', '-D', '0']
    subprocess.check_call(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def append_many(lab, c, box, n, lines):
    for start in range(0, n, 100):
        lab.append_all(c, box, [(message(f'number {i}', f'{i}\n' + 'words and more words\n' * lines), [r'\Seen', r'\Flagged'][i % 2], DATE)
                                for i in range(start, start + 100)])


def guids(lab, user, box):
    """GUIDs and flags, sorted; quicker than to read every message."""
    c = lab.imap(user)
    lab.ok(c.select(box, readonly=True))
    lines = [re.sub(rb'^\d+ ', b'', l).replace(rb'\Recent ', b'').replace(rb'\Recent', b'').strip() for l in lab.ok(c.fetch('1:*', '(FLAGS INTERNALDATE DIGEST.SHA1)'))]
    c.logout()
    return sorted(lines)


class Link:
    """One connection that goes through a Port."""

    def __init__(self, client, server):
        self.client, self.server, self.mute = client, server, False

    def cut(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Port:
    """A port in front of the lab's, for which the settings have it as long as the block lasts.

    What passes goes through to_server() and to_client(), which return what is passed on, or None to end the connection."""

    def __init__(self, lab, address='127.0.0.1'):
        self.lab, self.front = lab, socket.create_server((address, 0))
        self.port = self.front.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def to_server(self, link, data):
        return data

    def to_client(self, link, data):
        return data

    @staticmethod
    def pump(link, a, b, change):
        try:
            while data := a.recv(16384):
                data = change(link, data)
                if data is None:
                    return link.cut()
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def serve(self):
        while True:
            try:
                client, _ = self.front.accept()
            except OSError:
                return
            server = socket.create_connection(('127.0.0.1', self.lab.port))
            link = Link(client, server)
            threading.Thread(target=self.pump, args=(link, client, server, self.to_server), daemon=True).start()
            threading.Thread(target=self.pump, args=(link, server, client, self.to_client), daemon=True).start()

    def __enter__(self):
        path = f'{self.lab.root}/cyrkeep.conf'
        self.before = open(path).read()
        text = self.before.replace(f'port = {self.lab.port}', f'port = {self.port}')
        assert text != self.before, text
        with open(path, 'w') as f:
            f.write(text)
        return self

    def __exit__(self, *_):
        with open(f'{self.lab.root}/cyrkeep.conf', 'w') as f:
            f.write(self.before)
        self.front.close()


class OldServer(Port):
    """One that seems to know no replication commands: the word for them is changed on its way."""

    def to_client(self, link, data):
        return data.replace(b'X-REPLICATION', b'X-REPLICAS-NO')


class SlowServer(Port):
    """Lets at most RATE bytes a second through to the server, so that a restore has a middle."""

    def __init__(self, lab, rate):
        self.rate = rate
        super().__init__(lab)

    def to_server(self, link, data):
        time.sleep(len(data) / self.rate)
        return data


class Between(Port):
    """When WORD comes by for the Nth time, MEET is called; it may return 'cut' (the command does not arrive) or 'mute' (it
    does, and the connection ends instead of its answer)."""

    def __init__(self, lab, word, nth, meet):
        self.word, self.nth, self.meet, self.seen, self.met = word.encode(), nth, meet, 0, False
        super().__init__(lab)

    def to_server(self, link, data):
        self.seen += data.count(self.word)
        if self.met or self.seen < self.nth:
            return data
        self.met = True
        verdict = self.meet()
        link.mute = verdict == 'mute'
        return None if verdict == 'cut' else data

    def to_client(self, link, data):
        return None if link.mute else data
