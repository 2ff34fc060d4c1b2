#!/usr/bin/python3
"""Mail comes back: by sync and by imap, into the original, a new name, a dated tree, an absent mailbox; compared over IMAP."""
import os, subprocess, sys, time

from lab import BIN, Tally, free_ports, message, quote, same, temp_lab, utf7
from restoring import OldServer, contents, delete, empty, purge, restore, sums

ODD = ['INBOX/Entwürfe', 'INBOX/日本語', "INBOX/it's (odd) [x] $HOME", 'INBOX/v1.2', 'INBOX/-dash', 'INBOX/office/2025/Q4']


def without(box, *keys):
    return {k: v for k, v in box.items() if k not in keys}


def wire(name):
    return utf7(name)


def as_user(name):
    """user/anne/X for INBOX/X."""
    return 'user/anne' + wire(name)[len('INBOX'):]


def annotation(lab, user, box, uid):
    c = lab.imap(user)
    lab.ok(c.select(quote(box), readonly=True))
    lab.ok(c._simple_command('UID', 'FETCH', uid, '(ANNOTATION (/comment (value.priv value.shared)))'))
    answer = repr(c.response('FETCH')[1])
    c.logout()
    return answer


def nothing_is_missing(lab, before):
    report = restore(lab, '*')
    same((report['result'], report['added'], report['failed']), ('ok', 0, 0), 'report')
    assert report['present'] > 100, report
    same(lab.picture(), before, 'nothing changed')


def rehearsal_changes_nothing(lab, before):
    empty(lab, 'bob', 'INBOX/Sent')
    now = lab.picture(['user/bob/Sent'])
    lab.cyrkeep('restore', 'latest', 'user/bob/Sent', '--dry-run', check=0)
    same(lab.picture(['user/bob/Sent']), now, 'after a rehearsal')
    same(sums(restore(lab, 'user/bob/Sent')), (5, 0, 0), 'the real thing')


def missing_messages_are_added(lab, before, via):
    name = as_user('INBOX/office')
    was = lab.mailbox(name)
    uids = sorted(was['messages'])
    empty(lab, 'anne', 'INBOX/office', f'{uids[0]},{uids[2]}')
    kept = lab.mailbox(name)['messages']
    subs = lab.subscriptions('anne')
    same(sums(restore(lab, 'user/anne/office', '--via', via)), (2, len(uids) - 2, 0), 'report')
    now = lab.mailbox(name)
    same(contents(now), contents(was), 'contents')
    same({u: m for u, m in now['messages'].items() if u in kept}, kept, 'what was there')
    assert min(set(now['messages']) - set(kept)) > uids[-1], 'added mail has new uids'
    same(without(now, 'messages'), without(was, 'messages'), 'state of the mailbox')
    same(lab.subscriptions('anne'), subs, 'subscriptions')
    same(sums(restore(lab, 'user/anne/office', '--via', via)), (0, len(uids), 0), 'again')
    same(lab.mailbox(name), now, 'a second restore changes nothing')


def newer_state_stays(lab, before):
    c = lab.imap('bob')
    lab.append(c, 'INBOX', message('after the backup', 'new\n'), r'\Flagged')
    lab.ok(c.select('INBOX'))
    lab.ok(c.uid('STORE', '3', '+FLAGS', r'(\Flagged changed)'))
    c.logout()
    now = lab.mailbox('user/bob')
    empty(lab, 'bob', 'INBOX', '1')
    same(sums(restore(lab, 'user/bob')), (1, 4, 0), 'report')
    then = lab.mailbox('user/bob')
    same({u: m for u, m in then['messages'].items() if u in now['messages']},
         {u: m for u, m in now['messages'].items() if u != 1}, 'newer mail and flags')


