#!/usr/bin/python3
"""A whole user comes back: with his sieve scripts, read marks in others' mailboxes, subscriptions and limits; also on another server,
whose separator, domains, hashing and directories are not those of the archive."""
import glob, imaplib, re, shutil, sys, time

from holding import events
from lab import Tally, message, quote, same, temp_lab
from restoring import purge, restore

imaplib.Commands['SYNCGET'] = ('AUTH',)


def state(lab, user):
    """What the server tells of a user besides mailboxes, sorted; without times."""
    c = lab.imap()
    lab.ok(c._simple_command('SYNCGET', f'META {user}'))
    found = []
    for kind in ('SEEN', 'LSUB', 'SIEVE'):
        for line in c.response(kind)[1] or []:
            text = re.sub(r' (LAST_UPDATE|LASTCHANGE|GUID) \S+', '', (line or b'').decode())
            if '.bc' not in text or 'ISACTIVE 1' in text:
                found.append(f'{kind} {text}')
    c.logout()
    return sorted(found)


def seen_by(lab, user, box):
    c = lab.imap(user)
    lab.ok(c.select(quote(box), readonly=True))
    uids = lab.ok(c.uid('SEARCH', None, 'SEEN'))[0].split()
    c.logout()
    return uids


def read(lab, user, box, uids):
    c = lab.imap(user)
    lab.ok(c.select(quote(box)))
    lab.ok(c.uid('STORE', uids, '+FLAGS', r'(\Seen)'))
    c.logout()


