#!/usr/bin/python3
"""The command line on a real server, held to its contract: keys, exit codes, the whole way round."""
import base64, hashlib, json, os, subprocess

from lab import Links, PROGRAM, Skipped, Tally, message, needs_mounts, same, temp_lab, utf7

GENERAL = ['check', 'mailboxes', 'backup', 'jobs', 'attach', 'pause', 'resume', 'cancel', 'archives', 'list', 'cat',
           'restore', 'verify', 'unwind']


MARKS = '\U0001e8d0\U0001e8d1\U0001e8d2\U0001e8d3'       # four bytes each, no cell of their own
ODD = ''.join(chr(0x1d400 + i) for i in range(28))      # as many as the column has cells


def has_keys(line, *keys):
    missing = [k for k in keys if k not in line]
    if missing:
        raise AssertionError(f'keys {missing} are missing in {line}')


def help_for_each(lab):
    for command in GENERAL:
        p = lab.cyrkeep(command, '--help', check=0)
        assert f'usage: cyrkeep {command}' in p.out, p.out
    assert 'restore' in lab.cyrkeep('--help', check=0).out


def usage_errors(lab):
    for args in (['nonsense'], ['list'], ['cat', '1', 'x'], ['cat', 'latest', 'x', 'y'], ['pause', 'x'], ['backup', '--method'],
                 ['backup', '--method', 'magic'], ['backup', '--exclude', 'colour:red'], ['jobs', 'extra'],
                 ['restore', 'latest', '*'], ['restore', 'latest', '*', '--via', 'magic', '--yes']):
        p = lab.cyrkeep(*args)
        same(p.returncode, 2, f'exit code of {args}: {p.err}')
        assert p.err.startswith('cyrkeep: ') and p.err.count('\n') == 1, (args, p.err)


def mailboxes_agree_with_imap(lab):
    lines = lab.json('mailboxes')
    for line in lines:
        has_keys(line, 'mailbox', 'uniqueid', 'partition', 'messages', 'bytes', 'uidvalidity', 'special')
    ours = {l['mailbox']: l for l in lines}
    shown = lab.picture()
    wire = {utf7(n): l for n, l in ours.items()}
    for name, box in shown.items():
        if name not in wire:
            if box['messages']:
                raise AssertionError(f'{name} is missing in {sorted(wire)}')
            continue
        line = wire[name]
        same(line['messages'], len(box['messages']), f'messages of {name}')
        same(line['bytes'], sum(m['size'] for m in box['messages'].values()), f'bytes of {name}')
        same(line['uidvalidity'], int(box['uidvalidity']), f'uidvalidity of {name}')
    same(ours['user/anne/Sent']['special'], '\\Sent', 'special use of Sent')
    same(ours['user/bob']['partition'], 'second', 'partition of bob')
    assert 'user/anne/Entwürfe' in ours and 'user/anne/日本語' in ours and 'user/anne/v1.2' in ours, sorted(ours)
    assert any(n.startswith('DELETED/user/anne/gone/') for n in ours), sorted(ours)
    some = lab.json('mailboxes', 'user/anne/office/%')
    same(sorted(l['mailbox'] for l in some), ['user/anne/office/2025'], 'the pattern %')


def dry_run_counts_what_rules_catch(lab):
    lines = lab.json('backup', '--dry-run', '--exclude', r'special:\Junk', '--exclude', 'leaf:Sent,larger:1M,older:7d',
                     '--exclude', 'leaf:NoSuchMailbox')
    rules = {l['rule']: l for l in lines if l['kind'] == 'rule'}
    total = [l for l in lines if l['kind'] == 'total'][0]
    boxes = {l['mailbox']: l for l in lines if l['kind'] == 'mailbox'}
    same((rules[1]['mailboxes'], rules[1]['messages']), (1, 6), 'Junk')
    same((rules[2]['mailboxes'], rules[2]['messages']), (1, 1), 'the large old message')
    same((rules[3]['mailboxes'], rules[3]['messages'], rules[3]['bytes']), (0, 0, 0), 'a rule that catches nothing')
    same(boxes['user/anne/Junk']['left_out'], 1, 'rule number of Junk')
    same(boxes['user/anne/Sent']['left_out'], None, 'Sent stays')
    same(boxes['user/anne/Sent']['messages'], 6, 'Sent without the large one')
    same(total['messages'], sum(b['messages'] for b in boxes.values() if b['left_out'] is None), 'total')


