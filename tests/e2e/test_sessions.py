#!/usr/bin/python3
"""Who a stop would cut off: real clients of a real Cyrus, before the stop on every way to it."""
import os, pty, select, signal, socket, time

from lab import PROGRAM, Tally, quote, temp_lab


def connected(lab):
    """The line of `check`."""
    return next(l[len('connected'):].strip() for l in lab.cyrkeep('check').out.splitlines() if l.startswith('connected'))


def until_connected(lab, want):
    """A process writes its file a moment after it has answered."""
    end = time.monotonic() + 10
    while connected(lab) != want:
        assert time.monotonic() < end, f'{connected(lab)!r}, not {want!r}'
        time.sleep(0.05)


def sessions_of(lab):
    return next(o for o in lab.json('check') if o['kind'] == 'sessions')


def on_terminal(lab, *args):
    """Run with stderr and stdout on a terminal; (exit code, what stood there)."""
    pid, tty = pty.fork()
    if pid == 0:
        os.environ['COLUMNS'] = '200'
        os.execv(PROGRAM, [PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args])
    out = b''
    while select.select([tty], [], [], 120)[0]:
        try:
            got = os.read(tty, 65536)
        except OSError:
            break
        if not got:
            break
        out += got
    os.close(tty)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()


def login(lab, user, box=None):
    c = lab.imap(user)
    if box:
        lab.ok(c.select(quote(box)))
    return c


def nobody_is_told_as_nobody(lab):
    until_connected(lab, 'no session')
    assert sessions_of(lab) == {'kind': 'sessions', 'sessions': 0, 'users': 0}
    assert '\nstop   no session would be cut off\n' in lab.cyrkeep('backup', '--dry-run', check=0).out


def users_are_counted_and_named(lab):
    clients = [login(lab, 'anne', 'INBOX'), login(lab, 'anne'), login(lab, 'eve@virt.test', 'INBOX'), login(lab, 'first.last')]
    raw = socket.create_connection(('127.0.0.1', lab.port))         # greeted, not logged in
    assert raw.recv(100).startswith(b'* OK')
    try:
        until_connected(lab, '5 sessions of 3 users: anne (2), eve@virt.test, first.last')
        assert sessions_of(lab) == {'kind': 'sessions', 'sessions': 5, 'users': 3}
        out = lab.cyrkeep('backup', '--dry-run', check=0).out
        assert '\nstop   5 sessions of 3 users would be cut off: anne (2), eve@virt.test, first.last\n' in out, out
        assert '\ndown   perhaps 3 s; new mail waits at the MTA meanwhile. An estimate for ' in out, out
        total = lab.json('backup', '--dry-run')[-1]
        assert (total['kind'], total['sessions'], total['users'], total['downtime_ms']) == ('total', 5, 3, 3000), total
    finally:
        raw.close()
        for c in clients:
            c.logout()
    until_connected(lab, 'no session')


def a_killed_process_is_not_counted(lab):
    """Its file stays; its number is another process's one day."""
    c, d = login(lab, 'anne', 'INBOX'), login(lab, 'bob', 'INBOX')
    until_connected(lab, '2 sessions of 2 users: anne, bob')
    files = {n: open(f'{lab.root}/run/proc/{n}').read() for n in os.listdir(f'{lab.root}/run/proc')}
    victim = next(n for n, text in files.items() if '\tanne\t' in text)
    os.kill(int(victim), signal.SIGKILL)
    until_connected(lab, '1 session of 1 user: bob')
    path = f'{lab.root}/run/proc/{victim}'
    if not os.path.exists(path):                                    # later versions remove it
        open(path, 'w').write(files[victim])
    assert connected(lab) == '1 session of 1 user: bob'
    os.rename(path, f'{lab.root}/run/proc/{os.getpid()}')           # a process that lives, but is not Cyrus's
    assert connected(lab) == '1 session of 1 user: bob'
    os.unlink(f'{lab.root}/run/proc/{os.getpid()}')
    d.logout()
    c.shutdown()


def names_are_harmless(lab):
    """A file that a Cyrus process of another mind wrote."""
    c = login(lab, 'anne', 'INBOX')
    until_connected(lab, '1 session of 1 user: anne')
    path = next(f'{lab.root}/run/proc/{n}' for n in os.listdir(f'{lab.root}/run/proc'))
    for text, want in ((b'imap\th\t\x1b]0;owned\x07\x9b2J\t\t\n', '1 session of 1 user: <1B>]0;owned<07><x9B>2J'),
                       (b'imap\th\t\xe2\x80\xaeanne\t\t\n', '1 session of 1 user: <U+202E>anne'),
                       (b'x' * 100000, 'no session'), (b'imap\th\tan\0ne\t\t\n', 'no session'), (b'', '1 session, not logged in')):
        open(path, 'wb').write(text)
        assert connected(lab) == want, (text[:40], connected(lab))
    c.logout()


def a_backup_on_a_terminal_says_who_is_cut_off(lab):
    c = login(lab, 'anne', 'INBOX')
    until_connected(lab, '1 session of 1 user: anne')
    before = lab.master_pid()
    code, text = on_terminal(lab, 'backup')
    assert code == 0, text
    said = '1 session of 1 user will be cut off: anne\r\n'
    assert said in text and text.index(said) < text.index('copy'), text
    assert lab.is_up() and lab.master_pid() != before
    out = lab.cyrkeep('backup', '--dry-run', check=0).out
    assert 'perhaps' not in out and 'after the last backup here' in out, out
    c.shutdown()
    p = lab.cyrkeep('backup', check=0)                              # no terminal: cron reads what happened only
    assert 'cut off' not in p.out + p.err


def a_stopped_server_has_no_sessions(lab):
    c = login(lab, 'anne', 'INBOX')
    until_connected(lab, '1 session of 1 user: anne')
    lab.stop()
    assert not [l for l in lab.cyrkeep('check').out.splitlines() if l.startswith('connected')]
    assert '\nstop   no session would be cut off\n' in lab.cyrkeep('backup', '--dry-run', check=0).out
    c.shutdown()
    lab.start()


TESTS = [nobody_is_told_as_nobody, users_are_counted_and_named, a_killed_process_is_not_counted, names_are_harmless,
         a_backup_on_a_terminal_says_who_is_cut_off, a_stopped_server_has_no_sessions]


def main():
    tally = Tally()
    lab = temp_lab().configure()
    try:
        lab.start()
        admin = lab.imap()
        for user in ('anne', 'bob', 'first.last', 'eve@virt.test'):
            lab.ok(admin.create(f'user/{user}'))
        admin.logout()
        for test in TESTS:
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
