#!/usr/bin/python3
"""Where archives and jobs lie: two hosts in one destination, a file system that is not mounted, that goes away, or that fills up.

Needs root, for mounts and namespaces."""
import json, os, subprocess, sys

from contract import DONE, FAILED, FINDINGS
from holding import QUICK, SLOW, STEADY, ended, events, fill, held, settings, small_disk, until
from lab import PROGRAM, Tally, keep_settings, message, needs_mounts, same, temp_lab


def run(*argv):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    p.out, p.err = p.stdout.decode('utf-8', 'replace'), p.stderr.decode('utf-8', 'replace')
    return p


def on_host(lab, host, *args):
    """The program on a machine of another name."""
    return run('unshare', '--uts', 'sh', '-c', 'hostname "$0" && exec "$@"', host, PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args)


def lines(p, code=DONE):
    assert p.returncode == code, (p.returncode, p.out, p.err)
    return [json.loads(l) for l in p.out.splitlines()]


def two_hosts_in_one_destination(lab):
    """Each has its own numbers, its own latest and its own unfinished files; the other's archive is one by its path."""
    settings(lab, QUICK)
    other = temp_lab().configure()
    shared = f'{lab.root}/backup'
    with open(f'{other.root}/cyrkeep.conf') as f:
        text = f.read().replace(f'{other.root}/backup', shared)
    with open(f'{other.root}/cyrkeep.conf', 'w') as f:
        f.write(text)
    try:
        other.start()
        admin = other.imap()
        other.ok(admin.create('user/zoe'))
        admin.logout()
        other.append(other.imap('zoe'), 'INBOX', message('of the other', 'x\n'))
        one = lines(on_host(lab, 'mail1', '--json', 'backup'))[-1]
        two = lines(on_host(other, 'mail2', '--json', 'backup'))[-1]
        assert '/mail1-' in one['path'] and '/mail2-' in two['path'], (one['path'], two['path'])
        half = f'{shared}/mail2-20261128T000000Z-full.tar.zst.partial'
        open(half, 'w').write('the other writes this')
        three = lines(on_host(lab, 'mail1', '--json', 'backup', 'user/load*'))[-1]
        assert os.path.exists(half), "the other's unfinished file was swept"
        four = lines(on_host(other, 'mail2', '--json', 'backup'))[-1]
        assert not os.path.exists(half), 'its own unfinished file is swept'
        for who, host, mine, theirs, box in ((lab, 'mail1', (one, three), (two, four), 'user/load'), (other, 'mail2', (two, four), (one, three), 'user/zoe')):
            assert mine[0]['archive'] == mine[0]['job'] and mine[1]['archive'] == mine[1]['job'], mine
            rows = lines(on_host(who, host, '--json', 'archives'))
            same({(r['path'], r['own']) for r in rows}, {(a['path'], True) for a in mine} | {(a['path'], False) for a in theirs}, host)
            for which in ('latest', str(mine[1]['archive']), mine[1]['path']):
                names = [l['mailbox'] for l in lines(on_host(who, host, '--json', 'list', which))]
                assert box in names, (host, which, names)
            for a in mine:
                same(lines(on_host(who, host, '--json', 'verify', str(a['archive'])))[-1]['path'], a['path'], f'{host}: its number')
            for a in theirs:
                if a['archive'] not in [m['archive'] for m in mine]:
                    p = on_host(who, host, 'list', str(a['archive']))
                    assert p.returncode == FAILED and 'not of this server' in p.err and 'give its path' in p.err, (p.returncode, p.err)
                same(on_host(who, host, 'list', a['path']).returncode, DONE, 'by its path')
        assert lab.is_up() and other.is_up()
    finally:
        other.remove()