def gone(lab, user, purged=True):
    """Away with the user, and what the nightly clean-up would leave of him."""
    admin = lab.imap()
    lab.ok(admin.setacl(f'user/{user}', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, f'user/{user}')
    admin.logout()
    if purged:
        purge(lab)
    same([n for n in lab.mailboxes() if n.startswith(f'user/{user}')], [], 'nothing of his')


def fill(lab):
    admin = lab.imap()
    for box in ('user/kim', 'user/lee', 'shared/Team'):
        lab.ok(admin.create(box))
    lab.ok(admin.setacl('shared/Team', 'kim', 'lrswipkxte'))
    lab.ok(admin.setacl('shared/Team', 'lee', 'lrswipkxte'))
    lab.ok(admin.setquota('user/kim', '(STORAGE 4321 MESSAGE 765 X-NUM-FOLDERS 54 X-ANNOTATION-STORAGE 321)'))
    kim, lee = lab.imap('kim'), lab.imap('lee')
    for box in ('INBOX/Sent', 'INBOX/project'):
        lab.ok(kim.create(box))
        lab.ok(kim.subscribe(box))
    lab.ok(lee.create('INBOX/plans'))
    lab.ok(lee.setacl('INBOX/plans', 'kim', 'lrs'))
    for c, box in ((kim, 'INBOX'), (kim, 'INBOX/project'), (lee, 'INBOX/plans'), (lee, 'shared/Team')):
        for i in range(5):
            lab.append(c, box, message(f'{box} {i}', 'x\n'), [r'\Seen', r'\Flagged'][i % 2] if c is kim else '')
    for box, uids in (('user/lee/plans', '1:3'), ('shared/Team', '2,4')):
        read(lab, 'kim', box, uids)
    read(lab, 'lee', 'shared/Team', '1')
    lab.ok(kim.subscribe('user/lee/plans'))
    lab.ok(lee.subscribe('shared/Team'))
    kim.logout()
    lee.logout()
    lab.put_sieve('kim', 'old rules', 'keep;\n')
    lab.put_sieve('kim', 'main', 'require ["fileinto"];\r\nif header :contains "subject" "list" { fileinto "INBOX/project"; }\r\n')
    admin.logout()
    lab.json('backup')
    return lab.picture(['user/kim', 'user/kim/Sent', 'user/kim/project']), state(lab, 'kim')


def everything_of_him(lab, was, had, purged):
    gone(lab, 'kim', purged)
    lab.json('restore', 'latest', 'user/lee*', '--yes')
    remarks = [l['text'] for l in lab.json('restore', 'latest', 'user/kim*', '--dry-run') if l['event'] == 'remark']
    assert [r for r in remarks if "'kim' is gone" in r and 'sieve scripts: yes' in r and "read marks in others' mailboxes: yes" in r], remarks
    report = restore(lab, 'user/kim', 'user/kim/*')
    same((report['result'], report['failed']), ('ok', 0), 'report')
    same(lab.picture(list(was)), was, 'mailboxes')
    same(state(lab, 'kim'), had, 'subscriptions, read marks and scripts')
    same(seen_by(lab, 'kim', 'user/lee/plans'), [b'1', b'2', b'3'], "read in another's mailbox")
    same(seen_by(lab, 'kim', 'shared/Team'), [b'2', b'4'], 'read in a shared mailbox')
    c = lab.imap()
    limits = dict(re.findall(r'([A-Z-]+) \d+ (\d+)', repr(lab.ok(c.getquota('user/kim')))))
    same(limits, {'STORAGE': '4321', 'MESSAGE': '765', 'X-NUM-FOLDERS': '54', 'X-ANNOTATION-STORAGE': '321'}, 'limits of the quota')
    c.logout()
    same(restore(lab, 'user/kim', 'user/kim/*')['added'], 0, 'again')
    same(state(lab, 'kim'), had, 'again')


def scripts_run_again(lab, was, had):
    """The active script is compiled: what comes in is filed by it."""
    import smtplib
    with smtplib.LMTP('127.0.0.1', lab.lmtp) as s:
        s.sendmail('x@lab.test', ['kim'], message('a list message', 'x\n').decode())
    boxes = lab.picture(['user/kim', 'user/kim/project'])
    same([len(b['messages']) - len(was[n]['messages']) for n, b in boxes.items()], [0, 1], 'new in INBOX and in project')


def who_is_there_keeps_what_he_has(lab, was, had):
    """A user who exists keeps his scripts and subscriptions as they are now."""
    lab.put_sieve('kim', 'newest', 'discard;\n')
    c = lab.imap('kim')
    lab.ok(c.unsubscribe('INBOX/Sent'))
    c.logout()
    now = state(lab, 'kim')
    assert now != had
    lab.json('restore', 'latest', 'user/kim*', '--yes')
    same(state(lab, 'kim'), now, 'his own')


def a_shared_mailbox_made_with_another_id(lab, was, had):
    """Deleted, not purged: it gets a new id, by which the marks of the user who is made in the same restore go."""
    admin = lab.imap()
    lab.ok(admin.setacl('shared/Team', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'shared/Team')
    admin.logout()
    gone(lab, 'kim', False)
    report = restore(lab, 'shared/Team', 'user/kim', 'user/kim/*')
    same((report['result'], report['failed']), ('ok', 0), 'report')
    same(seen_by(lab, 'kim', 'shared/Team'), [b'2', b'4'], 'read in the shared mailbox')


def readers_of_mailboxes_that_are_made(lab, was, had):
    """Deleted, not purged: they get new ids, and each who reads them has read there what he had, also since the backup."""
    read(lab, 'kim', 'shared/Team', '5')
    lee_had, plans = state(lab, 'lee'), seen_by(lab, 'lee', 'user/lee/plans')
    admin = lab.imap()
    for box in ('shared/Team', 'user/lee/plans'):
        lab.ok(admin.setacl(box, 'cyrus', 'lrswipkxtecda'))
        lab.delete(admin, box)
    admin.logout()
    remarks = [l.get('text', '') + l.get('remark', '') for l in lab.json('restore', 'latest', 'shared/Team', '--dry-run')]
    same([r for r in remarks if 'read marks stay unset' in r], [], 'said before')
    report = restore(lab, 'shared/Team', 'user/lee/plans')
    same([e['text'] for e in events(lab, report['job']) if e['event'] == 'note' and 'read marks' in e['text']],
         ['read marks in mailboxes that were made again: put back for 2 readers'], 'told')
    same((report['result'], report['failed'], report['added']), ('ok', 0, 10), 'report')
    same(seen_by(lab, 'kim', 'shared/Team'), [b'2', b'4', b'5'], 'kim in the shared mailbox')
    same(seen_by(lab, 'kim', 'user/lee/plans'), [b'1', b'2', b'3'], "kim in lee's")
    same(seen_by(lab, 'lee', 'user/lee/plans'), plans, 'lee in his own')
    same(seen_by(lab, 'lee', 'shared/Team'), [b'1'], 'lee in the shared mailbox')
    same([s for s in state(lab, 'lee') if 'SEEN' not in s], [s for s in lee_had if 'SEEN' not in s], 'lee, besides')


def readers_on_another_server(lab, other):
    """They are there already, and have read nothing; who is not there is not made for his marks."""
    archive = other.root + '/readers.tar.zst'
    shutil.copy(lab.json('archives')[0]['path'], archive)
    admin = other.imap()
    other.ok(admin.create('user/kim'))
    admin.logout()
    lines = other.json('restore', archive, 'shared/Team', '--yes')
    same((lines[-1]['result'], lines[-1]['added']), ('ok', 5), 'report')
    same(seen_by(other, 'kim', 'shared/Team'), [b'2', b'4'], 'kim in the shared mailbox')
    same(len([s for s in state(other, 'kim') if 'SEEN' in s]), 1, 'mailboxes in which kim has read')
    same(glob.glob(f'{other.root}/**/lee.*', recursive=True), [], 'files of lee, who is not there')


def on_a_server_of_other_settings(lab, other):
    """Dots instead of slashes, the other namespace, full hashing, other directories, quotas in one database."""
    archive = other.root + '/foreign.tar.zst'
    shutil.copy(lab.json('archives')[0]['path'], archive)
    lines = other.json('restore', archive, 'user/kim', 'user/kim/*', '--yes')
    same((lines[-1]['result'], lines[-1]['added'], lines[-1]['failed']), ('ok', 10, 0), 'report')
    c = other.imap('kim')
    names = sorted(re.sub(rb'^.* ', b'', l).strip(b'"') for l in other.ok(c.list('""', '"*"')) if b'#' not in l)
    same(names, [b'INBOX', b'Sent', b'project'], 'his mailboxes, as this server names them')
    other.ok(c.select('project', readonly=True))
    same(len(other.ok(c.uid('SEARCH', None, 'ALL'))[0].split()), 5, 'messages')
    subs = sorted(re.sub(rb'^.* ', b'', l).strip(b'"') for l in other.ok(c.lsub('""', '"*"')) if l)
    assert b'Sent' in subs and b'project' in subs, subs
    c.logout()
    admin = other.imap()
    assert '4321' in repr(other.ok(admin.getquota('user.kim'))), 'the quota limit'
    admin.logout()
    same([s for s in state(other, 'kim') if 'SIEVE' in s], [s for s in state(lab, 'kim') if 'SIEVE' in s], 'scripts')
    same(other.json('restore', archive, 'user/kim', 'user/kim/*', '--yes')[-1]['added'], 0, 'again')


def on_a_server_without_domains(lab, other):
    """A user of a domain has no place there; under another name he has."""
    archive = other.root + '/domains.tar.zst'
    shutil.copy(lab.json('archives')[0]['path'], archive)
    p = other.cyrkeep('restore', archive, 'user/eve*@virt.test', '--yes', check=1)
    assert 'nothing was changed' in p.err and 'virtdomains is off' in p.err and '--to' in p.err, p.err
    same([n for n in other.mailboxes() if 'eve' in n], [], 'nothing was made')
    admin = other.imap()
    other.ok(admin.create('user/eve'))
    admin.logout()
    same(other.json('restore', archive, 'user/eve*@virt.test', '--to', 'user/eve/old', '--yes')[-1]['added'], 6, 'under another name')
    same(len(other.mailbox('user/eve/old')['messages']), 3, 'messages')


def on_a_server_with_domains(lab, other):
    """What was a user "eve@virt.test" without domains would be a stranger's name with them."""
    archive = other.root + '/plain.tar.zst'
    shutil.copy(lab.json('archives')[0]['path'], archive)
    names = [l['mailbox'] for l in other.json('list', archive)]
    assert 'user/eve@virt.test' in names, names
    p = other.cyrkeep('restore', archive, 'user/eve@virt.test*', '--yes', check=1)
    assert 'nothing was changed' in p.err and 'means another' in p.err and '--to' in p.err, p.err
    same([n for n in other.mailboxes() if 'eve' in n], [], 'nothing was made')


def quotas_in_one_database(lab):
    """quota_db need not be a tree of small files."""
    was = lab.picture(['user/kim'])
    gone(lab, 'kim')
    same(restore(lab, 'user/kim*')['result'], 'ok', 'report')
    same(lab.picture(['user/kim']), was, 'the mailbox')
    c = lab.imap()
    assert '4321' in repr(lab.ok(c.getquota('user/kim')))
    c.logout()


def change(lab, *pairs):
    conf = open(f'{lab.root}/imapd.conf').read()
    for old, new in pairs:
        assert old in conf, old
        conf = conf.replace(old, new)
    open(f'{lab.root}/imapd.conf', 'w').write(conf)
    return lab


def main():
    wanted, tally, labs = sys.argv[1:], Tally(), []

    def run(name, fn, *args):
        if not wanted or any(w in name for w in wanted):
            tally.run(name, fn, *args)

    def lab(*pairs, options=''):
        labs.append(change(temp_lab(options=options).configure(), *pairs).start())
        return labs[-1]
    try:
        home = lab()
        was, had = fill(home)
        run('everything of him, purged', everything_of_him, home, was, had, True)
        time.sleep(1.1)                                    # deleted mailboxes are named by the second
        run('everything of him, delayed-deleted', everything_of_him, home, was, had, False)
        run('scripts run again', scripts_run_again, home, was, had)
        run('who is there keeps what he has', who_is_there_keeps_what_he_has, home, was, had)
        time.sleep(1.1)
        run('readers of mailboxes that are made', readers_of_mailboxes_that_are_made, home, was, had)
        time.sleep(1.1)
        run('a shared mailbox made with another id', a_shared_mailbox_made_with_another_id, home, was, had)
        run('readers on another server', readers_on_another_server, home, lab())
        other = lab(('unixhierarchysep: yes', 'unixhierarchysep: no'), ('altnamespace: no', 'altnamespace: yes'), ('virtdomains: userid', 'virtdomains: off'),
                    options='fulldirhash: yes\nquota_db: skiplist\nmailbox_legacy_dirs: yes')
        run('on a server of other settings', on_a_server_of_other_settings, home, other)

        domains = lab()
        admin = domains.imap()
        domains.ok(admin.create('user/eve@virt.test'))
        admin.logout()
        eve = domains.imap('eve@virt.test')
        domains.ok(eve.create('INBOX/Sent'))
        for box in ('INBOX', 'INBOX/Sent'):
            for i in range(3):
                domains.append(eve, box, message(f'{box} {i}', 'x\n'))
        eve.logout()
        domains.json('backup')
        plain = lab(('virtdomains: userid', 'virtdomains: off'))
        run('on a server without domains', on_a_server_without_domains, domains, plain)
        admin = plain.imap()
        plain.ok(admin.create('"user/eve@virt.test"'))
        admin.logout()
        plain.json('backup')
        run('on a server with domains', on_a_server_with_domains, plain, lab())

        one = lab(options='quota_db: twoskip')
        admin = one.imap()
        one.ok(admin.create('user/kim'))
        one.ok(admin.setquota('user/kim', '(STORAGE 4321)'))
        admin.logout()
        kim = one.imap('kim')
        one.append(kim, 'INBOX', message('one', 'x\n'))
        kim.logout()
        one.json('backup')
        run('quotas in one database', quotas_in_one_database, one)
    finally:
        for l in labs:
            l.remove()
    tally.finish()


if __name__ == '__main__':
    main()
