#!/usr/bin/python3
"""The exclusions that the classic find(1) scripts for Cyrus meant, and what those scripts got wrong, on a real server of every layout."""
import imaplib, json, os, shutil, socket, subprocess, time

from lab import Tally, message, quote, same, temp_lab

MIB, DAY = 1 << 20, 86400


def sized(size, subject):
    return (message(subject) + (b'x' * 70 + b'\r\n') * (size // 72 + 1))[:size - 2].rstrip(b'\r\n').ljust(size - 2, b'x') + b'\r\n'


def put(lab, c, box, size, days, subject, later=0):
    """A message of exactly SIZE bytes that arrived DAYS ago, LATER seconds more recent."""
    raw = sized(size, subject)
    same(len(raw), size, 'size')
    lab.append(c, box, raw, date=imaplib.Time2Internaldate(time.time() - days * DAY + later))


def fill(lab):
    admin = lab.imap()
    for user in ('bob', 'eve@virt.test', 'old'):
        at = user.find('@')
        lab.ok(admin.create('"' + (f'user/{user}' if at < 0 else f'user/{user[:at]}@{user[at + 1:]}') + '"'))
    for box in ('public/quarantine', 'public/quarantine/virus', 'public/shared_junk', 'public/shared_junk/2026', 'public/news'):
        lab.ok(admin.create(f'"{box}"'))
        lab.ok(admin.setacl(f'"{box}"', 'bob', 'lrswipkxtecda'))
    bob = lab.imap('bob')
    for box in ('public/quarantine', 'public/quarantine/virus', 'public/shared_junk', 'public/shared_junk/2026', 'public/news'):
        lab.append(bob, box, message(f'in {box}'))
    for user in ('bob', 'eve@virt.test', 'old'):
        c = lab.imap(user)
        for box in ('Junk', 'Junkets', 'Projects', 'Projects/Junkyard', 'Sent', 'Sent/2025'):
            lab.ok(c.create(quote(f'INBOX/{box}')))
            lab.append(c, f'INBOX/{box}', message(f'small one in {box}'))
        for box in ('INBOX/Sent', 'INBOX'):
            put(lab, c, box, MIB + 2, 60, 'large and old')
            put(lab, c, box, MIB, 60, 'just not large')
        put(lab, c, 'INBOX/Sent', MIB + 2, 7, 'large and just old', later=-60)
        put(lab, c, 'INBOX/Sent', MIB + 2, 7, 'large and not yet old', later=600)
        put(lab, c, 'INBOX', MIB + 2, 29, 'large and not 30 days old')
        put(lab, c, 'INBOX/Sent/2025', MIB + 2, 60, 'large and old, but below')
        c.logout()
    bob.logout()
    admin.logout()


RULES = ['leaf:Junk', 'below:public/quarantine', 'below:public/shared_junk', 'leaf:Sent,larger:1M,older:7d', 'name:user/%,larger:1M,older:30d',
         'leaf:NoSuchBox']


def the_archive_holds_what_the_rules_meant(lab):
    options = [o for r in RULES for o in ('--exclude', r)]
    report = lab.json('backup', *options)[-1]
    same(report['result'], 'ok', 'report')
    boxes = {l['mailbox']: l for l in lab.json('list', 'latest', '--all')}
    gone = sorted(n for n, l in boxes.items() if 'left_out_by' in l)
    want = ['public/quarantine', 'public/quarantine/virus', 'public/shared_junk', 'public/shared_junk/2026',
            'user/bob/Junk', 'user/eve/Junk@virt.test', 'user/old/Junk']
    same(gone, sorted(want), 'left out whole')
    same(boxes['user/bob/Junk']['left_out_by'], 'leaf:Junk', 'the rule is named')
    subjects = lambda box: sorted(l['subject'] for l in lab.json('list', 'latest', box) if l.get('stored', True))
    for box in ('user/bob', 'user/eve@virt.test', 'user/old'):
        name = lambda below: box + '/' + below if '@' not in box else box.replace('@', f'/{below}@')
        same(subjects(box), ['just not large', 'large and not 30 days old'], box)
        same(subjects(name('Sent')), ['just not large', 'large and not yet old', 'small one in Sent'], name('Sent'))
        same(subjects(name('Sent/2025')), ['large and old, but below', 'small one in Sent/2025'], name('Sent/2025'))
        same(subjects(name('Junkets')), ['small one in Junkets'], name('Junkets'))
        same(subjects(name('Projects/Junkyard')), ['small one in Projects/Junkyard'], name('Projects/Junkyard'))
        same((boxes[box]['messages_left_out'], boxes[name('Sent')]['messages_left_out']), (1, 2), f'left out of {box}')
    same(subjects('public/news'), ['in public/news'], 'public/news')


def not_a_byte_of_it_is_in_the_tar(lab):
    out = lab.root + '/out'
    os.makedirs(out)
    subprocess.run(['tar', '--zstd', '-xf', lab.json('archives')[0]['path'], '-C', out], check=True, capture_output=True)
    words = [b'in public/quarantine', b'in public/shared_junk', b'small one in Junk\r', b'large and old\r', b'large and just old\r']
    seen = 0
    for d, _, files in os.walk(out + lab.root + '/spool'):
        for f in files:
            if f.endswith('.') and f[:-1].isdigit():
                raw = open(os.path.join(d, f), 'rb').read()
                seen += 1
                assert not [w for w in words if b'Subject: ' + w in raw], (d, f, raw[:200])
    assert seen > 20, seen
    subprocess.run(['rm', '-rf', out], check=True)


def names_in_the_archive_are_the_live_ones(lab):
    """No snapshot's or run's path in front: what was here is there."""
    names = subprocess.run(['tar', '--zstd', '-tf', lab.json('archives')[0]['path']], capture_output=True, check=True).stdout.decode().split('\n')
    outside = [n for n in names if n and not n.startswith('.cyrkeep/') and not os.path.lexists('/' + n)]
    assert not outside, outside[:5]


def a_rule_that_catches_nothing_says_so(lab):
    options = [o for r in RULES for o in ('--exclude', r)]
    out = lab.cyrkeep('backup', '--dry-run', *options, check=0).out
    assert 'rule 6  leaf:NoSuchBox: catches nothing' in out, out
    rules = {l['rule']: l for l in lab.json('backup', '--dry-run', *options) if l['kind'] == 'rule'}
    same([(r['mailboxes'], r['messages']) for r in rules.values()], [(3, 3), (2, 2), (2, 2), (3, 6), (3, 3), (0, 0)], 'what each catches')
    same(rules[4]['bytes'], 6 * (MIB + 2), 'bytes')


def a_special_use_is_no_name(lab):
    """special:\\Junk goes by the role: a mailbox of another name that has it is left out, one called Junk without it stays."""
    c = lab.imap('bob')
    typ, data = c._simple_command('CREATE', quote('INBOX/Werbung'), r'(USE (\Junk))')
    lab.ok((typ, data))
    lab.append(c, 'INBOX/Werbung', message('an advertisement'))
    c.logout()
    left = [l['mailbox'] for l in lab.json('backup', '--dry-run', '--exclude', r'special:\Junk') if l['kind'] == 'mailbox' and l['left_out']]
    same(left, ['user/bob/Werbung'], 'by role')


def a_plan_is_the_same_in_words(lab):
    """A plan of the settings, and one saved by the console in the state directory, leave out what the options do."""
    rules = ', '.join('"' + r.replace('\\', '\\\\') + '"' for r in RULES[:3])
    conf = f'{lab.root}/cyrkeep.conf'
    text = open(conf).read()
    open(conf, 'w').write(text + f'plans = ( {{ name = "nightly"; method = "stop"; select = [ "*" ]; exclude = [ {rules} ]; }} );\n')
    os.makedirs(f'{lab.root}/state/plans', exist_ok=True)
    saved = f'{lab.root}/state/plans/saved.conf'
    open(saved, 'w').write(f'name = "saved";\nmethod = "stop";\nexclude = [ {rules} ];\n')
    os.chmod(saved, 0o600)
    options = [o for r in RULES[:3] for o in ('--exclude', r)]
    want = lab.json('backup', '--dry-run', *options)
    for plan in ('nightly', 'saved'):
        same(lab.json('backup', '--dry-run', '--plan', plan), want, plan)
    open(conf, 'w').write(text)
    os.unlink(saved)


def a_plan_that_cannot_run_is_told_by_check(lab):
    """Before its night comes; one that could run, with a rule that is off, is not mentioned."""
    def problems():
        p = lab.cyrkeep('--json', 'check')
        lines = [json.loads(l) for l in p.out.splitlines()]
        return p.returncode, {l['text']: l['remedy'] for l in lines if l['kind'] == 'problem' and l['code'] == 'E-PLAN'}
    os.makedirs(f'{lab.root}/state/plans', exist_ok=True)
    saved = f'{lab.root}/state/plans/weekly.conf'
    open(saved, 'w').write('name = "weekly";\nmethod = "stop";\nselect = [ "*" ];\nexclude = [ "off,larger:25M", "leaf:Junk" ];\n')
    same(problems(), (0, {}), 'a plan that could run')
    cases = (('exclude = [ "leaf:Junk", "off,size:1M" ];', "rule 2: rule 'off,size:1M'"), ('method = "magic";', "method 'magic'"),
             ('destination = "moon";', "no destination is called 'moon'"), ('select = [ "user/nobody" ];', "pattern 'user/nobody'"),
             ('keep = [ "mailboxes.db" ];', "nothing called 'mailboxes.db'"))
    for line, words in cases:
        open(saved, 'w').write(f'name = "weekly";\n{line}\n')
        code, told = problems()
        same((code, len(told)), (3, 1), f'check with {line}: {told}')
        text, remedy = told.popitem()
        assert text.startswith("plan 'weekly' cannot run: ") and words in text and saved in remedy, (text, remedy)
        run = lab.cyrkeep('backup', '--plan', 'weekly', '--dry-run')
        assert run.returncode and words in run.err, run.err
    shown = lab.cyrkeep('check', check=3).out
    assert "problem    E-PLAN: plan 'weekly' cannot run: " in shown, shown
    os.unlink(saved)


DEFAULTS = {'deliver.db': 'conf/deliver.db', 'tls_sessions.db': 'conf/tls_sessions.db', 'ptscache.db': 'conf/ptscache.db',
            'statuscache.db': 'conf/statuscache.db', 'proc/': 'conf/proc/17', 'socket/': 'conf/socket/x-0.lock', 'lock/': 'conf/lock/x.lock',
            'stage./': 'spool/default/stage./17-1', 'sync./': 'spool/second/sync./17/1.', 'cyrus.squat': None, 'cyrus.indexed.db': None,
            'xapian/': 'search/user/b/bob/xapian/flintlock'}


def defaults_are_switched_off_one_by_one(lab):
    """Each default exclusion, switched off alone: just what it was said to catch comes in, byte for byte; never a pipe or a socket."""
    root, conf = lab.root, f'{lab.root}/imapd.conf'
    inbox = next(m for m in lab.json('mailboxes') if m['mailbox'] == 'user/bob')['uniqueid']
    boxdir = f'spool/default/uuid/{inbox[0]}/{inbox[1]}/{inbox}'
    assert os.path.isdir(f'{root}/{boxdir}'), boxdir
    at = {k: v or f'{boxdir}/{k}' for k, v in DEFAULTS.items()}
    text = open(conf).read()
    open(conf, 'w').write(text + f'defaultsearchtier: t1\nt1searchpartition-default: {root}/search\n')
    for path in at.values():
        os.makedirs(os.path.dirname(f'{root}/{path}'), exist_ok=True)
        if os.path.exists(f'{root}/{path}'):
            continue
        if path.startswith('conf/') and path.endswith('.db'):  # anything else would be a finding
            shutil.copy(f'{root}/conf/annotations.db', f'{root}/{path}')
        else:
            open(f'{root}/{path}', 'w').write(f'made for the test: {path}\n')
    open(f'{root}/{boxdir}/cyrusXsquat', 'w').write('no index\n')
    os.mkfifo(f'{root}/conf/socket/pipe')
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f'{root}/conf/socket/listener')
    members = lambda path: {n for n in subprocess.run(['tar', '--zstd', '-tf', path], capture_output=True, check=True).stdout.decode().split('\n')
                            if n and not n.endswith('/') and not n.startswith('.cyrkeep/')}
    before = members(lab.json('backup')[-1]['path'])
    assert f'{root}/{boxdir}/cyrusXsquat'[1:] in before
    assert not [n for n in before for path in at.values() if n == f'{root}/{path}'[1:]], 'the default archive holds none'
    for name, path in at.items():
        said = {d['name']: d for d in lab.json('backup', '--dry-run', '--keep', name)[-1]['left_out_by_default']}
        same([d['on'] for d in said.values()], [n != name for n in at], 'one is off')
        done = lab.json('backup', '--keep', name)[-1]
        come = members(done['path']) - before
        same(done['result'], 'ok', f'a backup that keeps {name}')
        assert f'{root}/{path}'[1:] in come, (name, come)
        if name not in ('proc/', 'lock/'):  # those live with the processes
            same(said[name]['files'], len(come), f'files of {name}: {sorted(come)}')
        take = subprocess.run(['tar', '--zstd', '-xOf', done['path'], f'{root}/{path}'[1:]], capture_output=True, check=True).stdout
        if take.startswith(b'made for the test'):
            same(take.decode(), f'made for the test: {path}\n', path)
        others = [n for n in at if n != name and f'{root}/{at[n]}'[1:] in come]
        same(others, [], f'what came with {name}')
        assert not [n for n in come if n.endswith(('socket/pipe', 'socket/listener'))], come
        out = lab.cyrkeep('list', 'latest', check=0).out
        assert f'; kept: {name}' in out and ('tls_sessions.db' if name == 'deliver.db' else 'deliver.db') in out, out
    out = lab.cyrkeep('backup', '--dry-run', '--keep', 'xapian/', check=0).out
    assert 'default  kept xapian/ (search partitions, search index, rebuilt by squatter): 1 file, ' in out, out
    bad = lab.cyrkeep('backup', '--keep', 'mailboxes.db', check=2)
    assert "nothing called 'mailboxes.db' is left out by default" in bad.err, bad.err
    listener.close()
    open(conf, 'w').write(text)
    for path in [*at.values(), 'conf/socket/pipe', 'conf/socket/listener']:
        if path.startswith(('spool', 'search')) or 'socket/' in path:
            os.unlink(f'{root}/{path}')


def main():
    tally = Tally()
    for name, options in (('by id', {}), ('by name, fully hashed', {'mailbox_legacy_dirs': 'yes', 'fulldirhash': 'yes'}),
                          ('by name, plain', {'mailbox_legacy_dirs': 'yes', 'hashimapspool': 'no'})):
        lab = temp_lab().configure()
        conf = f'{lab.root}/imapd.conf'
        lines = [l for l in open(conf).read().splitlines() if l.split(':')[0] not in options]
        open(conf, 'w').write('\n'.join(lines + [f'{k}: {v}' for k, v in options.items()]) + '\n')
        try:
            lab.start()
            fill(lab)
            for test in (the_archive_holds_what_the_rules_meant, not_a_byte_of_it_is_in_the_tar, names_in_the_archive_are_the_live_ones,
                         a_rule_that_catches_nothing_says_so, a_special_use_is_no_name, a_plan_is_the_same_in_words):
                tally.run(f'{test.__name__} ({name})', test, lab)
            if not options:
                tally.run('a_plan_that_cannot_run_is_told_by_check', a_plan_that_cannot_run_is_told_by_check, lab)
                tally.run('defaults_are_switched_off_one_by_one', defaults_are_switched_off_one_by_one, lab)
        finally:
            lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