def backup(lab):
    before = lab.picture()
    lines = lab.json('backup')
    report = lines[-1]
    has_keys(report, 'event', 'job', 'archive', 'path', 'kind', 'method', 'result', 'mailboxes', 'messages', 'bytes_read',
             'bytes_written', 'downtime_ms', 'grades', 'findings')
    same(report['event'], 'report', 'last line')
    same((report['result'], report['kind'], report['method']), ('ok', 'full', 'stop'), 'report')
    same(set(report['grades']) >= {'A'}, True, 'grades')
    same(report['grades']['A'], report['mailboxes'], 'all grade A')
    assert report['downtime_ms'] > 0, report
    same(lab.is_up(), True, 'the server runs again')
    assert os.path.exists(report['path']) and not [f for f in os.listdir(lab.root + '/backup') if f.endswith('.partial')]
    phases = [l['phase'] for l in lines if l['event'] == 'phase']
    for phase in ('inspect', 'select', 'hold', 'copy', 'seal', 'release', 'check', 'report'):
        assert phase in phases, (phase, phases)
    same(lab.picture(), before, 'mail after the backup')


def archive_is_plain(lab):
    path = lab.json('archives')[0]['path']
    names = subprocess.run(['tar', '--zstd', '-tf', path], capture_output=True, check=True).stdout.decode().splitlines()
    same(names[0], '.cyrkeep/README.txt', 'first member')
    subprocess.run(['bsdtar', '-tf', path], capture_output=True, check=True)
    subprocess.run(['zstd', '-tq', path], capture_output=True, check=True)
    for left_out in ('deliver.db', 'tls_sessions.db', 'statuscache.db', 'cyrus.squat'):
        assert not [n for n in names if n.endswith('/' + left_out)], left_out
    assert [n for n in names if n.endswith('/mailboxes.db')] and '.cyrkeep/manifest.json' in names
    assert [n for n in names if n.startswith('.cyrkeep/dumps/') and 'mailboxes' in n], 'text of mailboxes.db'


def archive_says_what_it_holds(lab):
    """Databases with kind and text, users' state, settings files, software: all in the archive, nothing left in the store."""
    path = lab.json('archives')[0]['path']
    take = lambda name: subprocess.run(['tar', '--zstd', '-xOf', path, name], capture_output=True, check=True).stdout.decode()
    manifest = json.loads(take('.cyrkeep/manifest.json'))
    same(manifest['incomplete'], None, 'nothing is missing')
    defaults = {e['name'] for e in manifest['left_out_by_default']}
    assert {'deliver.db', 'proc/', 'cyrus.squat'} <= defaults and not manifest['kept_in_spite_of_default'], defaults
    out = lab.cyrkeep('backup', '--dry-run', check=0).out
    assert 'never taken: sockets, pipes, devices' in out and all(f'default  {name} (' in out for name in defaults), out
    same(manifest['state']['users'], 5, 'users')
    same(manifest['state']['seen'], 5, 'read marks')
    assert manifest['state']['subscriptions'] >= 4 and manifest['state']['quotas'] == 1 and manifest['state']['sieve'] >= 1, manifest['state']
    said = lab.cyrkeep('attach', str(lab.json('archives')[0]['archive']), check=0).out
    assert 'users  5: subscriptions of {subscriptions}, read marks of 5, sieve of {sieve}; 1 quota limit\n'.format(**manifest['state']) in said, said
    same({d['name']: d['text'] for d in manifest['databases']}['mailboxes.db'], '.cyrkeep/dumps/mailboxes.db.txt', 'text of mailboxes.db')
    software = manifest['software']
    assert software['package'] and software['libc'].startswith('glibc') and software['build']['component'], software
    assert 'cyrus' in take('.cyrkeep/packages.txt')
    settings = {s['path']: s for s in manifest['settings']}
    assert lab.root + '/imapd.conf' in settings and lab.root + '/cyrus.conf' in settings, sorted(settings)
    same(take('.cyrkeep/conf/imapd.conf'), open(lab.root + '/imapd.conf').read(), 'imapd.conf')
    for line in take('.cyrkeep/databases.txt').splitlines()[1:]:
        file, backend, records, text = line.split('\t')
        assert os.path.exists(file) and backend in ('twoskip', 'skiplist', 'flat', 'quotalegacy', 'sql'), line
        if text.startswith('.cyrkeep/'):
            lines = take(text).splitlines()
            same(len(lines), int(records), f'records of {file}')
            assert all(len(l.split('\t')) == 2 for l in lines), f'key TAB value in {text}'
    names = [l.split('\t')[0] for l in take('.cyrkeep/dumps/mailboxes.db.txt').splitlines()]
    for box in ('Nuser\\x1Fanne\\x1FSent', 'Nshared\\x1FTeam'):
        assert box in names, (box, names)


