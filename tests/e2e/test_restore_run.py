#!/usr/bin/python3
"""A restore while it runs: its phases and figures, one mailbox that cannot be done among others, a cancel and a kill in the middle."""
import json, os, signal, subprocess, sys, threading, time

import sanitizer

from lab import PROGRAM, Tally, job_processes, message, same, temp_lab
from restoring import SlowServer, append_many, contents, delete, empty, guids, restore, sums

MANY = 1300


class Running:
    """A restore under way, with its events as they come."""

    def __init__(self, lab, *args):
        self.lab, self.events = lab, []
        self.p = subprocess.Popen([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', '--json', 'restore', 'latest', *args, '--yes'],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.p.stdout:
            self.events.append(json.loads(line))

    def until(self, what, seconds=60):
        """Wait for an event for which WHAT says yes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for e in list(self.events):
                if what(e):
                    return e
            if self.p.poll() is not None and not self.reader.is_alive():
                break
            time.sleep(0.02)
        raise AssertionError(f'did not come; the last events: {self.events[-3:]} {self.p.poll()}')

    def job(self):
        lines = self.lab.json('jobs')
        return max(j['job'] for j in lines)

    def end(self):
        self.p.wait(120)
        self.reader.join(10)
        return self.p.returncode, self.events[-1]


def moving(e):
    return e['event'] == 'progress' and e['messages_done'] >= 500


def fill_many(lab):
    admin = lab.imap()
    lab.ok(admin.create('user/zoe'))
    zoe = lab.imap('zoe')
    lab.ok(zoe.create('INBOX/many'))
    append_many(lab, zoe, 'INBOX/many', MANY, 60)
    lab.ok(zoe.create('INBOX/gone'))
    lab.append(zoe, 'INBOX/gone', message('in a deleted mailbox'))
    lab.delete(zoe, 'INBOX/gone')
    zoe.logout()
    lab.json('backup')
    return lab.mailbox('user/zoe/many')


def one_refused_among_others(lab, was):
    """A mailbox that was deleted already when it was archived has no original to go to: it is told, the others come back."""
    empty(lab, 'zoe', 'INBOX/many', '1:3')
    p = lab.cyrkeep('restore', 'latest', 'user/zoe*', 'DELETED/*', '--dry-run', check=3)
    assert 'refuse' in p.out and 'DELETED/user/zoe/gone' in p.out, p.out
    p = lab.cyrkeep('restore', 'latest', 'user/zoe*', 'DELETED/*', '--yes', check=3)
    assert 'DELETED/user/zoe/gone' in p.err and '--to' in p.err, p.err
    same(contents(lab.mailbox('user/zoe/many')), contents(was), 'the others')
    now = lab.mailbox('user/zoe/many')
    p = lab.cyrkeep('restore', 'latest', 'DELETED/*', '--yes', check=1)
    assert 'nothing was changed' in p.err and 'DELETED/user/zoe/gone' in p.err, p.err
    same(lab.mailbox('user/zoe/many'), now, 'all refused')
    same(lab.json('restore', 'latest', 'DELETED/*', '--dry-run', check=1)[-1]['result'], 'failed', 'result of a rehearsal')


def phases_and_figures(lab, was):
    empty(lab, 'zoe', 'INBOX/many')
    with SlowServer(lab, 400_000):
        r = Running(lab, 'user/zoe*')
        first = r.until(moving)
        assert first['phase'] == 'restore' and 0 < first['messages_done'] < first['messages_total'] == MANY, first
        assert 0 < first['bytes_done'] < first['bytes_total'] and first['eta_ms'] is None, first
        job = [j for j in lab.json('jobs') if j['job'] == r.job()][0]
        assert 0 < job['percent'] < 99, job
        lab.cyrkeep('pause', str(r.job()), check=0)
        time.sleep(11)                                     # no forecast comes from the first ten seconds
        lab.cyrkeep('resume', str(r.job()), check=0)
        left = r.until(lambda e: e['event'] == 'progress' and (e['eta_ms'] or 0) > 0)
        assert left['phase'] == 'restore', left
        code, report = r.end()
    same((code, report['result'], report['added']), (0, 'ok', MANY), 'report')
    phases = [e['phase'] for e in r.events if e['event'] == 'phase' and e['state'] == 'begin']
    assert phases.index('rehearse') < phases.index('restore'), phases
    last = [e for e in r.events if e['event'] == 'progress' and e['phase'] in ('restore', 'report')][-1]
    same((last['messages_done'], last['bytes_done']), (last['messages_total'], last['bytes_total']), 'the last figures')
    same(contents(lab.mailbox('user/zoe/many')), contents(was), 'contents')


def cancelled_in_the_middle(lab, was):
    empty(lab, 'zoe', 'INBOX/many')
    with SlowServer(lab, 400_000):
        r = Running(lab, 'user/zoe*')
        r.until(moving)
        job = r.job()
        lab.cyrkeep('cancel', str(job), check=0)
        code, report = r.end()
    same((code, report['result']), (6, 'cancelled'), 'a cancelled restore')
    there = contents(lab.mailbox('user/zoe/many'))
    same(report['added'], len(there), 'what was added is told')
    assert 0 < len(there) < MANY, len(there)
    p = lab.cyrkeep('attach', str(job))
    assert f'{len(there)}' in p.out.replace(',', '').replace(' ', '') and 'added' in p.out, p.out
    same(sums(restore(lab, 'user/zoe*')), (MANY - len(there), len(there), 0), 'the rest')
    same(contents(lab.mailbox('user/zoe/many')), contents(was), 'complete, nothing twice')


def cancelled_before_it_is_made(lab, was):
    """A mailbox that is gone comes back whole or not at all; nothing waits on the server afterwards."""
    delete(lab, 'zoe', 'INBOX/many')
    with SlowServer(lab, 400_000):
        r = Running(lab, 'user/zoe*')
        r.until(moving)
        lab.cyrkeep('cancel', str(r.job()), check=0)
        code, report = r.end()
    same((code, report['result'], report['added']), (6, 'cancelled', 0), 'a cancelled restore')
    assert 'user/zoe/many' not in lab.mailboxes(), lab.mailboxes()
    same(sums(restore(lab, 'user/zoe*')), (MANY, 0, 0), 'all of it')
    same(lab.mailbox('user/zoe/many'), was, 'the mailbox')


def killed_in_the_middle(lab, was):
    empty(lab, 'zoe', 'INBOX/many')
    with SlowServer(lab, 400_000):
        r = Running(lab, 'user/zoe*')
        r.until(moving)
        os.kill(job_processes(lab, r.job())[0], signal.SIGKILL)
        code, _ = r.end()
    assert code not in (0, 3), code
    there = contents(lab.mailbox('user/zoe/many'))
    assert 0 < len(there) < MANY, len(there)
    same(sums(restore(lab, 'user/zoe*')), (MANY - len(there), len(there), 0), 'the rest')
    same(contents(lab.mailbox('user/zoe/many')), contents(was), 'complete, nothing twice')


def peak_memory(lab, r):
    """KiB that the worker of a running restore has at most had in memory; waits for its end."""
    pid, peak = job_processes(lab, r.job())[0], 0
    assert pid, 'no worker'
    while r.p.poll() is None:
        try:
            peak = max([peak] + [int(l.split()[1]) for l in open(f'/proc/{pid}/status') if l.startswith('VmHWM')])
        except OSError:
            break
        time.sleep(0.02)
    return peak


def ten_thousand_messages(lab, was):
    """Memory does not grow with the mailbox: 10,000 small messages and 80 MB of large ones pass through a small worker."""
    n = 10_320
    lab.ok(lab.imap().create('user/max'))
    c = lab.imap('max')
    lab.ok(c.create('INBOX/big'))
    append_many(lab, c, 'INBOX/big', 10_000, 30)
    for i in range(320):
        lab.append(c, 'INBOX/big', message(f'large {i}', 'the same words again\n' * 12_000))
    c.logout()
    lab.json('backup')
    want = guids(lab, 'max', 'INBOX/big')
    same(len(want), n, 'messages')
    for what, prepare in (('into one that is there', empty), ('made again', delete)):
        prepare(lab, 'max', 'INBOX/big')
        began = time.monotonic()
        r = Running(lab, 'user/max/big')
        r.until(lambda e: e['event'] == 'phase' and e['phase'] == 'restore')
        peak = peak_memory(lab, r)
        code, report = r.end()
        took = time.monotonic() - began
        print(f'   {n} messages, 90 MB, {what}: {took:.1f} s, {n / took:.0f} messages/s, {90 / took:.0f} MB/s, worker {peak // 1024} MiB')
        same((code, report['added'], report['failed']), (0, n, 0), what)
        same(guids(lab, 'max', 'INBOX/big'), want, what)
        assert sanitizer.is_in(PROGRAM) or 0 < peak < 80 * 1024, f'{what}: {peak} KiB'


def main():
    lab, tally = temp_lab().start(), Tally()
    try:
        was = fill_many(lab)
        wanted = sys.argv[1:]
        for name, fn in (('one refused among others', one_refused_among_others),
                         ('phases and figures', phases_and_figures),
                         ('cancelled before a mailbox is made', cancelled_before_it_is_made),
                         ('cancelled in the middle', cancelled_in_the_middle),
                         ('killed in the middle', killed_in_the_middle),
                         ('ten thousand messages', ten_thousand_messages)):
            if not wanted or any(w in name for w in wanted):
                tally.run(name, fn, lab, was)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