def some_uids_only(lab, before):
    was = lab.mailbox('user/first.last/Sent')
    empty(lab, 'first.last', 'INBOX/Sent')
    same(sums(restore(lab, 'user/first.last/Sent', '--uid', '2,4:*')), (3, 0, 0), 'report')
    want = {m['sha1'] for u, m in was['messages'].items() if u == 2 or u >= 4}
    same({m['sha1'] for m in lab.mailbox('user/first.last/Sent')['messages'].values()}, want, 'uids 2, 4 and 5')
    for args, code in ((['--uid', '0'], 2), (['--uid', '1:x'], 2), (['--uid', '900'], 1)):
        p = lab.cyrkeep('restore', 'latest', 'user/first.last/Sent', *args, '--yes')
        same(p.returncode, code, f'{args}: {p.err}')
    p = lab.cyrkeep('restore', 'latest', 'user/bob*', '--uid', '1', '--yes')
    same(p.returncode, 2, f'a uid set for several mailboxes: {p.err}')
    same(sums(restore(lab, 'user/first.last/Sent')), (2, 3, 0), 'the rest')


def deleted_mailboxes_are_made_again(lab, before):
    """Still kept by delayed delete: everything but the id comes back, and the deleted one is left alone."""
    names = [as_user(b) for b in ODD]
    was = {n: before[n] for n in names}
    delete(lab, 'anne', *ODD)
    report = restore(lab, *('user/anne' + b[len('INBOX'):] for b in ODD))
    same((report['added'], report['failed']), (sum(len(b['messages']) for b in was.values()), 0), 'report')
    now = lab.picture(names)
    for n in names:
        same(now[n], was[n], n)
    deleted = [n for n in lab.mailboxes() if n.startswith('DELETED/user/anne/v1.2')]
    same(len(deleted), 1, 'the deleted mailbox')
    purge(lab)
    same(lab.picture(names), was, 'after the deleted ones were purged')


def purged_mailboxes_are_made_again(lab, before):
    names = [as_user('INBOX/office'), as_user('INBOX/Sent'), 'user/eve/project.x@virt.test', 'user/eve/Sent@virt.test']
    was = lab.picture(names)
    note = annotation(lab, 'anne', 'INBOX', '1')
    c = lab.imap('anne')
    lab.ok(c._simple_command('SETMETADATA', 'INBOX/Sent', '(/private/specialuse NIL)'))   # else it may not be deleted
    c.logout()
    delete(lab, 'anne', 'INBOX/Sent')
    delete(lab, 'eve@virt.test', 'INBOX/project.x', 'INBOX/Sent')
    purge(lab)
    report = restore(lab, 'user/anne/Sent', 'user/eve/%@virt.test')
    same(report['failed'], 0, 'report')
    now = lab.picture(names)
    for n in names:
        same(now[n], was[n], n)
    same(annotation(lab, 'anne', 'INBOX', '1'), note, 'annotation of a message')
    c = lab.imap('anne')
    status = lab.ok(c.status('INBOX/Sent', '(UIDNEXT)'))[0]
    c.logout()
    assert int(status.split()[-1].rstrip(b')')) > max(now[names[1]]['messages']), status


def uids_used_are_not_used_again(lab, before):
    """The last message of the mailbox had been expunged before the backup: its uid stays used. So does that of a message
    that came afterwards, for as long as Cyrus keeps the deleted mailbox."""
    def next_uid():
        c = lab.imap('bob')
        status = lab.ok(c.status('INBOX/used', '(UIDNEXT)'))[0]
        c.logout()
        return int(status.split()[-1].rstrip(b')'))

    c = lab.imap('bob')
    lab.ok(c.create('INBOX/used'))
    for i in range(3):
        lab.append(c, 'INBOX/used', message(f'used {i}', 'x\n'))
    c.logout()
    empty(lab, 'bob', 'INBOX/used', '3')
    lab.json('backup')
    c = lab.imap('bob')
    lab.append(c, 'INBOX/used', message('used later', 'x\n'))
    c.logout()
    delete(lab, 'bob', 'INBOX/used')
    same(sums(restore(lab, 'user/bob/used')), (2, 0, 0), 'delayed-deleted')
    same(next_uid(), 5, 'UIDNEXT beside the deleted mailbox')
    time.sleep(1.1)                                        # two deletions within a second would get one name
    delete(lab, 'bob', 'INBOX/used')
    purge(lab)
    same(sums(restore(lab, 'user/bob/used')), (2, 0, 0), 'purged')
    same(next_uid(), 4, 'UIDNEXT')