def passwords_can_be_left_out(lab):
    conf, secret = lab.root + '/imapd.conf', lab.root + '/tls.key'
    text = open(conf).read()
    open(secret, 'w').write('the key\n')
    open(conf, 'w').write(text + f'sasl_sql_passwd: hush\ntls_server_key: {secret}\n')
    try:
        found = {l['path']: l for l in lab.json('check', check=None) if l['kind'] == 'settings'}
        same((found[conf]['passwords'], found[secret]['secret']), (['sasl_sql_passwd'], True), 'secrets are listed')
        for options, there in (([], True), (['--without-secrets'], False)):
            path = lab.json('backup', *options)[-1]['path']
            kept = subprocess.run(['tar', '--zstd', '-xOf', path, '.cyrkeep/conf/imapd.conf'], capture_output=True, check=True).stdout
            names = subprocess.run(['tar', '--zstd', '-tf', path], capture_output=True, check=True).stdout.decode()
            same((b'hush' in kept, '.cyrkeep/conf/host' + secret in names), (there, there), f'secrets with {options}')
            assert b'tls_server_key: ' in kept, kept
    finally:
        open(conf, 'w').write(text)
        os.unlink(secret)


def backup_writes_nothing_into_the_store(lab):
    """Not a file is made, changed or even touched below configuration, spool and sieve."""
    def look():
        out = {}
        for top in ('conf', 'spool', 'sieve'):
            for d, dirs, files in os.walk(f'{lab.root}/{top}'):
                for f in dirs + files + ['.']:
                    st = os.lstat(os.path.join(d, f))
                    out[os.path.join(d, f)] = (st.st_mtime_ns, st.st_ctime_ns, st.st_size, st.st_ino)
        return out
    lab.stop()
    try:
        before = look()
        lab.json('backup', check=0)
        same(look(), before, 'the store')
    finally:
        lab.start()


def plain_tar_gives_identical_files(lab):
    lab.stop()
    try:
        path = lab.json('backup', check=0)[-1]['path']      # master was down: it stays down
        same(lab.master_pid(), 0, 'a server that did not run is not started')
        out = lab.root + '/extracted'
        os.makedirs(out)
        subprocess.run(['tar', '--zstd', '-xpf', path, '-C', out], check=True, capture_output=True)
        compared, links = 0, Links()
        for top in ('spool', 'sieve', 'conf'):
            for d, dirs, files in os.walk(f'{lab.root}/{top}'):
                for f in files:
                    src = os.path.join(d, f)
                    dst = out + src
                    if not os.path.exists(dst):
                        if '/conf/' in src and not f.endswith(('.seen', '.sub', 'mailboxes.db')):
                            continue
                        raise AssertionError(f'{src} is not in the archive')
                    a, b = os.lstat(src), os.lstat(dst)
                    same((a.st_mode, a.st_size, a.st_mtime_ns, a.st_uid, a.st_gid),
                         (b.st_mode, b.st_size, b.st_mtime_ns, b.st_uid, b.st_gid), src)
                    same(open(src, 'rb').read(), open(dst, 'rb').read(), src)
                    links.add(src, b, '/'.join(src[len(lab.root):].split('/')[:3]))
                    compared += 1
        assert compared > 200, compared
        assert links.check() > 0, 'no two messages were alike'
        subprocess.run(['rm', '-rf', out], check=True)
    finally:
        lab.start()


