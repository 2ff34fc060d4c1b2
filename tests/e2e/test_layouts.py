#!/usr/bin/python3
"""The same round on servers of every layout: inspect, back up, take apart with tar, browse, put a
deleted mailbox back. And stores that hold what nobody expects there."""
import concurrent.futures, filecmp, hashlib, json, os, re, shutil, socket, stat, subprocess, sys, tempfile

import sanitizer

from lab import BIN, Lab, Links, PROGRAM, Tally, message, quote, same, utf7

ROOTS = ('spool', 'meta', 'archive', 'sieve', 'conf', 'far')


class LayoutLab(Lab):
    """A lab whose imapd.conf says something else; names are those of its own separator."""
    def __init__(self, **options):
        super().__init__(tempfile.mkdtemp(prefix='ckl-', dir='/tmp'))
        self.said = options
        self.sep = '.' if options.get('unixhierarchysep') == 'no' else '/'
        self.alt = options.get('altnamespace') == 'yes'
        self.domains = options.get('virtdomains', 'userid') != 'off'

    def configure(self):
        for d in ('meta/default', 'meta/second', 'archive/default', 'archive/second', 'far'):
            os.makedirs(f'{self.root}/{d}')
        super().configure()
        if os.getuid() == 0:
            subprocess.check_call(['chown', '-R', 'cyrus:mail', *[f'{self.root}/{d}' for d in ('meta', 'archive', 'far')]])
        self.say(**self.said)
        return self

    def say(self, **options):
        """Set options of imapd.conf; None takes one away. Values may name the lab as {root}."""
        path = f'{self.root}/imapd.conf'
        keys = tuple(k.replace('__', '-') + ':' for k in options)
        lines = [l for l in open(path).read().splitlines() if not l.startswith(keys)]
        lines += [f"{k.replace('__', '-')}: {v.format(root=self.root)}" for k, v in options.items() if v is not None]
        open(path, 'w').write('\n'.join(lines) + '\n')

    def name(self, *levels, domain=''):
        return self.sep.join(levels) + domain

    def owner(self, name):
        if not name.startswith('user' + self.sep):
            return 'anne'
        local, _, domain = name.partition('@')
        return local.split(self.sep)[1] + ('@' + domain if domain else '')

    def as_owner(self, name):
        if not name.startswith('user' + self.sep):
            return ('Shared Folders' + self.sep if self.alt else '') + name
        levels = name.partition('@')[0].split(self.sep)[2:]
        return self.sep.join(levels if self.alt and levels else ['INBOX', *levels])

    def partitions(self):
        return re.findall(r'^\w*partition-\w+: (.*)$', open(f'{self.root}/imapd.conf').read(), re.M)

    def tool(self, *args):
        return subprocess.run([f'{BIN}/{args[0]}', '-C', f'{self.root}/imapd.conf', *args[1:]], check=True, capture_output=True)


# -- one round ----------------------------------------------------------------------------------

def fill_layout(lab):
    """A few users, also such whose names are those of directories that are left out."""
    admin = lab.imap()
    users = ['anne', 'lock', 'proc', 'stage'] + (['first.last'] if lab.sep == '/' else [])
    if lab.domains:
        users += ['eve@virt.test', 'eve@lock', 'socket@sync.test']
    for i, user in enumerate(users):
        local, _, domain = user.partition('@')
        box = lab.name('user', local, domain=domain and '@' + domain)
        lab.ok(admin.create(f'"{box}" {("default", "second")[i % 2]}'))
    team = lab.name('shared', 'Team')
    lab.ok(admin.create(f'"{team}" second'))
    lab.ok(admin.setacl(f'"{team}"', 'anne', 'lrswipkxtecda'))
    admin.logout()
    for user in users:
        c = lab.imap(user)
        local, _, domain = user.partition('@')
        own = lambda *levels: lab.as_owner(lab.name('user', local, *levels, domain=domain and '@' + domain))
        names = [(), ('Sent',), ('Sent', 'sync'), ('Büro & Haus',)] if user in ('anne', 'eve@virt.test', 'eve@lock') else [()]
        for levels in names:
            if levels:
                lab.ok(c.create(quote(own(*levels))))
            for n in range(4):
                lab.append(c, own(*levels), message(f'{user} {n}', f'body {n}\n' * 20), ['', r'\Seen', r'\Flagged label', r'\Answered'][n])
        if user == 'anne':
            lab.ok(c.select(quote('INBOX')))
            lab.ok(c.uid('COPY', '1:2', quote(own('Sent'))))
            lab.ok(c.uid('STORE', '2', '+FLAGS', r'(\Deleted)'))
            lab.ok(c.expunge())
            lab.ok(c._simple_command('SETMETADATA', quote(own('Sent')), '(/private/comment "mine")'))
            lab.ok(c.subscribe(quote(own('Sent'))))
            lab.append(c, lab.as_owner(team), message('to all of us', 'x\n'))
            lab.ok(c.create(quote(own('gone'))))
            lab.append(c, own('gone'), message('gone', 'x\n'))
            lab.delete(c, quote(own('gone')))
            lab.put_sieve('anne', 'main', 'keep;\n')
        c.logout()