def a_destination_that_is_not_mounted(lab):
    """/etc/fstab says that a file system belongs there: nothing is written below its mount point, and nothing is stopped."""
    needs_mounts()
    disk, before = f'{lab.root}/disk', lab.master_pid()
    os.makedirs(disk)
    with open(f'{lab.root}/fstab', 'w') as f:
        f.write(f'LABEL=backup {disk} ext4 defaults,noauto 0 2\n')
    for where in (disk, f'{disk}/mail/archives'):
        p = run('unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/fstab && exec "$@"', f'{lab.root}/fstab',
                PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', 'backup', '--to', where)
        assert p.returncode == FAILED and f"'{disk}'" in p.err and 'mount' in p.err and p.err.count('\n') == 1, (p.returncode, p.err)
        same((lab.master_pid(), os.listdir(disk)), (before, []), 'nothing was stopped, nothing written')
    os.rmdir(disk)


def a_destination_that_goes_away_midway(lab):
    """Unmounted while the copy runs: the archive is on a file system that nobody will find again, and is no archive."""
    settings(lab, SLOW)
    disk = f'{lab.root}/disk'
    os.makedirs(disk)
    subprocess.check_call(['mount', '-t', 'tmpfs', '-o', 'size=200m,mode=0700', 'none', disk])
    p = subprocess.Popen([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', 'backup', '--to', disk], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        job = until('a job', lambda: next((r['job'] for r in lab.json('jobs') if r['state'] == 'running'), 0))
        held(lab, job)
        until('it is written', lambda: [n for n in os.listdir(disk) if n.endswith('.partial')])
    finally:
        subprocess.check_call(['umount', '-l', disk])
    out, err = p.communicate(timeout=120)
    r = ended(lab, job)
    same((p.returncode, r['result'], r['archive'], r['path']), (FAILED, 'failed', None, None), err)
    assert disk in err and err.count('\n') == 1, err
    same(os.listdir(disk), [], 'nothing is where the mount was')
    assert lab.is_up() and not [a for a in lab.json('archives') if a['path'].startswith(disk)]
    os.rmdir(disk)


def a_state_disk_that_fills_midway(lab):
    """Cyrus comes back, the report is written, and an archive is whole or is none."""
    settings(lab, STEADY)
    with small_disk(f'{lab.root}/small', '2m') as state:
        base = [PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', '--state', state]
        p = subprocess.Popen([*base, '--json', 'backup'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        job = until('a job', lambda: next((r['job'] for r in lines(run(*base, '--json', 'jobs'))), 0))
        until('the copy begins', lambda: any(e.get('phase') == 'copy' for e in events(lab, job, 'small')))
        with open(f'{state}/filler', 'wb', buffering=0) as f:
            try:
                while f.write(b'\0' * 4096):
                    pass
            except OSError:
                pass
        out, err = p.communicate(timeout=120)
        r = json.loads(out.splitlines()[-1])
        assert lab.is_up() and r['event'] == 'report', out
        same(p.returncode, {'ok': DONE, 'findings': FINDINGS, 'failed': FAILED}[r['result']], err)
        if r['path']:
            same(lab.cyrkeep('verify', r['path']).returncode, DONE, 'the archive is whole')
        else:
            assert state in r['error'] or 'space' in r['error'], r
        same([n for n in os.listdir(f'{lab.root}/backup') if not n.endswith('.tar.zst')], [], 'nothing half-written')
        line = json.loads(run(*base, '--json', 'jobs').out.splitlines()[0])
        same((line['state'], line['result']), ('done', r['result']), 'the job')
        p = run(*base, 'backup')
        assert p.returncode == FAILED and 'space' in p.err.lower() and p.err.count('\n') == 1, (p.returncode, p.out, p.err)
        assert lab.is_up()


TESTS = [two_hosts_in_one_destination, a_destination_that_is_not_mounted, a_destination_that_goes_away_midway, a_state_disk_that_fills_midway]


def main():
    if os.getuid() != 0:
        print('not ok root: these tests need root')
        print('0 passed, 1 failed')
        sys.exit(1)
    tally = Tally()
    lab = temp_lab().configure()
    try:
        keep_settings(lab)
        lab.start()
        fill(lab)
        for test in TESTS:
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