def plain_tar_maps_owners_by_name(lab):
    """On a host where the Cyrus user has another number, files become his all the same."""
    if os.getuid() != 0:
        raise Skipped('owners can only be given by root')
    needs_mounts()
    path, out = lab.json('archives')[0]['path'], lab.root + '/elsewhere'
    os.makedirs(out)
    for name, was in (('passwd', ':8:'), ('group', ':8:')):
        lines = open(f'/etc/{name}').read().splitlines()
        user = 'cyrus' if name == 'passwd' else 'mail'
        lines = [l.split(':')[0] + ':x:7777:' + ':'.join(l.split(':')[3:]) if l.startswith(user + ':') else l for l in lines]
        open(f'{lab.root}/{name}', 'w').write('\n'.join(lines) + '\n')
    for extract in ('tar --zstd -xpf', 'bsdtar -xpf'):
        subprocess.run(['unshare', '-m', 'sh', '-ec', f'mount --bind {lab.root}/passwd /etc/passwd; mount --bind {lab.root}/group /etc/group; '
                        f'exec {extract} {path} -C {out}'], check=True, capture_output=True)
        seen = 0
        for d, _, files in os.walk(f'{out}{lab.root}/spool'):
            for f in files:
                st = os.lstat(os.path.join(d, f))
                same((st.st_uid, st.st_gid), (7777, 7777), os.path.join(d, f))
                seen += 1
        assert seen > 100, seen
        subprocess.run(['rm', '-rf', out], check=True)
        os.makedirs(out)
    os.rmdir(out)


def list_and_cat(lab):
    live = lab.json('mailboxes', 'user/anne/office')[0]
    boxes = {l['mailbox']: l for l in lab.json('list', 'latest')}
    for l in boxes.values():
        has_keys(l, 'mailbox', 'uniqueid', 'grade', 'messages', 'bytes', 'uidvalidity')
    same(boxes['user/anne/office']['uniqueid'], live['uniqueid'], 'uniqueid')
    for name in ('user/anne/office', 'user/anne/日本語', 'shared/Team', 'user/eve@virt.test'):
        imap = lab.mailbox(utf7(name))
        lines = lab.json('list', 'latest', name)
        same([l['uid'] for l in lines], sorted(imap['messages']), f'uids of {name}')
        for l in lines:
            has_keys(l, 'uid', 'guid', 'size', 'internaldate', 'flags', 'from', 'subject')
            m = imap['messages'][l['uid']]
            raw = lab.cyrkeep('cat', 'latest', name, str(l['uid']), check=0).stdout
            same(hashlib.sha1(raw).hexdigest(), m['sha1'], f'{name} {l["uid"]}')
            same(l['guid'], m['sha1'], 'guid')
            if name.startswith('user/'):
                same(sorted(l['flags']), m['flags'], f'flags of {name} {l["uid"]}')
    table = lab.cyrkeep('list', 'latest', 'user/anne/日本語', check=0).out
    subjects = [l['subject'] for l in lab.json('list', 'latest', 'user/anne/日本語')]
    assert all(f'  {s}\n' in table for s in subjects), (table, subjects)  # the last column is whole
    assert any('Grüße aus Köln' in s for s in subjects) and any('Café' in s for s in subjects), subjects
    # A name whose cells take as many bytes as there can be: what is behind it stands where it stands in other rows.
    rows = lab.cyrkeep('list', 'latest', 'user/anne/office/2025', check=0).out.replace(MARKS, '').splitlines()
    same([(r[36:64], r[66:]) for r in rows], [('from'.ljust(28), 'subject'), (ODD, 'odd sender')], 'columns')
    same(lab.cyrkeep('list', 'latest', 'user/nobody').returncode, 1, 'exit code for an unknown mailbox')
    same(lab.cyrkeep('cat', 'latest', 'user/anne', '99999').returncode, 1, 'exit code for an unknown uid')
    same(lab.cyrkeep('list', '4711').returncode, 1, 'exit code for an unknown archive')