def agrees_with_imap(lab):
    """Every mailbox that LIST shows, with the figures of STATUS; nothing else but deleted ones."""
    ours = {utf7(l['mailbox']): l for l in lab.json('mailboxes')}
    admin = lab.imap()
    listed = lab.mailboxes()
    for name in listed:
        if name not in ours:
            raise AssertionError(f'{name} is missing in {sorted(ours)}')
        if name.endswith('x@y'):
            continue                                       # an administrator's word for x of the domain y
        admin.setacl('"' + name + '"', 'cyrus', 'lr')       # an administrator may do anything but read
        text = lab.ok(admin.status('"' + name + '"', '(MESSAGES UIDVALIDITY)'))[0]
        text = b''.join(text) if isinstance(text, tuple) else text
        messages, validity = re.search(rb'MESSAGES (\d+) UIDVALIDITY (\d+)', text).groups()
        same((ours[name]['messages'], ours[name]['uidvalidity']), (int(messages), int(validity)), name)
    admin.logout()
    extra = [n for n in ours if n not in listed and not n.startswith('DELETED') and '#' not in n]
    same(extra, [], 'names that IMAP does not know')
    assert len(listed) >= 8, listed


def is_left_out(path, mode, conf):
    top = os.path.relpath(path, conf)
    name = os.path.basename(path)
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
        return True
    if stat.S_ISDIR(mode):
        return top in ('proc', 'socket', 'lock') or (not path.startswith(conf) and name in ('stage.', 'sync.'))
    return top in ('deliver.db', 'tls_sessions.db', 'ptscache.db', 'statuscache.db') or \
        (not path.startswith(conf) and name in ('cyrus.squat', 'cyrus.indexed.db'))


def entries(base, root, conf):
    """Everything below @root (as it lies below @base) that is not left out by default."""
    out = {}
    def walk(d):
        for e in os.scandir(d):
            st = e.stat(follow_symlinks=False)
            live = e.path[len(base):]
            if is_left_out(live, st.st_mode, conf):
                continue
            out[live] = st
            if stat.S_ISDIR(st.st_mode):
                walk(e.path)
    if os.path.isdir(base + root):
        walk(base + root)
    return out


def leads_nowhere(lab, path, st):
    """A directory without a file in or below it, which is no root: Cyrus makes such again."""
    roots = lab.partitions() + [f'{lab.root}/conf', f'{lab.root}/sieve']
    return stat.S_ISDIR(st.st_mode) and path not in roots and not any(files for _, _, files in os.walk(path))


def tar_gives_it_back(lab, path):
    """What plain tar takes out is what lies on disk; nothing is missing, nothing is more."""
    out = tempfile.mkdtemp(prefix='ckx-', dir='/tmp')
    try:
        subprocess.run(['tar', '--zstd', '-xpf', path, '-C', out], check=True, capture_output=True)
        links, files = Links(), 0
        for top in ROOTS:
            there, here = (entries(base, f'{lab.root}/{top}', f'{lab.root}/conf') for base in ('', out))
            there = {k: v for k, v in there.items() if k in here or not leads_nowhere(lab, k, v)}
            same(sorted(set(there) - set(here)), [], f'{top}: not in the archive')
            same(sorted(set(here) - set(there)), [], f'{top}: only in the archive')
            for name, a in there.items():
                b = here[name]
                same((oct(a.st_mode), a.st_uid, a.st_gid), (oct(b.st_mode), b.st_uid, b.st_gid), name)
                if stat.S_ISLNK(a.st_mode):
                    same(os.readlink(name), os.readlink(out + name), name)
                    continue
                same(a.st_mtime_ns, b.st_mtime_ns, f'time of {name}')
                if stat.S_ISREG(a.st_mode):
                    same(a.st_size, b.st_size, name)
                    assert filecmp.cmp(name, out + name, shallow=False), name
                    links.add(name, b, '/'.join(name[len(lab.root):].split('/')[:3]))
                    files += 1
        assert files > 20, files
        links.check()
    finally:
        shutil.rmtree(out)