def annotations_of_messages_return(lab, before):
    c = lab.imap('anne')
    lab.ok(c.create('INBOX/noted'))
    lab.append(c, 'INBOX/noted', message('noted', 'x\n'))
    lab.ok(c.select('INBOX/noted'))
    lab.ok(c._simple_command('UID', 'STORE', '1', 'ANNOTATION', '(/comment (value.priv "for me" value.shared "for {5} all"))'))
    lab.ok(c._simple_command('SETMETADATA', 'INBOX/noted', '(/private/comment "p \\"q\\"" /shared/comment "s")'))
    c.logout()
    lab.json('backup')
    was, note = lab.mailbox('user/anne/noted'), annotation(lab, 'anne', 'INBOX/noted', '1')
    assert 'for me' in note and 'for {5} all' in note, note
    delete(lab, 'anne', 'INBOX/noted')
    same(sums(restore(lab, 'user/anne/noted')), (1, 0, 0), 'report')
    same(lab.mailbox('user/anne/noted'), was, 'the mailbox')
    same(annotation(lab, 'anne', 'INBOX/noted', '1'), note, 'annotation')
    time.sleep(1.1)
    delete(lab, 'anne', 'INBOX/noted')
    report = restore(lab, 'user/anne/noted', '--via', 'imap')
    same((report['result'], report['added'], report['findings']), ('ok', 1, 0), 'by imap')
    same(annotation(lab, 'anne', 'INBOX/noted', '1'), note, 'annotation by imap')
    same(lab.mailbox('user/anne/noted')['metadata'], was['metadata'], 'annotations of the mailbox by imap')


def annotations_that_imap_cannot_set(lab, before):
    """Somebody else's private ones: a finding says so, the message comes back."""
    c = lab.imap('anne')
    lab.ok(c.create('INBOX/lent'))
    lab.append(c, 'INBOX/lent', message('lent', 'x\n'))
    lab.ok(c.setacl('INBOX/lent', 'bob', 'lrswipn'))
    bob = lab.imap('bob')
    lab.ok(bob.select('user/anne/lent'))
    lab.ok(bob._simple_command('UID', 'STORE', '1', 'ANNOTATION', '(/comment (value.priv "bob only"))'))
    for who in (c, bob):
        who.logout()
    lab.json('backup')
    empty(lab, 'anne', 'INBOX/lent')
    lines = lab.json('restore', 'latest', 'user/anne/lent', '--via', 'imap', '--yes', check=3)
    same(sums(lines[-1]), (1, 0, 0), 'report')
    same([l['code'] for l in lines if l['event'] == 'finding'], ['annotations-lost'], 'finding')


def a_special_use_stays_single(lab, before):
    """Who has chosen another mailbox for his sent mail keeps it; the old one comes back as a plain one."""
    for via in ('sync', 'imap'):
        c = lab.imap('anne')
        lab.ok(c._simple_command('SETMETADATA', 'INBOX/Drafts', r'(/private/specialuse "\\Drafts")'))
        c.logout()
        lab.json('backup')
        was = lab.mailbox('user/anne/Drafts')
        c = lab.imap('anne')
        lab.ok(c._simple_command('SETMETADATA', 'INBOX/Drafts', '(/private/specialuse NIL)'))
        lab.delete(c, 'INBOX/Drafts')
        lab.ok(c._simple_command('CREATE', f'INBOX/Unsent-{via}', r'(USE (\Drafts))'))
        p = lab.cyrkeep('restore', 'latest', 'user/anne/Drafts', '--via', via, '--dry-run', check=0)
        assert "another mailbox is '\\Drafts' now" in p.out, p.out
        p = lab.cyrkeep('restore', 'latest', 'user/anne/Drafts', '--via', via, '--yes', check=0)
        assert 'another mailbox is' in p.out, p.out
        assert 'Drafts' not in repr(lab.mailbox('user/anne/Drafts')['metadata']).replace('INBOX/Drafts', ''), lab.mailbox('user/anne/Drafts')
        same(contents(lab.mailbox('user/anne/Drafts')), contents(was), 'contents')
        assert '\\Drafts' in repr(lab.mailbox(f'user/anne/Unsent-{via}')['metadata']).replace('\\\\', '\\')
        lab.ok(c._simple_command('SETMETADATA', f'INBOX/Unsent-{via}', '(/private/specialuse NIL)'))
        c.logout()
        time.sleep(1.1)


