"""What the tests of the contract share: the keys of each kind of line with their types, a server with
names, sizes and ages on both sides of each bound, and ways to run the program."""
import os, pty, re, subprocess, time

from lab import PROGRAM, message, quote, same

DONE, FAILED, USAGE, FINDINGS, DAMAGE, BUSY, CANCELLED = range(7)
DAY = 86400


# -- types of the keys --------------------------------------------------------------------------

def number(v): return type(v) is int and v >= 0
def text(v): return type(v) is str
def moment(v): return text(v) and re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z', v)
def guid(v): return text(v) and re.fullmatch('[0-9a-f]{40}', v)
def grade(v): return v in ('A', 'B', 'C', 'D', 'F')
def grades(v): return type(v) is dict and v and all(grade(k) and number(n) for k, n in v.items())
def texts(v): return type(v) is list and all(text(x) for x in v)
def maybe(kind): return lambda v: v is None or kind(v)
def one_of(*words): return lambda v: v in words


MAILBOX = dict(mailbox=text, uniqueid=text, partition=text, messages=number, bytes=number, uidvalidity=number, special=text)
ESTIMATE = {'mailbox': dict(mailbox=text, messages=number, bytes=number, left_out=maybe(number)),
            'rule': dict(rule=number, mailboxes=number, messages=number, bytes=number),
            'total': dict(mailboxes=number, messages=number, bytes=number)}
REPORT = dict(job=number, archive=maybe(number), path=maybe(text), kind=maybe(one_of('full', 'incr')), method=maybe(text),
              result=one_of('ok', 'findings', 'failed', 'cancelled'), mailboxes=number, messages=number, bytes_read=number,
              bytes_written=number, downtime_ms=number, grades=grades, findings=number)
RESTORED = dict(REPORT, added=number, present=number, failed=number, mailboxes_failed=number)
FINDING = dict(mailbox=maybe(text), uid=maybe(number), code=text, text=text, remedy=text)
ARCHIVE = dict(archive=number, path=text, kind=one_of('full', 'incr'), base=maybe(number), started=moment,
               result=one_of('ok', 'findings'), mailboxes=number, messages=number, bytes=number, grades=grades)
ARCHIVED = dict(mailbox=text, uniqueid=text, grade=grade, messages=number, bytes=number, uidvalidity=number)
MESSAGE = {'uid': number, 'guid': guid, 'size': number, 'internaldate': moment, 'flags': texts, 'from': text, 'subject': text}
JOB = dict(job=number, kind=one_of('backup', 'restore', 'verify'),
           state=one_of('starting', 'running', 'paused', 'cancelling', 'done', 'dead'), phase=text, percent=number,
           result=maybe(one_of('ok', 'findings', 'failed', 'cancelled')))


def keyed(line, keys):
    for key, kind in keys.items():
        if key not in line:
            raise AssertionError(f"key '{key}' is missing in {line}")
        if not kind(line[key]):
            raise AssertionError(f"key '{key}' is {line[key]!r} in {line}")


def events(lines, report):
    for line in lines[:-1]:
        assert line['event'] in ('phase', 'progress', 'finding'), line
        if line['event'] == 'finding':
            keyed(line, FINDING)
    same(lines[-1]['event'], 'report', 'the last line')
    keyed(lines[-1], report)
    return lines[-1]


def refused(lab, code, *args, say=()):
    p = lab.cyrkeep(*args)
    same(p.returncode, code, f'exit code of {args} ({p.err})')
    assert p.out == '' or code == FINDINGS, (args, p.out)
    assert p.err.startswith('cyrkeep: ') and p.err.count('\n') == 1, (args, p.err)
    for word in say:
        assert word in p.err, (word, p.err)
    return p.err


# -- mail ---------------------------------------------------------------------------------------

def sized(subject, size):
    """A message of exactly @size bytes."""
    raw = message(subject, '')
    while len(raw) + 82 <= size:
        raw += b'x' * 78 + b'\r\n'
    raw += b'y' * (size - len(raw) - 2) + b'\r\n'
    assert len(raw) == size
    return raw


def ago(seconds):
    return time.strftime('"%d-%b-%Y %H:%M:%S +0000"', time.gmtime(time.time() - seconds))


