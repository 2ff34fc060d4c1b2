#!/usr/bin/python3
"""Bad input gets one sentence and an exit code; nothing is written under a final name, nothing is stopped."""
import base64, json, os, pwd, random, shutil, subprocess, sys

from holding import small_disk
from lab import BIN, PROGRAM, Skipped, Tally, message, program_in, quote, same, temp_lab, utf7

GARBAGE = random.Random(4).randbytes(5000)


def one_sentence(p, code, *words):
    assert p.returncode in (code if isinstance(code, tuple) else (code,)), (p.returncode, p.out, p.err)
    assert p.err.startswith('cyrkeep: ') and p.err.count('\n') == 1, p.err
    for w in words:
        assert w in p.err, (w, p.err)


def no_archive(lab):
    left = os.listdir(f'{lab.root}/backup')
    assert not left, left


def with_file(path, data, fn):
    """Run fn while PATH holds DATA (None: is away), then put it back as it was."""
    away = path + '.away'
    os.rename(path, away)
    try:
        if data is not None:
            open(path, 'wb').write(data)
            st = os.stat(away)
            os.chown(path, st.st_uid, st.st_gid)
        fn()
    finally:
        if os.path.exists(path):
            os.unlink(path)
        os.rename(away, path)


def mailboxes_db_cut(lab):
    """Cut anywhere: refused. Only where no record is lost (in the last commit mark) may it be read, in full."""
    whole = lab.cyrkeep('mailboxes', check=0).out
    db = f'{lab.root}/conf/mailboxes.db'
    raw = open(db, 'rb').read()
    for cut in [10, 63, 64, 65, 100, 500, len(raw) // 2, len(raw) - 8, len(raw) - 1]:
        def check():
            p = lab.cyrkeep('mailboxes')
            if p.returncode == 0 and p.out == whole:
                return
            one_sentence(p, (1, 4), 'mailboxes.db')
            p = lab.cyrkeep('backup')
            assert p.returncode in (1, 4), (cut, p.returncode, p.out, p.err)
            no_archive(lab)
        with_file(db, raw[:cut], check)


def mailboxes_db_empty(lab):
    def check():
        p = lab.cyrkeep('backup')
        assert p.returncode == 4, (p.returncode, p.err)
        no_archive(lab)
    with_file(f'{lab.root}/conf/mailboxes.db', b'', check)


def mailboxes_db_garbage(lab):
    with_file(f'{lab.root}/conf/mailboxes.db', GARBAGE,
              lambda: one_sentence(lab.cyrkeep('mailboxes'), (1, 4), 'mailboxes.db'))


def mailboxes_db_berkeley(lab):
    magic = bytes(12) + b'\x00\x05\x31\x62' + bytes(4080)
    with_file(f'{lab.root}/conf/mailboxes.db', magic,
              lambda: one_sentence(lab.cyrkeep('mailboxes'), 1, 'mailboxes.db', 'erkeley'))


def mailboxes_db_missing(lab):
    with_file(f'{lab.root}/conf/mailboxes.db', None,
              lambda: one_sentence(lab.cyrkeep('backup'), (1, 4), 'mailboxes.db'))


def partition_missing(lab):
    os.rename(f'{lab.root}/spool/second', f'{lab.root}/spool/second.away')
    try:
        p = lab.cyrkeep('check')
        assert p.returncode == 3 and 'second' in p.out, (p.returncode, p.out)
        p = lab.cyrkeep('backup')
        one_sentence(p, (1, 4), 'second')
        one_sentence(lab.cyrkeep('backup', '--dry-run'), 3, "'cyrkeep check'")
        no_archive(lab)
    finally:
        os.rename(f'{lab.root}/spool/second.away', f'{lab.root}/spool/second')


def partition_empty(lab):
    """Not mounted: the directory is there, and nothing in it."""
    os.rename(f'{lab.root}/spool/second', f'{lab.root}/spool/second.away')
    os.makedirs(f'{lab.root}/spool/second/stage.')
    try:
        p = lab.cyrkeep('check')
        assert p.returncode == 3 and 'E-GATE-EMPTY' in p.out, (p.returncode, p.out)
        one_sentence(lab.cyrkeep('backup'), 4, "'second' is empty", 'mount')
        no_archive(lab)
    finally:
        shutil.rmtree(f'{lab.root}/spool/second')
        os.rename(f'{lab.root}/spool/second.away', f'{lab.root}/spool/second')


def no_way_to_stop(lab):
    """A recipe that is not there, or does not fit: without a method there is no backup, and check says so."""
    text = open(f'{lab.root}/cyrkeep.conf').read()
    for recipe, word in (('nosuch', "recipe 'nosuch'"), ('systemd', 'systemd')):
        if recipe == 'systemd' and os.path.isdir('/run/systemd/system'):
            continue
        def check():
            p = lab.cyrkeep('check')
            line = [l for l in p.out.splitlines() if l.startswith('method')][0]
            assert p.returncode == 3 and 'not possible' in line and word in line, (p.returncode, line)
            assert line.count('/run/systemd/system') < 2, line
            method = [l for l in lab.json('check', check=3) if l['kind'] == 'method'][0]
            assert not method['possible'] and (recipe == 'nosuch' or 'master.recipe' in method['remedy']), method
            one_sentence(lab.cyrkeep('backup'), 1, word)
        with_file(f'{lab.root}/cyrkeep.conf', text.replace('"process"', f'"{recipe}"').encode(), check)
    no_archive(lab)


def an_unreadable_index_is_named(lab):
    box = [l for l in lab.json('mailboxes') if l['mailbox'] == 'user/bob/Sent'][0]
    u = box['uniqueid']
    def check():
        one_sentence(lab.cyrkeep('mailboxes'), 3, "'user/bob/Sent'", 'reconstruct')
        one_sentence(lab.cyrkeep('backup', '--dry-run'), 3, "'user/bob/Sent'", 'reconstruct')
        row = [l for l in lab.json('backup', '--dry-run', 'user/bob/Sent', check=3) if l['kind'] == 'mailbox']
        assert [(l['messages'], l['bytes']) for l in row] == [(None, None)], row
        p = lab.cyrkeep('backup', '--dry-run', '--exclude', 'below:user/bob')
        assert p.returncode == 0 and not p.err, (p.returncode, p.err)
    with_file(f'{lab.root}/spool/second/uuid/{u[0]}/{u[1]}/{u}/cyrus.index', b'x' * 40, check)


def destination_cannot_be_used(lab):
    one_sentence(lab.cyrkeep('backup', '--to', '/proc/nowhere'), (1, 2), '/proc/nowhere')
    open(f'{lab.root}/a-file', 'w').write('x')
    one_sentence(lab.cyrkeep('backup', '--to', f'{lab.root}/a-file'), (1, 2), 'a-file')
    one_sentence(lab.cyrkeep('backup', '--to', 'nosuch'), (1, 2), 'nosuch')
    no_archive(lab)


def index_garbage_is_a_finding(lab):
    box = [l for l in lab.json('mailboxes') if l['mailbox'] == 'user/bob/Sent'][0]
    u = box['uniqueid']
    index = f'{lab.root}/spool/second/uuid/{u[0]}/{u[1]}/{u}/cyrus.index'
    raw = open(index, 'rb').read()
    for i, data in enumerate((b'', GARBAGE, raw[:200], raw[:12] + bytes([0, 0, 0, 99]) + raw[16:])):
        def check():
            p = lab.cyrkeep('--json', 'backup')
            assert p.returncode == 3, (i, p.returncode, p.out[-500:], p.err)
            assert 'user/bob/Sent' in p.out and '"finding"' in p.out, p.out[-800:]
            grades = {l['mailbox']: l['grade'] for l in lab.json('list', 'latest')}
            assert grades['user/bob/Sent'] in ('C', 'F'), grades['user/bob/Sent']
            assert grades['user/bob'] == 'A', grades['user/bob']
            for f in os.listdir(f'{lab.root}/backup'):
                os.unlink(f'{lab.root}/backup/{f}')
        with_file(index, data, check)


def damaged_annotations_keep_no_mail_from_coming_back(lab):
    """Their damage is told when they are archived and when they are missed; mail comes back all the same."""
    db = f'{lab.root}/conf/annotations.db'
    raw = open(db, 'rb').read()
    def archive():
        p = lab.cyrkeep('--json', 'backup')
        assert p.returncode == 3 and 'database-unreadable' in p.out, (p.returncode, p.out[-800:], p.err)
    for data in (raw[:300], GARBAGE):
        lab.stop()                                         # else the backup waits in vain for a Cyrus that greets
        with_file(db, data, archive)
        lab.start()
        admin = lab.imap()
        lab.ok(admin.setacl('user/bob/project.x', 'cyrus', 'lrswipkxtecda'))
        lab.delete(admin, 'user/bob/project.x')
        admin.logout()
        lines = lab.json('restore', 'latest', 'user/bob/project.x', '--dry-run')
        assert [l for l in lines if l['event'] == 'remark' and 'annotations' in l['text']], lines
        lines = lab.json('restore', 'latest', 'user/bob/project.x', '--yes', check=3)
        assert (lines[-1]['added'], lines[-1]['failed']) == (5, 0), lines[-1]
        assert [l for l in lines if l.get('code') == 'annotations-lost'], lines


def damaged_annotations_of_messages_are_a_finding(lab):
    box = [l for l in lab.json('mailboxes') if l['mailbox'] == 'user/anne'][0]
    u = box['uniqueid']
    path = f'{lab.root}/spool/default/uuid/{u[0]}/{u[1]}/{u}/cyrus.annotations'
    raw = open(path, 'rb').read()
    def archive():
        found = [l for l in lab.json('backup', check=3) if l['event'] == 'finding']
        assert [(l['code'], l['mailbox']) for l in found] == [('database-unreadable', 'user/anne')], found
        assert 'cyrus.annotations' in found[0]['text'], found
        assert [l['grade'] for l in lab.json('list', 'latest') if l['mailbox'] == 'user/anne'] == ['A']
    for data in (raw[:len(raw) // 2], GARBAGE):
        with_file(path, data, archive)


def mailboxes_that_the_list_has_lost(lab):
    """Their records are gone from mailboxes.db: they are archived and come back by what their own directories say."""
    lab.fill_legacy()
    names = {'user/anne/office': 'Nuser\x1fanne\x1foffice', 'user/anne/日本語': 'Nuser\x1fanne\x1f&ZeVnLIqe-', 'user/old/Sent/2024': 'Nuser\x1fold\x1fSent\x1f2024',
             'user/eve/Sent@virt.test': 'Nvirt.test\x1duser\x1feve\x1fSent'}
    admin = lab.imap()
    for name in names:
        lab.ok(admin.setacl(quote(name), 'cyrus', 'lrswipkxtecda'))
        lab.ok(admin.setacl(quote(name), 'bob', 'lrs'))
    admin.logout()
    before = {name: lab.mailbox(utf7(name)) for name in names}
    listed = {l['mailbox']: l for l in lab.json('mailboxes')}
    lab.stop()
    db = f'{lab.root}/conf/mailboxes.db'
    for name, key in names.items():
        for record in (key, 'I' + listed[name]['uniqueid']):
            subprocess.run([f'{BIN}/cyr_dbtool', '-C', f'{lab.root}/imapd.conf', db, 'twoskip', 'delete', record.encode()], check=True)
    lab.start()
    assert not [n for n in names if n in {l['mailbox'] for l in lab.json('mailboxes')}]
    lines = lab.json('backup', check=3)
    found = {l['mailbox'] for l in lines if l.get('code') == 'unlisted-mailbox'}
    assert found == set(names), (found, [l for l in lines if l['event'] == 'finding'])
    assert not [l for l in lines if l.get('code') == 'unlisted-directory'], lines
    for name in names:
        spool = lab.json('list', 'latest', name)
        assert [l['uid'] for l in spool] == sorted(before[name]['messages']), name
        lines = lab.json('restore', 'latest', name, '--yes', check=None)
        assert lines[-1]['failed'] == 0 and lines[-1]['added'] == len(before[name]['messages']), (name, lines[-4:])
        after = lab.mailbox(utf7(name))
        for key in before[name]:
            if key != 'annotations':
                assert after[key] == before[name][key], (name, key, after[key], before[name][key])


def files_that_may_not_be_read(lab):
    """Run as the Cyrus user: what he may not read is told, by name, and all else is in the archive."""
    if os.getuid() != 0:
        raise Skipped('only root can take a file away from its user')
    cyrus = pwd.getpwnam('cyrus')
    lab.stop()
    work = f'{lab.root}/as-cyrus'
    os.makedirs(work)
    os.chown(work, cyrus.pw_uid, cyrus.pw_gid)
    os.chown(lab.pidfile, cyrus.pw_uid, cyrus.pw_gid)      # he could start Cyrus himself
    settings = open(f'{lab.root}/cyrkeep.conf').read().replace(f'{lab.root}/secret', f'{work}/secret')
    open(f'{work}/cyrkeep.conf', 'w').write(settings)
    box = [l for l in lab.json('mailboxes') if l['mailbox'] == 'user/anne/office'][0]['uniqueid']
    spool = f'{lab.root}/spool/default/uuid/{box[0]}/{box[1]}/{box}'
    message = f'{spool}/{sorted(f for f in os.listdir(spool) if f[0].isdigit())[0]}'
    program = program_in(work)
    def run(*args):
        return subprocess.run([program, '-c', f'{work}/cyrkeep.conf', '--state', f'{work}/state', '--json', *args], capture_output=True,
                              text=True, user=cyrus.pw_uid, group=cyrus.pw_gid, extra_groups=os.getgrouplist('cyrus', cyrus.pw_gid))
    for path, code, box in ((message, 'file-unreadable', 'user/anne/office'), (spool + '/cyrus.index', 'index-unreadable', 'user/anne/office'),
                            (spool + '/cyrus.cache', 'file-unreadable', 'user/anne/office'), (spool, 'file-unreadable', 'user/anne/office'),
                            (f'{lab.root}/conf/annotations.db', 'file-unreadable', None)):
        st = os.stat(path)
        os.chown(path, 0, 0)
        os.chmod(path, 0)
        try:
            p = run('backup', '--to', f'{work}/out')
            assert p.returncode == 3, (path, p.returncode, p.stdout[-1000:], p.stderr)
            found = [l for l in map(json.loads, p.stdout.splitlines()) if l.get('code') == code and l['mailbox'] == box]
            assert found and path.split('/')[-1] in found[0]['text'], (path, found, p.stdout[-2000:])
        finally:
            os.chown(path, st.st_uid, st.st_gid)
            os.chmod(path, st.st_mode & 0o7777)
    os.chmod(f'{lab.root}/spool/second', 0)
    os.chown(f'{lab.root}/spool/second', 0, 0)
    try:
        p = run('backup', '--to', f'{work}/out')
        assert p.returncode == 1 and 'second' in p.stderr and 'run cyrkeep as root' in p.stderr, (p.returncode, p.stderr)
    finally:
        os.chown(f'{lab.root}/spool/second', cyrus.pw_uid, cyrus.pw_gid)
        os.chmod(f'{lab.root}/spool/second', 0o755)
    lab.start()


def a_shrunken_list_closes_the_gate(lab):
    """mailboxes.db with 40 % fewer entries than last time: nothing is stopped. Few entries fewer are no matter."""
    lab.stop()
    db = f'{lab.root}/conf/mailboxes.db'
    lab.json('backup', check=0)
    lines = subprocess.run([f'{BIN}/cyr_dbtool', '-C', f'{lab.root}/imapd.conf', db, 'twoskip', 'show'],
                           capture_output=True, check=True).stdout.split(b'\n')
    names = [l.split(b'\t')[0] for l in lines if l.startswith(b'N')]
    for share, code in ((0.05, (0, 3)), (0.45, (4,))):
        def check():
            for name in names[len(names) - int(len(names) * share):]:
                subprocess.run([f'{BIN}/cyr_dbtool', '-C', f'{lab.root}/imapd.conf', db, 'twoskip', 'delete', name], check=True)
            p = lab.cyrkeep('backup')
            assert p.returncode in code, (share, p.returncode, p.out, p.err)
            if 4 in code:
                one_sentence(p, 4, 'list of mailboxes', 'missing')
        with_file(db, open(db, 'rb').read(), check)
    lab.start()


def lost_subscriptions_are_a_finding(lab):
    """Cyrus makes them anew, empty, and says nothing."""
    users = [l['mailbox'].split('/')[1] for l in lab.json('mailboxes', 'user/%') if '@' not in l['mailbox']]
    assert len(users) >= 3, users
    for user in users:
        c = lab.imap(user)
        lab.ok(c.subscribe('INBOX'))
        c.logout()
    before = lab.json('backup')[-1]
    lab.stop()
    away = f'{lab.root}/subs'
    os.makedirs(away)
    files = [f'{d}/{f}' for d, _, names in os.walk(f'{lab.root}/conf/user') for f in names if f == 'sub.db' or f.endswith('.sub')]
    try:
        for i, f in enumerate(files):
            os.rename(f, f'{away}/{i}')
        lines = lab.json('backup', check=3)
        found = [l for l in lines if l['event'] == 'finding']
        assert [l['code'] for l in found] == ['state-shrunk'], found
        assert f"0 users with subscriptions where job {before['job']} found {before['subscriptions']}" in found[0]['text'], found
        assert lines[-1]['result'] == 'findings' and lines[-1]['findings'] == 1, lines[-1]
        assert not [l for l in lab.json('backup', '--accept-shrink') if l['event'] == 'finding']
    finally:
        for i, f in enumerate(files):
            os.rename(f'{away}/{i}', f)
        os.rmdir(away)
        lab.start()


def state_cannot_be_used(lab):
    one_sentence(lab.cyrkeep('--state', '/proc/nowhere', 'backup'), 1, "'/proc/nowhere'", '; name another directory with --state')
    if os.getuid() != 0:
        raise Skipped('a small file system needs root')
    small = f'{lab.root}/small'
    os.makedirs(small)
    subprocess.check_call(['mount', '-t', 'tmpfs', '-o', 'size=16k,mode=700', 'none', small])
    try:
        os.makedirs(f'{small}/jobs', 0o700)
        with open(f'{small}/filler', 'wb', buffering=0) as f:
            try:
                while f.write(bytes(4096)):
                    pass
            except OSError:
                pass
        one_sentence(lab.cyrkeep('--state', small, 'backup'), 1, small, '; make room there, or name another directory with --state')
    finally:
        subprocess.check_call(['umount', small])
        os.rmdir(small)


def settings_that_are_not_there(lab):
    p = lab.cyrkeep('-c', f'{lab.root}/nosuch.conf', 'check')
    one_sentence(p, 1, f"'{lab.root}/nosuch.conf'", 'name another file with -c')


def target_disk_full(lab):
    if os.getuid() != 0:
        raise Skipped('a small file system needs root')
    c = lab.imap('bob')
    for i in range(8):                                     # what does not compress
        lab.append(c, 'INBOX', message(f'noise {i}', base64.encodebytes(os.urandom(200_000)).decode()))
    c.logout()
    with small_disk(f'{lab.root}/small', '128k') as small:
        one_sentence(lab.cyrkeep('backup', '--to', small), 1, small, '; remove old archives, or choose another destination')
        assert not os.listdir(small), os.listdir(small)
        assert lab.is_up()


def not_root(lab):
    if os.getuid() != 0:
        raise Skipped('only root can be somebody else')
    nobody = pwd.getpwnam('nobody')
    program = shutil.copy(PROGRAM, lab.root)               # the build may lie where only root comes
    os.chmod(f'{lab.root}/conf', 0o700)
    try:
        p = subprocess.run([program, '-c', f'{lab.root}/cyrkeep.conf', '--state', '/tmp', 'mailboxes'], capture_output=True,
                           text=True, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
        assert p.returncode in (1, 2) and 'cyrkeep: ' in p.stderr and p.stderr.count('\n') == 1, (p.returncode, p.stderr)
        assert 'root' in p.stderr or 'ermission' in p.stderr, p.stderr
        os.makedirs(f'{lab.root}/state/plans', 0o700, exist_ok=True)
        os.chmod(f'{lab.root}/state', 0o755)               # plans that a console of root's has saved
        p = subprocess.run([program, '-c', f'{lab.root}/cyrkeep.conf', 'jobs'], capture_output=True, text=True,
                           user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
        p.err = p.stderr
        one_sentence(p, 1, 'saved plans', 'run cyrkeep as root')
        os.chmod(f'{lab.root}/state', 0o700)
    finally:
        os.chmod(f'{lab.root}/conf', 0o755)


def chosen(*tests):
    return [t for t in tests if not sys.argv[1:] or t.__name__ in sys.argv[1:]]


def main():
    lab, tally = temp_lab(), Tally()
    try:
        lab.start().fill()
        for test in chosen(mailboxes_db_cut, mailboxes_db_empty, mailboxes_db_garbage, mailboxes_db_berkeley, mailboxes_db_missing,
                     partition_missing, partition_empty, no_way_to_stop, an_unreadable_index_is_named, destination_cannot_be_used,
                     state_cannot_be_used, settings_that_are_not_there):
            pid = lab.master_pid()
            tally.run(test.__name__, test, lab)
            tally.run(test.__name__ + '_and_master_was_not_touched', same, lab.master_pid(), pid, 'the number of master')
        for test in chosen(index_garbage_is_a_finding, damaged_annotations_keep_no_mail_from_coming_back, damaged_annotations_of_messages_are_a_finding,
                     target_disk_full, not_root, files_that_may_not_be_read, lost_subscriptions_are_a_finding, a_shrunken_list_closes_the_gate,
                     mailboxes_that_the_list_has_lost):
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