def shared_mailboxes_return(lab, before, via):
    was = lab.mailbox('shared/Team/2026')
    admin = lab.imap()
    lab.ok(admin.setacl('shared/Team/2026', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'shared/Team/2026')
    same(sums(restore(lab, 'shared/Team/2026', '--via', via)), (4, 0, 0), 'report')
    now = lab.mailbox('shared/Team/2026')
    same(contents(now), contents(was), 'contents')
    same(now['acl'], was['acl'], 'ACL')
    if via == 'sync':
        same(now, was, 'everything')
    lab.ok(admin.setacl('shared/Team', 'cyrus', 'lrswipkxtecda'))
    lab.ok(admin.select('shared/Team'))
    lab.ok(admin.store('1:2', '+FLAGS', r'(\Deleted)'))
    lab.ok(admin.expunge())
    lab.ok(admin._simple_command('DELETEACL', 'shared/Team', 'cyrus'))
    admin.logout()
    same(sums(restore(lab, 'shared/Team', '--via', via)), (2, 2, 0), 'an existing one')
    same(contents(lab.mailbox('shared/Team')), contents(before['shared/Team']), 'contents of the existing one')


def shared_annotations_return(lab, before):
    """imapd 3.6.1 dies of SETMETADATA on a shared mailbox, so one with annotations is made by the replication command."""
    import imaplib
    imaplib.Commands['SYNCAPPLY'] = imaplib.Commands['SYNCGET'] = ('AUTH',)
    admin = lab.imap()
    lab.ok(admin._simple_command('SYNCAPPLY', 'MAILBOX %(UNIQUEID sharednotedsharednoted01 MBOXNAME shared.Noted SYNC_CRC 0 LAST_UID 7 '
           'HIGHESTMODSEQ 13 RECENTUID 5 RECENTTIME 1700000000 LAST_APPENDDATE 1700000000 POP3_LAST_LOGIN 0 UIDVALIDITY 1700000001 '
           'PARTITION second ACL "anne\tlrswipkxtecda\tcyrus\tlrswipkxtecda\t" OPTIONS PSD CREATEDMODSEQ 1 FOLDERMODSEQ 8 '
           'ANNOTATIONS (%(ENTRY /comment USERID "" MODSEQ 0 VALUE "for all")) RECORD ())'))

    def state():
        lab.ok(admin._simple_command('SYNCGET', 'MAILBOXES (shared.Noted)'))
        line = admin.response('MAILBOX')[1][-1].decode()
        return {k: line.split(f' {k} ')[1].split(' ')[0] for k in ('LAST_UID', 'UIDVALIDITY', 'PARTITION', 'OPTIONS', 'RECENTUID')}, 'for all' in line
    was = state()
    same(was[1], True, 'the annotation')
    lab.json('backup')
    admin = lab.imap()
    for what in ('delayed-deleted', 'purged'):
        lab.delete(admin, 'shared/Noted')
        if what == 'purged':
            purge(lab)
        same(restore(lab, 'shared/Noted')['result'], 'ok', what)
        now = state()
        same(now[1], True, f'the annotation when {what}')
        if what == 'delayed-deleted':
            same(now, was, 'state')
        time.sleep(1.1)
    admin.logout()


def imap_without_replication(lab, before):
    """Everything by plain IMAP, the comparison too."""
    was = {n: lab.mailbox(n) for n in (as_user('INBOX/office'), as_user('INBOX/v1.2'), 'shared/Team', 'user/eve/Sent@virt.test')}
    empty(lab, 'anne', 'INBOX/office', '10:*')
    delete(lab, 'anne', 'INBOX/v1.2')
    delete(lab, 'eve@virt.test', 'INBOX/Sent')
    names = ['user/anne/office', 'user/anne/v1.2', 'shared/Team', 'user/eve/Sent@virt.test']
    with OldServer(lab):
        p = lab.cyrkeep('restore', 'latest', *names, '--yes', check=1)
        assert 'replication' in p.err and '--via imap' in p.err, p.err
        report = restore(lab, *names, '--via', 'imap')
        same((report['result'], report['failed']), ('ok', 0), 'report')
        assert report['added'] >= 11 and report['present'] >= 4, report
        same(restore(lab, *names, '--via', 'imap')['added'], 0, 'again')
    for n, box in was.items():
        now = lab.mailbox(n)
        same(contents(now), contents(box), n)
        same((now['acl'], now['metadata']), (box['acl'], box['metadata']), n)


def through_tls(lab):
    """STARTTLS, and TLS from the first byte, with the server's own certificate (on loopback nobody can stand between)."""
    crt = lab.make_certificate()
    port = free_ports(1)[0]
    with open(f'{lab.root}/imapd.conf', 'a') as f:
        f.write(f'tls_server_cert: {crt}\ntls_server_key: {crt[:-4]}\nallowstarttls: 1\n')    # 3.10: off unless told
    conf = open(f'{lab.root}/cyrus.conf').read()
    open(f'{lab.root}/cyrus.conf', 'w').write(conf.replace('SERVICES {\n', f'SERVICES {{\n  imaps cmd="{BIN}/imapd -s -C {lab.root}/imapd.conf" '
                                                           f'listen="127.0.0.1:{port}" prefork=0\n'))
    lab.start()
    lab.ok(lab.imap().create('user/zoe'))
    zoe = lab.imap('zoe')
    for i in range(3):
        lab.append(zoe, 'INBOX', message(f'secret {i}', 'x' * 70000 + '\n'))
    lab.json('backup')
    was = lab.mailbox('user/zoe')
    conf = open(f'{lab.root}/cyrkeep.conf').read()
    for tls, use in (('starttls', lab.port), ('imaps', port)):
        empty(lab, 'zoe', 'INBOX')
        open(f'{lab.root}/cyrkeep.conf', 'w').write(conf.replace('tls = "none"', f'tls = "{tls}"').replace(f'port = {lab.port}', f'port = {use}'))
        same(sums(restore(lab, 'user/zoe')), (3, 0, 0), tls)
        same(contents(lab.mailbox('user/zoe')), contents(was), tls)


def plain(line):
    """A FETCH answer without number, \\Recent, and \\Seen, which in a shared mailbox is each reader's own."""
    for flag in (r'\\Recent', r'\\Seen'):
        line = line.replace(flag + ' ', '').replace(flag, '')
    return sorted(line.split('(', 1)[1].split())


def other_namespace(lab):
    """Dots between levels, INBOX's children without INBOX in front."""
    conf = open(f'{lab.root}/imapd.conf').read()
    open(f'{lab.root}/imapd.conf', 'w').write(conf.replace('unixhierarchysep: yes', 'unixhierarchysep: no')
                                              .replace('altnamespace: no', 'altnamespace: yes'))
    lab.start()
    admin = lab.imap()
    for box in ('user.zoe', 'news', 'news.all'):
        lab.ok(admin.create(box))
    lab.ok(admin.setacl('news.all', 'zoe', 'lrswipkxtecda'))
    zoe = lab.imap('zoe')
    boxes = ['INBOX', 'Sent', 'Sent.Büro', 'Shared Folders.news.all']
    for box in boxes[1:3]:
        lab.ok(zoe.create(quote(box)))
    for box in boxes:
        for i in range(3):
            lab.append(zoe, box, message(f'{i} in a box', 'x\n'), r'\Seen $work')

    def look():
        c = lab.imap('zoe')
        seen = {}
        for box in boxes:
            lab.ok(c.select(quote(box), readonly=True))
            seen[box] = sorted((repr(p) for p in lab.ok(c.fetch('1:*', '(INTERNALDATE FLAGS DIGEST.SHA1)'))), key=lambda l: l.split('DIGEST')[1])
        c.logout()
        return seen
    was = look()
    lab.json('backup')
    for via in ('sync', 'imap'):
        empty(lab, 'zoe', 'INBOX')
        empty(lab, 'zoe', 'Shared Folders.news.all', '2:3' if via == 'sync' else '1:*')
        delete(lab, 'zoe', 'Sent.Büro')
        report = restore(lab, 'user.zoe', 'user.zoe.*', 'news.all', '--via', via)
        same((report['result'], report['failed']), ('ok', 0), via)
        for box, lines in look().items():
            same([plain(l) for l in lines], [plain(l) for l in was[box]], f'{box} by {via}')
        time.sleep(1.1)
    empty(lab, 'zoe', 'Sent', '1')
    open(f'{lab.root}/imapd.conf', 'a').write('search_engine: squat\n')
    out = lab.cyrkeep('restore', 'latest', 'user.zoe.Sent', '--yes', check=0).out
    assert "as the Cyrus user run: squatter 'user.zoe.Sent'" in out, out
    remarks = lambda: [l['text'] for l in lab.json('restore', 'latest', 'user.zoe', '--dry-run') if l['event'] == 'remark']
    assert not [r for r in remarks() if 'unixhierarchysep' in r], remarks()
    lab.stop()
    open(f'{lab.root}/imapd.conf', 'w').write(conf)
    lab.start()
    assert [r for r in remarks() if 'unixhierarchysep was no, is yes; altnamespace was yes, is no' in r], remarks()


def imap_makes_a_mailbox(lab, before):
    name = as_user('INBOX/Entwürfe')
    was = lab.mailbox(name)
    delete(lab, 'anne', 'INBOX/Entwürfe')
    same(sums(restore(lab, 'user/anne/Entwürfe', '--via', 'imap')), (6, 0, 0), 'report')
    now = lab.mailbox(name)
    same(contents(now), contents(was), 'contents')
    same((now['acl'], now['metadata']), (was['acl'], was['metadata']), 'state')
    same(sums(restore(lab, 'user/anne/Entwürfe', '--via', 'imap')), (0, 6, 0), 'again')


def another_name(lab, before, via):
    top = f'user/bob/Back {via}'
    source = lab.mailbox(as_user('INBOX/office'))
    same(sums(restore(lab, 'user/anne/office', 'user/anne/office/*', '--to', top, '--via', via))[::2],
         (len(before[as_user('INBOX/office')]['messages']) + len(before[as_user('INBOX/office/2025/Q4')]['messages']), 0), 'report')
    for box, target in (('INBOX/office', top), ('INBOX/office/2025/Q4', top + '/2025/Q4')):
        now = lab.mailbox(target)
        same(contents(now), contents(before[as_user(box)]), target)
        assert now['uidvalidity'] != before[as_user(box)]['uidvalidity'], 'a client would take it for the other mailbox'
        assert any("'bob'" in a or 'bob ' in a for a in now['acl']) and not any('anne' in a for a in now['acl'][0].split()[1:]), now['acl']
    same(lab.mailbox(as_user('INBOX/office')), source, 'the source stays')
    same(sums(restore(lab, 'user/anne/office', 'user/anne/office/*', '--to', top, '--via', via))[0], 0, 'again')


def a_namesake_in_a_domain(lab, before):
    """LIST of Cyrus 3.6.1 calls an INBOX \\Noselect when a user of that name, in a domain that sorts before, has folders: he is there all the same."""
    admin = lab.imap()
    for box in ('user/bob@before.test', 'user/bob/Sent@before.test'):
        lab.ok(admin.create(box))
    source = before['user/bob/Sent']
    try:
        for via in ('sync', 'imap'):
            target = f'user/bob/Beside {via}'
            same(sums(restore(lab, 'user/bob/Sent', '--to', target, '--via', via))[::2], (len(source['messages']), 0), via)
            same(contents(lab.mailbox(target)), contents(source), target)
            same(sums(restore(lab, 'user/bob/Sent', '--to', target, '--via', via))[0], 0, 'again')
        lines = lab.json('restore', 'latest', 'user/bob/Sent', '--to', 'dated', '--dry-run')
        assert not [l for l in lines if l['event'] == 'remark' and 'there is no user' in l['text']], lines
    finally:
        for box in ('user/bob/Sent@before.test', 'user/bob@before.test'):
            lab.ok(admin.setacl(box, 'cyrus', 'lrswipkxtecda'))
            lab.delete(admin, box)
        admin.logout()


def dated_tree(lab, before):
    now = time.strftime('%Y-%m-%d')
    report = restore(lab, 'user/eve@virt.test', 'user/eve/*@virt.test', 'shared/Team', '--to', 'dated')
    same(report['failed'], 0, 'report')
    for source, target in (('user/eve@virt.test', f'user/eve/RESTORED/{now}/INBOX@virt.test'),
                           ('user/eve/project.x@virt.test', f'user/eve/RESTORED/{now}/project.x@virt.test'),
                           ('shared/Team', f'RESTORED/{now}/shared/Team')):
        same(contents(lab.mailbox(target)), contents(before[source]), target)
    same(restore(lab, 'user/eve@virt.test', '--to', 'dated')['added'], 0, 'again')
    admin = lab.imap()
    lab.ok(admin.create('user/eve/INBOX@virt.test'))
    admin.logout()
    lab.json('backup')
    admin = lab.imap()
    lab.ok(admin.setacl('user/eve/INBOX@virt.test', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'user/eve/INBOX@virt.test')
    admin.logout()
    p = lab.cyrkeep('restore', 'latest', 'user/eve@virt.test', 'user/eve/INBOX@virt.test', '--to', 'dated', '--yes')
    assert p.returncode == 2 and 'would both become' in p.err, (p.returncode, p.err)


def a_whole_user_returns(lab, before):
    names = ['user/bob', 'user/bob/Sent', 'user/bob/project.x']
    admin = lab.imap()
    lab.ok(admin.setquota('user/bob', '(STORAGE 5000)'))
    lab.json('backup')                                     # which ends every session
    admin = lab.imap()
    was, subs = lab.picture(names), lab.subscriptions('bob')
    assert subs, 'bob has subscriptions'
    lab.ok(admin.setacl('user/bob', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'user/bob')
    purge(lab)
    assert not [n for n in lab.mailboxes() if n.startswith('user/bob')], lab.mailboxes()
    remarks = [l['text'] for l in lab.json('restore', 'latest', *names, '--dry-run') if l['event'] == 'remark']
    assert [r for r in remarks if "'bob' is gone" in r and 'seen: yes, subscriptions: yes, quota limit: yes' in r], remarks
    report = restore(lab, *names)
    same((report['added'], report['failed']), (sum(len(b['messages']) for b in was.values()), 0), 'report')
    now = lab.picture(names)
    for n in names:
        same(now[n], was[n], n)
    same(lab.subscriptions('bob'), subs, 'subscriptions')
    assert '5000' in repr(lab.ok(admin.getquota('user/bob'))), admin.getquota('user/bob')
    admin.logout()


def a_child_without_its_user_returns(lab, before):
    was = lab.mailbox('user/first.last/project.x')
    admin = lab.imap()
    lab.ok(admin.setacl('user/first.last', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'user/first.last')
    admin.logout()
    same(sums(restore(lab, 'user/first.last/project.x')), (5, 0, 0), 'report')
    same(lab.mailbox('user/first.last/project.x'), was, 'the mailbox')
    assert 'user/first.last' in lab.mailboxes(), 'an INBOX above it'


def odd_bytes(lab, before):
    """What only delivery could have brought: NUL and bare newlines go by sync, and imap says that it cannot."""
    raw = b'From: x@lab.test\r\nSubject: odd\r\n\r\nnul \0 and\nbare\r\n'
    odd = f'{lab.root}/odd'
    c = lab.imap('anne')
    lab.ok(c.create('INBOX/odd'))
    lab.append(c, 'INBOX/odd', message('plain', 'x\n'))
    c.logout()
    path = subprocess.check_output([f'{BIN}/mbpath', '-C', f'{lab.root}/imapd.conf', 'user/anne/odd'], text=True).strip()
    open(odd, 'wb').write(raw)
    if os.getuid() == 0:
        subprocess.check_call(['install', '-o', 'cyrus', '-g', 'mail', '-m', '600', odd, f'{path}/2.'])
    else:
        subprocess.check_call(['install', '-m', '600', odd, f'{path}/2.'])
    subprocess.check_call([f'{BIN}/reconstruct', '-C', f'{lab.root}/imapd.conf', 'user/anne/odd'], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
    was = lab.mailbox('user/anne/odd')
    same(len(was['messages']), 2, 'messages before')
    lab.json('backup')
    empty(lab, 'anne', 'INBOX/odd')
    same(sums(restore(lab, 'user/anne/odd', '--via', 'imap', code=3)), (1, 0, 1), 'by imap')
    same(sums(restore(lab, 'user/anne/odd')), (1, 1, 0), 'by sync')
    same({m['sha1'] for m in lab.mailbox('user/anne/odd')['messages'].values()}, {m['sha1'] for m in was['messages'].values()}, 'bytes')


def refusals(lab, before):
    for args, code, words in ((['user/nobody'], 1, 'nobody'), (['user/anne', '--to', 'bad//..\\name|x'], 2, 'name'),
                              (['user/anne/Sent', 'user/bob/Sent', 'user/anne/office', 'user/bob/office', '--to', 'x'], 1, 'office')):
        p = lab.cyrkeep('restore', 'latest', *args, '--yes')
        same(p.returncode, code, f'{args}: {p.out} {p.err}')
        assert words in p.err, (args, p.err)


def legacy_mailboxes_return(lab):
    names = ['user/old/Sent', 'user/old/Sent/2024', 'user/old/' + wire('Büro'), 'user/old/v1.0']
    before = lab.picture(names)
    delete(lab, 'old', 'INBOX/Sent/2024', 'INBOX/Sent', 'INBOX/Büro')
    empty(lab, 'old', 'INBOX/v1.0', '1:2')
    same(sums(restore(lab, 'user/old/*'))[::2], (14, 0), 'report')
    now = lab.picture(names)
    for n in names[:3]:
        same(now[n], before[n], n)
    same(contents(now[names[3]]), contents(before[names[3]]), names[3])


def main():
    lab, tally, wanted = temp_lab().start(), Tally(), sys.argv[1:]

    def run(name, fn, *args):
        if not wanted or any(w in name for w in wanted):
            tally.run(name, fn, *args)
    try:
        lab.fill()
        lab.fill_legacy()
        lab.json('backup')
        before = lab.picture()
        for name, fn, *args in (
                ('nothing is missing', nothing_is_missing),
                ('a rehearsal changes nothing', rehearsal_changes_nothing),
                ('missing messages are added by sync', missing_messages_are_added, 'sync'),
                ('missing messages are added by imap', missing_messages_are_added, 'imap'),
                ('newer mail and flags stay', newer_state_stays),
                ('some uids only', some_uids_only),
                ('deleted mailboxes are made again', deleted_mailboxes_are_made_again),
                ('purged mailboxes are made again', purged_mailboxes_are_made_again),
                ('imap makes a mailbox', imap_makes_a_mailbox),
                ('another name by sync', another_name, 'sync'),
                ('another name by imap', another_name, 'imap'),
                ('a namesake in a domain', a_namesake_in_a_domain),
                ('a dated tree', dated_tree),
                ('shared mailboxes return by sync', shared_mailboxes_return, 'sync'),
                ('shared mailboxes return by imap', shared_mailboxes_return, 'imap'),
                ('refusals', refusals),
                ('imap without the replication commands', imap_without_replication),
                ('annotations of shared mailboxes return', shared_annotations_return),
                ('uids that were used stay used', uids_used_are_not_used_again),
                ('annotations of messages return', annotations_of_messages_return),
                ('annotations that imap cannot set', annotations_that_imap_cannot_set),
                ('a special use stays single', a_special_use_stays_single),
                ('odd bytes', odd_bytes),
                ('a whole user returns', a_whole_user_returns),
                ('a child without its user returns', a_child_without_its_user_returns)):
            run(name, fn, lab, before, *args)
        run('legacy mailboxes return', legacy_mailboxes_return, lab)
    finally:
        lab.remove()
    for name, fn in (('another namespace', other_namespace), ('through TLS', through_tls)):
        lab = temp_lab().configure()
        try:
            run(name, fn, lab)
        finally:
            lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