def cold_backup(lab, code=0, *args):
    """With the server down, so that nothing moves between the backup and a look at the disk."""
    lab.stop()
    lines = lab.json('backup', *args, check=code)
    findings = [l for l in lines if l['event'] == 'finding']
    return lines[-1], findings


def browse_agrees(lab, names):
    for name in names:
        imap = lab.mailbox(utf7(name))
        lines = lab.json('list', 'latest', name)
        same([l['uid'] for l in lines], sorted(imap['messages']), f'uids of {name}')
        for l in lines:
            m = imap['messages'][l['uid']]
            same((l['guid'], l['size']), (m['sha1'], m['size']), f'{name} {l["uid"]}')
            if name.startswith('user'):
                same(sorted(l['flags']), m['flags'], f'flags of {name} {l["uid"]}')
        raw = lab.cyrkeep('cat', 'latest', name, str(lines[-1]['uid']), check=0).stdout
        same(hashlib.sha1(raw).hexdigest(), lines[-1]['guid'], f'cat {name}')


def comes_back(lab, name):
    """Deleted, and put back: the same in every field that IMAP tells."""
    wire = utf7(name)
    before = lab.mailbox(wire)
    admin = lab.imap()
    lab.ok(admin.setacl(quote(name), 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, quote(name))
    admin.logout()
    report = lab.json('restore', 'latest', name, '--yes')[-1]
    same((report['added'], report['failed']), (len(before['messages']), 0), name)
    after = lab.mailbox(wire)
    same(after, before, name)


def one_round(lab, prepare=None):
    lab.start()
    fill_layout(lab)
    if prepare:
        prepare(lab)
    agrees_with_imap(lab)
    report, findings = cold_backup(lab)
    same((report['result'], findings), ('ok', []), 'report')
    same(report['grades'], {'A': report['mailboxes'], 'B': 0, 'C': 0, 'D': 0, 'F': 0}, 'grades')
    same(report['mailboxes'], len(lab.json('mailboxes')), 'mailboxes in the archive')
    tar_gives_it_back(lab, report['path'])
    lab.start()
    domain = '@virt.test' if lab.domains else ''
    who = 'eve' if lab.domains else 'anne'
    browse_agrees(lab, [lab.name('user', 'anne'), lab.name('user', 'anne', 'Sent'), lab.name('user', who, 'Büro & Haus', domain=domain),
                        lab.name('shared', 'Team'), lab.name('user', 'lock')])
    comes_back(lab, lab.name('user', 'anne', 'Sent', 'sync'))
    comes_back(lab, lab.name('user', who, 'Büro & Haus', domain=domain))
    c = lab.imap('anne')
    lab.ok(c.select(quote('INBOX')))
    lab.ok(c.uid('STORE', '3', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    report = lab.json('restore', 'latest', lab.name('user', 'anne'), '--yes')[-1]
    same((report['added'], report['present'], report['failed']), (1, 2, 0), 'one message of an INBOX')


def at(lab, name):
    """Directory of a mailbox, as Cyrus says."""
    return lab.tool('mbpath', name).stdout.decode().strip()


def plain_directories(lab):
    one_round(lab)
    assert os.path.isdir(f'{lab.root}/spool/default/user/anne'), os.listdir(f'{lab.root}/spool/default')


def full_directory_hash(lab):
    one_round(lab)
    assert [d for d in os.listdir(f'{lab.root}/spool/default') if re.fullmatch('[A-W]', d)], os.listdir(f'{lab.root}/spool/default')


def archived_messages(lab):
    lab.tool('cyr_expire', '-E', '100', '-A', '1d')
    # Cyrus 3.6.1 leaves the archived files of a deleted legacy mailbox behind as well (and we tell).
    shutil.rmtree(f'{lab.root}/archive/default/a/user/anne/gone', ignore_errors=True)
    found = [f for d, _, files in os.walk(f'{lab.root}/archive') for f in files if re.fullmatch(r'\d+\.', f)]
    assert len(found) > 10, 'messages lie in the archive partition'
    meta = [f for d, _, files in os.walk(f'{lab.root}/meta') for f in files]
    assert {'cyrus.header', 'cyrus.index', 'cyrus.cache'} <= set(meta), set(meta)


def meta_and_archive_partitions(lab):
    one_round(lab, archived_messages)


def mixed_uuid_and_legacy(lab):
    """Half of the mailboxes are made when the setting is on."""
    def more(lab):
        lab.stop()
        lab.say(mailbox_legacy_dirs='yes')
        lab.start()
        admin = lab.imap()
        lab.ok(admin.create('user/old'))
        admin.logout()
        c = lab.imap('old')
        for name in ('', 'Sent', 'Büro'):
            if name:
                lab.ok(c.create(quote(name)))
            lab.append(c, name or 'INBOX', message(f'old {utf7(name)}', 'x\n'))
        c.logout()
        anne = lab.imap('anne')
        lab.ok(anne.create(quote('legacy child')))
        lab.append(anne, 'legacy child', message('of a user by id', 'x\n'))
        anne.logout()
        assert '/uuid/' in at(lab, 'user/anne') and '/uuid/' not in at(lab, 'user/old'), at(lab, 'user/old')
    one_round(lab, more)
    browse_agrees(lab, ['user/old', 'user/old/Büro', 'user/anne/legacy child'])
    comes_back(lab, 'user/old/Büro')


def text_of_the_list(lab):
    """Key and value of each line of the dump of mailboxes.db, in the newest archive."""
    path = lab.json('archives')[0]['path']
    names = subprocess.run(['tar', '--zstd', '-tf', path], capture_output=True, check=True).stdout.decode().splitlines()
    name = [n for n in names if n.startswith('.cyrkeep/dumps/') and re.search(r'/(mailboxes|mblist)\.db\.txt$', n)]
    same(len(name), 1, f'dumps of the list among {names[:30]}')
    raw = subprocess.run(['tar', '--zstd', '-xOf', path, name[0]], capture_output=True, check=True).stdout
    plain = lambda t: re.sub(rb'\\(x..|.)', lambda m: bytes([int(m.group(1)[1:], 16)]) if m.group(1)[:1] == b'x' and len(m.group(1)) == 3
                             else {b't': b'\t', b'n': b'\n', b'r': b'\r'}.get(m.group(1), m.group(1)), t)
    return [tuple(map(plain, line.split(b'\t', 1))) for line in raw.splitlines()]


def list_as_cyrus_tells(lab):
    out, _ = os.path.split(f'{lab.root}/extracted/x')
    path = lab.json('archives')[0]['path']
    os.makedirs(out, exist_ok=True)
    db = lab.said.get('mboxlist_db_path', '{root}/conf/mailboxes.db').format(root=lab.root)
    subprocess.run(['tar', '--zstd', '-xf', path, '-C', out, db[1:]], check=True)
    for d, _, _ in os.walk(out):
        os.chmod(d, 0o755)
    if os.getuid() == 0:
        subprocess.check_call(['chown', '-R', 'cyrus:mail', out])
    p = subprocess.run([f'{BIN}/cyr_dbtool', '-C', f'{lab.root}/imapd.conf', '-n', out + db, lab.said.get('mboxlist_db', 'twoskip'), 'show'],
                       capture_output=True, check=True)
    return [tuple(line.split(b'\t', 1)) for line in p.stdout.split(b'\n') if line]


def other_databases(lab):
    one_round(lab)
    kinds = {l['name']: l['backend'] for l in lab.json('check') if l['kind'] == 'database'}
    want = {'skiplist': 'skiplist', 'flat': 'flat'}[lab.said['mboxlist_db']]
    assert any('mailboxes' in k and v == want for k, v in kinds.items()), kinds
    same(text_of_the_list(lab), list_as_cyrus_tells(lab), 'the list of mailboxes as text')


META = 'header index cache expunge squat annotations lock dav archivecache'
BY_PARTITION = {f'{kind}__{p}': f'{{root}}/{d}/{p}' for kind, d in (('metapartition', 'meta'), ('archivepartition', 'archive')) for p in ('default', 'second')}
LAYOUTS = [
    (plain_directories, dict(hashimapspool='no', virtdomains='off', defaultdomain=None, mailbox_legacy_dirs='yes', delete_mode='immediate', expunge_mode='immediate')),
    (plain_directories, dict(hashimapspool='no', unixhierarchysep='no', mailbox_legacy_dirs='yes', expunge_mode='semidelayed', delete_mode='delayed')),
    (full_directory_hash, dict(fulldirhash='yes', mailbox_legacy_dirs='yes', expunge_mode='delayed')),
    (meta_and_archive_partitions, dict(metapartition_files=META, archive_enabled='yes', archive_after='1d', mailbox_legacy_dirs='yes', **BY_PARTITION)),
    (meta_and_archive_partitions, dict(metapartition_files=META, archive_enabled='yes', archive_after='1d', unixhierarchysep='no', virtdomains='off', defaultdomain=None, **BY_PARTITION)),
    (mixed_uuid_and_legacy, dict(altnamespace='yes')),
    (other_databases, dict(mboxlist_db='skiplist', annotation_db='skiplist', seenstate_db='flat', subscription_db='twoskip', conversations='yes', altnamespace='yes', unixhierarchysep='no')),
    (other_databases, dict(mboxlist_db='flat', mboxlist_db_path='{root}/far/mblist.db', quota_db='skiplist', hashimapspool='no')),
]


# -- what nobody expects ------------------------------------------------------------------------

def specials_are_never_opened(lab):
    lab.start()
    fill_layout(lab)
    box = at(lab, 'user/anne/Sent')
    lab.stop()
    os.link(f'{box}/1.', f'{lab.root}/run/1.')             # so that its place is free and the link count right
    planted = []
    for d in (box, f'{lab.root}/spool/default', f'{lab.root}/conf', f'{lab.root}/conf/user', f'{lab.root}/sieve'):
        os.mkfifo(f'{d}/odd-pipe')
        s = socket.socket(socket.AF_UNIX)
        s.bind(f'{d}/odd-socket')
        s.close()
        planted += ['odd-pipe', 'odd-socket']
        if os.getuid() == 0:
            os.mknod(f'{d}/odd-device', 0o600 | stat.S_IFCHR, os.makedev(1, 5))
            planted.append('odd-device')
        os.symlink('/etc/passwd', f'{d}/odd-link')
        os.symlink('/etc', f'{d}/odd-directory')
    os.unlink(f'{box}/1.')
    os.mkfifo(f'{box}/1.')                                 # in the place of a message
    trace = f'{lab.root}/trace'
    p = subprocess.run(['strace', '-f', '-qq', '-e', 'trace=open,openat,openat2', '-o', trace, PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', '--json', 'backup'],
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=sanitizer.traced())
    same(p.returncode, 3, p.stderr.decode())
    lines = [json.loads(l) for l in p.stdout.decode().splitlines()]
    opened = [l for l in open(trace, errors='replace') if re.search(r'odd-(pipe|socket|device|link|directory)', l)]
    same(opened, [], 'files that are no files were opened')
    told = {(l['code'], l['mailbox'], l['uid']) for l in lines if l['event'] == 'finding'}
    assert {('special-file', 'user/anne/Sent', 1), ('special-file', 'user/anne/Sent', None)} <= told, told
    out = [l['text'] for l in lines if l['event'] == 'finding' and l['code'] == 'link-leads-out']
    for d in ('conf', 'conf/user', 'sieve'):
        for name in ('link', 'directory'):
            assert any(f'{lab.root}/{d}/odd-{name}' in text for text in out), (d, name, out)
    assert not any('defaultbc' in text for text in out), out
    grades = {l['mailbox']: l['grade'] for l in lab.json('list', 'latest')}
    same((grades['user/anne/Sent'], grades['user/anne']), ('C', 'A'), 'grades')
    listing = subprocess.run(['tar', '--zstd', '-tvf', lines[-1]['path']], capture_output=True, check=True).stdout.decode().splitlines()
    assert not [l for l in listing if l[0] not in '-dlh'], 'pipes, sockets and devices'
    assert not [l for l in listing if re.search(r'odd-(pipe|socket|device)', l)], listing
    links = [l for l in listing if 'odd-link' in l or 'odd-directory' in l]
    assert len(links) >= 8 and all(l[0] == 'l' for l in links), links
    assert not [l for l in listing if 'odd-directory/' in l], 'what a link leads to'
    lab.json('verify', 'latest', check=0)


def a_message_of_300_megabytes(lab):
    lab.start()
    admin = lab.imap()
    lab.ok(admin.create('user/big'))
    admin.logout()
    head = message('three hundred', '')
    block = b''.join(b'%08d' % i + b'x' * 1014 + b'\r\n' for i in range(1024))
    raw = head + block * 300
    c = lab.imap('big')
    lab.append(c, 'INBOX', raw)
    lab.append(c, 'INBOX', message('small', 'x\n'))
    c.logout()
    report = lab.json('backup')[-1]
    same((report['result'], report['messages'], report['bytes_read'] > len(raw)), ('ok', 2, True), 'report')
    lines = lab.json('list', 'latest', 'user/big')
    same([(l['uid'], l['size']) for l in lines], [(1, len(raw)), (2, lines[1]['size'])], 'list')
    got = subprocess.run([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', 'cat', 'latest', 'user/big', '1'], capture_output=True, check=True).stdout
    same((len(got), hashlib.sha1(got).hexdigest()), (len(raw), lines[0]['guid']), 'cat')
    lab.json('verify', 'latest')
    c = lab.imap('big')
    lab.ok(c.select('INBOX'))
    lab.ok(c.uid('STORE', '1', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    report = lab.json('restore', 'latest', 'user/big', '--yes')[-1]
    same((report['added'], report['present'], report['failed']), (1, 1, 0), 'restored')
    c = lab.imap('big')
    lab.ok(c.select('INBOX'))
    data = lab.ok(c.fetch('1:*', '(RFC822.SIZE)'))
    c.logout()
    assert any(f'RFC822.SIZE {len(raw)}'.encode() in x for x in data), data


def a_mailbox_of_20000_messages(lab):
    lab.start()
    admin = lab.imap()
    lab.ok(admin.create('user/many'))
    admin.logout()
    c = lab.imap('many')
    for i in range(40):
        lab.append(c, 'INBOX', message(f'number {i}', f'{i}\n'), r'\Seen' if i % 2 else '')
    lab.ok(c.select('INBOX'))
    count = 40
    while count < 20000:
        lab.ok(c.copy(f'1:{min(count, 20000 - count)}', 'INBOX'))
        count += min(count, 20000 - count)
        lab.ok(c.noop())
    c.logout()
    report = lab.json('backup')[-1]
    same((report['result'], report['messages'], report['grades']['A']), ('ok', 20000, report['mailboxes']), 'report')
    lines = lab.json('list', 'latest', 'user/many')
    same([l['uid'] for l in lines], list(range(1, 20001)), 'uids')
    for uid in (1, 777, 20000):
        raw = lab.cyrkeep('cat', 'latest', 'user/many', str(uid), check=0).stdout
        same(hashlib.sha1(raw).hexdigest(), lines[uid - 1]['guid'], uid)
    lab.stop()
    report = lab.json('backup')[-1]
    tar_gives_it_back(lab, report['path'])
    lab.start()
    admin = lab.imap()
    lab.ok(admin.setacl('user/many', 'cyrus', 'lrswipkxtecda'))
    admin.logout()
    c = lab.imap('many')
    lab.ok(c.select('INBOX'))
    lab.ok(c.uid('STORE', '1001:9000', '+FLAGS.SILENT', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    report = lab.json('restore', 'latest', 'user/many', '--uid', '1001:1040', '--yes')[-1]
    same((report['added'] + report['present'], report['failed']), (40, 0), 'a part of it: its bytes may be there under other uids')


def a_list_behind_a_link_is_kept_as_text(lab):
    lab.start()
    fill_layout(lab)
    lab.stop()
    db = f'{lab.root}/conf/mailboxes.db'
    shutil.move(db, f'{lab.root}/far/list.db')
    os.symlink(f'{lab.root}/far/list.db', db)
    report, findings = cold_backup(lab, 3)
    same([f['code'] for f in findings], ['link-leads-out'], 'findings')
    assert len(text_of_the_list(lab)) > 10, 'the list of mailboxes as text'


def a_torn_index_loses_no_file(lab):
    lab.start()
    fill_layout(lab)
    lab.stop()
    box = at(lab, 'user/anne')
    files = sorted(f for f in os.listdir(box) if f[0].isdigit())
    index = f'{box}/cyrus.index'
    os.truncate(index, os.path.getsize(index) - 50)
    report, findings = cold_backup(lab, 3)
    codes = {(f['code'], f['mailbox'], f['uid']) for f in findings}
    assert ('torn-index', 'user/anne', None) in codes and ('orphan-file', 'user/anne', 4) in codes, codes
    same({f['mailbox'] for f in findings}, {'user/anne'}, 'nothing else is wrong')
    grades = {l['mailbox']: l['grade'] for l in lab.json('list', 'latest')}
    same({n for n, g in grades.items() if g != 'A'}, {'user/anne'}, 'grades')
    names = subprocess.run(['tar', '--zstd', '-tf', report['path']], capture_output=True, check=True).stdout.decode().splitlines()
    for f in files:
        assert f'{box}/{f}'[1:] in names, f
    same([l['uid'] for l in lab.json('list', 'latest', 'user/anne')], [1, 3], 'what the index knows')


def names_of_every_allowed_character(lab):
    lab.start()
    admin = lab.imap()
    lab.ok(admin.create('user/odd'))
    admin.logout()
    c = lab.imap('odd')
    made = []
    for n in list(range(0x21, 0x7f)) + [0xa0, 0xe4, 0x2028, 0x202e, 0xfeff, 0x1f600, 0x10ffff]:
        if chr(n) == '/' or chr(n).isalnum() and n < 0x80:
            continue
        name = f'x{chr(n)}y'
        if c.create(quote(f'INBOX/{name}'))[0] == 'OK':
            made.append(name)
            lab.append(c, f'INBOX/{name}', message(f'in {n}', 'x\n'))
    for name in ('two  blanks', 'a.b', "it's", 'Ünï/cödé', 'CON', '-rf', '~', '.hidden', '#news', '日本語' * 20):
        if c.create(quote(f'INBOX/{name}'))[0] == 'OK':
            made.append(name)
            lab.append(c, f'INBOX/{name}', message('odd name', 'x\n'))
    c.logout()
    assert len(made) > 25, made
    agrees_with_imap(lab)
    report, findings = cold_backup(lab)
    same((report['result'], findings, report['grades']['A']), ('ok', [], report['mailboxes']), 'report')
    tar_gives_it_back(lab, report['path'])
    shown = [l['mailbox'] for l in lab.json('list', 'latest')]
    for name in made:
        assert f'user/odd/{name}' in shown, (name, shown)
        same(len(lab.json('list', 'latest', f'user/odd/{name}')), 1, name)
    out = lab.cyrkeep('list', 'latest', check=0).stdout + lab.cyrkeep('mailboxes', check=0).stdout
    for bad in ('\u202e', '\u2028', '\ufeff', '\x1b'):
        assert bad.encode() not in out, f'{bad!r} reaches a terminal'
    lab.start()
    looked_at = [utf7(f'user/odd/{n}') for n in made if n != 'x@y']
    def picture():
        c = lab.imap('odd')
        try:
            return {n: lab.mailbox(n, c) for n in looked_at}
        finally:
            c.logout()
    before = picture()
    c = lab.imap('odd')
    for name in sorted(made, reverse=True):
        lab.delete(c, quote(f'INBOX/{name}'))
    c.logout()
    report = lab.json('restore', 'latest', 'user/odd/*', '--yes')[-1]
    same((report['added'], report['failed']), (len(made), 0), 'restored')
    same(picture(), before, 'as they were')


def on_server(fn, **options):
    """One test on a server of its own. Servers are waited for more than they work, so two at a time."""
    lab = LayoutLab(**options)
    try:
        fn(lab)
    finally:
        lab.remove()


def main():
    tally, only, running = Tally(), sys.argv[1:], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for fn in (a_message_of_300_megabytes, a_mailbox_of_20000_messages, names_of_every_allowed_character, specials_are_never_opened,
                   a_list_behind_a_link_is_kept_as_text, a_torn_index_loses_no_file):
            if not only or fn.__name__ in only:
                running.append((fn.__name__, pool.submit(on_server, fn)))
        for i, (fn, options) in enumerate(LAYOUTS):
            if not only or fn.__name__ in only or str(i) in only:
                name = f'{fn.__name__} ({", ".join(k for k in options if "__" not in k)})'
                running.append((name, pool.submit(on_server, fn, **options)))
        for name, future in running:
            tally.run(name, future.result)
    tally.finish()


if __name__ == '__main__':
    main()