def fill(lab):
    """What the rules are tried on: names alike, sizes and ages on both sides of each bound."""
    admin = lab.imap()
    for box in ('user/zoe', 'public/quarantine/deep', 'public/quarantined'):
        lab.ok(admin.create(box))
        if box != 'user/zoe':
            lab.ok(admin.setacl(box, 'anne', 'lrswipkxtecda'))
    admin.logout()
    zoe = lab.imap('zoe')
    for name, use in (('Spam', r'\Junk'), ('Trash', r'\Trash'), ('Outbox', r'\Sent')):
        lab.ok(zoe._simple_command('CREATE', quote(f'INBOX/{name}'), f'(USE ({use}))'))
    for name in ('Sent', 'Sent/2024', 'Sent Items', 'sent', 'Junk', 'Junkets', 'Projects', 'Projects/Junkyard', 'Projects/Junk',
                 'Größe', 'a,b', 'Bounds', '50$', '&', '~x', '日本 語', 'a_b', '+plus'):
        lab.ok(zoe.create(quote(f'INBOX/{name}')))
    for box in ('', '/Sent', '/Sent/2024', '/Sent Items', '/sent', '/Junk', '/Junkets', '/Projects/Junkyard', '/Projects/Junk',
                '/Spam', '/Trash', '/Outbox', '/Größe', '/a,b', '/50$', '/&', '/~x', '/日本 語', '/a_b', '/+plus'):
        for i in range(2):
            lab.append(zoe, f'INBOX{box}', message(f'in {len(box)} {i}', 'words\n'))
    for i, (size, age) in enumerate([(1024, 60), (1025, 60), (1 << 20, 60), ((1 << 20) + 1, 60),
                                     (2048, 7 * DAY - 900), (2048, 7 * DAY + 900), (2048, 28 * DAY - 900), (2048, 28 * DAY + 900),
                                     (2000, -3 * DAY)]):
        lab.append(zoe, 'INBOX/Bounds', sized(f'bound {i}', size), r'\Seen', ago(age))
    zoe.logout()
    anne = lab.imap('anne')
    for box in ('public/quarantine/deep', 'public/quarantined'):
        lab.append(anne, box, message('shared', 'x\n'))
    anne.logout()


def settings(lab, name, change=lambda s: s, more=''):
    path = f'{lab.root}/{name}.conf'
    with open(path, 'w') as f:
        f.write(change(open(f'{lab.root}/cyrkeep.conf').read()) + more)
    return path


def program(*args, **kw):
    p = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, **kw)
    p.out, p.err = p.stdout.decode('utf-8', 'replace'), p.stderr.decode('utf-8', 'replace')
    return p


def on_a_terminal(lab, answer, *args):
    """The exit code of a program that is told ANSWER (or what it returns) at the first question, and what it said."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, [PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args])
    said = b''
    while True:
        try:
            got = os.read(fd, 4096)
        except OSError:                                    # the other end is gone
            break
        if not got:
            break
        said += got
        if answer is not None and said.rstrip().endswith(b':'):
            os.write(fd, answer() if callable(answer) else answer)
            answer = None
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode('utf-8', 'replace')


def names(lab, *pattern):
    return [l['mailbox'] for l in lab.json('mailboxes', *pattern)]


def estimate(lab, *args):
    lines = lab.json('backup', '--dry-run', *args)
    for line in lines:
        keyed(line, ESTIMATE[line['kind']])
    rules = [l for l in lines if l['kind'] == 'rule']
    same([l['rule'] for l in rules], list(range(1, len(rules) + 1)), 'rules are numbered from 1, in order')
    total = [l for l in lines if l['kind'] == 'total']
    same(len(total), 1, 'one total')
    boxes = {l['mailbox']: l for l in lines if l['kind'] == 'mailbox'}
    taken = [b for b in boxes.values() if b['left_out'] is None]
    same((total[0]['mailboxes'], total[0]['messages'], total[0]['bytes']),
         (len(taken), sum(b['messages'] for b in taken), sum(b['bytes'] for b in taken)), 'total')
    return boxes, rules, total[0]


def caught(lab, *rules, of='*'):
    boxes, _, _ = estimate(lab, of, *[x for r in rules for x in ('--exclude', r)])
    return sorted(n for n, l in boxes.items() if l['left_out'] is not None)