def restore_what_is_missing(lab):
    before = lab.mailbox('user/anne/office')
    c = lab.imap('anne')
    lab.ok(c.select('INBOX/office'))
    lab.ok(c.uid('STORE', '4:6', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    rehearsal = lab.json('restore', 'latest', 'user/anne/office', '--dry-run')
    same((rehearsal[-1]['added'], rehearsal[-1]['present']), (0, 6), 'the rehearsal adds nothing')
    same(len(lab.mailbox('user/anne/office')['messages']), 6, 'nothing was added by the rehearsal')
    report = lab.json('restore', 'latest', 'user/anne/office', '--yes')[-1]
    has_keys(report, 'added', 'present', 'failed')
    same((report['added'], report['present'], report['failed']), (3, 6, 0), 'restored')
    after = lab.mailbox('user/anne/office')
    strip = lambda box: sorted((m['sha1'], m['date'], m['size'], tuple(m['flags'])) for m in box['messages'].values())
    same(strip(after), strip(before), 'messages, flags and dates')
    same(after['uidvalidity'], before['uidvalidity'], 'uidvalidity')
    report = lab.json('restore', 'latest', 'user/anne/office', '--yes')[-1]
    same((report['added'], report['present']), (0, 9), 'the second restore adds nothing')


def restore_a_deleted_mailbox(lab):
    for name in ('user/anne/office/2025/Q4', 'user/anne/&ZeVnLIqe-', "user/anne/it's (odd) [x] $HOME", 'user/old/Sent/2024'):
        admin = lab.imap()
        lab.ok(admin.setacl('"' + name + '"', 'cyrus', 'lrswipkxtecda'))
        before = lab.mailbox(name)
        admin.logout()
        lab.cyrkeep('backup', check=0)
        admin = lab.imap()                       # the backup stopped the server, and with it every session
        lab.delete(admin, '"' + name + '"')
        admin.logout()
        utf8 = {'user/anne/&ZeVnLIqe-': 'user/anne/日本語'}.get(name, name)
        lab.json('restore', 'latest', utf8, '--yes')
        same(lab.mailbox(name), before, f'{name} as it was')


def restore_elsewhere(lab):
    report = lab.json('restore', 'latest', 'user/bob/Sent', '--to', 'user/bob/Put back', '--yes')[-1]
    same(report['added'], 5, 'added')
    a, b = lab.mailbox('user/bob/Sent'), lab.mailbox('user/bob/Put back')
    pick = lambda box: sorted((m['sha1'], m['date'], tuple(m['flags'])) for m in box['messages'].values())
    same(pick(a), pick(b), 'messages')


def restore_by_imap(lab):
    before = lab.mailbox('user/bob/project.x')
    c = lab.imap('bob')
    lab.ok(c.select('INBOX/project.x'))
    lab.ok(c.uid('STORE', '1:2', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    report = lab.json('restore', 'latest', 'user/bob/project.x', '--via', 'imap', '--yes')[-1]
    same((report['added'], report['present'], report['failed']), (2, 3, 0), 'restored by imap')
    pick = lambda box: sorted((m['sha1'], m['date'], tuple(m['flags'])) for m in box['messages'].values())
    same(pick(lab.mailbox('user/bob/project.x')), pick(before), 'messages')


def verify_and_damage(lab):
    lab.json('verify', 'latest', check=0)
    path = lab.json('archives')[0]['path']
    raw = bytearray(open(path, 'rb').read())
    bad = lab.root + '/bad.tar.zst'
    raw[len(raw) // 3] ^= 0x10
    open(bad, 'wb').write(raw)
    p = lab.cyrkeep('--json', 'verify', bad)
    same(p.returncode, 4, f'exit code for a damaged archive: {p.out} {p.err}')
    open(bad, 'wb').write(raw[:len(raw) // 2])
    p = lab.cyrkeep('verify', bad)
    same(p.returncode, 4, f'exit code for a cut archive: {p.out} {p.err}')


def jobs_and_unwind(lab):
    jobs = lab.json('jobs')
    for j in jobs:
        has_keys(j, 'job', 'kind', 'state', 'phase', 'percent', 'result')
    same([j['job'] for j in jobs], list(range(len(jobs), 0, -1)), 'numbers count from 1, newest first')
    same(lab.cyrkeep('unwind', '--dry-run', check=0).out.strip(), 'Nothing is left behind.', 'unwind')
    for line in lab.json('attach', str(jobs[0]['job']), check=None):
        has_keys(line, 'event')


def findings_are_told(lab):
    """Damage in the spool: findings with mailbox and uid, exit 3, and the rest is in the archive."""
    import glob
    lab.stop()
    boxes = {l['mailbox']: l for l in lab.json('mailboxes')}
    uid = boxes['user/first.last/Sent']['uniqueid']
    d = f'{lab.root}/spool/default/uuid/{uid[0]}/{uid[1]}/{uid}'
    files = sorted(glob.glob(d + '/[0-9]*.'))
    os.unlink(files[0])
    raw = bytearray(open(files[1], 'rb').read())
    raw[-5] ^= 1
    open(files[1], 'wb').write(raw)
    open(d + '/4711.', 'wb').write(b'Subject: nobody knows me\r\n\r\n')
    p = lab.cyrkeep('--json', 'backup')
    same(p.returncode, 3, f'exit code with findings: {p.err}')
    lines = [json.loads(l) for l in p.out.splitlines()]
    found = {(l['code'], l['mailbox'], l['uid']) for l in lines if l['event'] == 'finding'}
    for want in (('missing-file', 'user/first.last/Sent', 1), ('guid-mismatch', 'user/first.last/Sent', 2),
                 ('orphan-file', 'user/first.last/Sent', 4711)):
        assert want in found, (want, found)
    for l in lines:
        if l['event'] == 'finding':
            has_keys(l, 'mailbox', 'uid', 'code', 'text', 'remedy')
            assert f"'{d}/" in l['text'], f"the file is told by its whole path: {l['text']}"
    same(lines[-1]['result'], 'findings', 'result')
    same({l['mailbox']: l['grade'] for l in lab.json('list', 'latest')}['user/first.last/Sent'], 'C', 'grade')
    lab.start()


def bad_input_changes_nothing(lab):
    conf = lab.root + '/broken.conf'
    open(conf, 'w').write(open(lab.root + '/imapd.conf').read() + 'configdirectory: /elsewhere\n')
    p = lab.cyrkeep('-C', conf, 'backup')
    assert p.returncode in (1, 2) and 'configdirectory' in p.err and 'broken.conf' in p.err, (p.returncode, p.err)
    open(lab.root + '/settings.conf', 'w').write('sever = { port = 1; };\n')
    p = subprocess.run([PROGRAM, '-c', lab.root + '/settings.conf', 'check'], capture_output=True, text=True)
    assert p.returncode == 2 and 'settings.conf' in p.stderr and 'sever' in p.stderr and '1' in p.stderr, p
    p = lab.cyrkeep('-C', '/no/such/imapd.conf', 'mailboxes')
    same(p.returncode, 1, p.err)
    same(lab.is_up(), True, 'the server was not touched')


def main():
    lab = temp_lab()
    tally = Tally()
    try:
        lab.start().fill()
        lab.fill_legacy()
        c = lab.imap('anne')
        name = base64.b64encode(''.join(ch + MARKS for ch in ODD).encode()).decode()
        lab.append(c, 'INBOX/office/2025', message('odd sender', sender=f'=?utf-8?b?{name}?= <odd@lab.test>'))
        c.logout()
        for test in (help_for_each, usage_errors, mailboxes_agree_with_imap, dry_run_counts_what_rules_catch, backup,
                     archive_is_plain, archive_says_what_it_holds, passwords_can_be_left_out,
                     backup_writes_nothing_into_the_store, plain_tar_gives_identical_files, plain_tar_maps_owners_by_name, list_and_cat, restore_what_is_missing,
                     restore_a_deleted_mailbox, restore_elsewhere, restore_by_imap, verify_and_damage, jobs_and_unwind,
                     bad_input_changes_nothing, findings_are_told):
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
