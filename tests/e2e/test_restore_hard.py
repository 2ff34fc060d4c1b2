#!/usr/bin/python3
"""A restore that is not left in peace: no right to do it, a server that insists on TLS, connections cut at every command,
others who change the mailbox meanwhile, names that no server takes, odd mail, an archive of another server."""
import json, os, subprocess, sys, time

from lab import Tally, free_ports, message, quote, same, temp_lab
from restoring import Between, append_many, contents, delete, empty, guids, purge, restore, sums


def refused(lab, words, *args, code=1):
    """The restore is refused with one sentence that holds all WORDS; returns it."""
    p = lab.cyrkeep('restore', 'latest', *args, '--yes', check=code)
    same((p.out, p.err.count('\n')), ('', 1), f'one sentence, not {p.out}{p.err}')
    for word in words:
        assert word in p.err, f'no "{word}" in: {p.err}'
    return p.err


def settings(lab, *changes):
    """cyrkeep.conf from here on, always made from the first one."""
    if not hasattr(lab, 'first'):
        lab.first = open(f'{lab.root}/cyrkeep.conf').read()
    text = lab.first
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    open(f'{lab.root}/cyrkeep.conf', 'w').write(text)


# -- who may, and how it is reached ---------------------------------------------------------------

def lab_with_passwords():
    """A server that asks for passwords: the administrator's, and zoe's."""
    lab = temp_lab().configure()
    conf = open(f'{lab.root}/imapd.conf').read()
    open(f'{lab.root}/imapd.conf', 'w').write(conf.replace(
        'sasl_pwcheck_method: alwaystrue', f'sasl_pwcheck_method: auxprop\nsasl_auxprop_plugin: sasldb\nsasl_sasldb_path: {lab.root}/sasldb2'))
    for user, password in (('cyrus', lab.secret), ('zoe', 'zoes')):
        subprocess.run(['saslpasswd2', '-f', f'{lab.root}/sasldb2', '-c', '-p', '-u', 'lab.test', user], input=password.encode(), check=True)
    if os.getuid() == 0:
        subprocess.check_call(['chown', 'cyrus:mail', f'{lab.root}/sasldb2'])
    lab.start()
    lab.ok(lab.imap().create('user/zoe'))
    zoe = lab.imap('zoe')
    lab.append(zoe, 'INBOX', message('one', 'x\n'))
    zoe.logout()
    lab.json('backup')
    empty(lab, 'zoe', 'INBOX')
    return lab


def who_may(lab):
    def secret(text):
        open(f'{lab.root}/secret', 'w').write(text + '\n')
    for via in ('sync', 'imap'):
        secret('wrong')
        refused(lab, ["login of 'cyrus' is refused", 'authentication failure', 'password_file'], 'user/zoe', '--via', via)
        secret('zoes')
        settings(lab, ('admin = "cyrus"', 'admin = "zoe"'))
        refused(lab, ["'zoe' is no administrator", 'admins of imapd.conf'], 'user/zoe', '--via', via)
        settings(lab)
        secret(lab.secret)
    settings(lab, (f'{lab.root}/secret', f'{lab.root}/none'))
    refused(lab, [f"'{lab.root}/none'", 'No such file', 'chmod 600'], 'user/zoe')
    settings(lab)
    os.chmod(f'{lab.root}/secret', 0o644)
    refused(lab, ['0644', 'chmod 600'], 'user/zoe')
    os.chmod(f'{lab.root}/secret', 0o600)
    same(sums(restore(lab, 'user/zoe')), (1, 0, 0), 'with the right password')


def who_is_there(lab):
    for what, changes, words in (
            ('nobody', [(f'port = {lab.port}', f'port = {free_ports(1)[0]}')], ['Connection refused', 'start Cyrus']),
            ('lmtpd', [(f'port = {lab.port}', f'port = {lab.lmtp}')], ['no IMAP server', 'LMTP', 'those of imapd']),
            ('timsieved', [(f'port = {lab.port}', f'port = {lab.sieve}')], ['no IMAP server', 'timsieved', 'those of imapd']),
            ('no host', [('host = "127.0.0.1"', 'host = "nowhere.invalid"')], ["'nowhere.invalid'", "host and port in 'server'"]),
            ('no TLS', [('tls = "none"', 'tls = "starttls"')], ['STARTTLS is refused', 'tls = "none"']),
            ('no TLS at once', [('tls = "none"', 'tls = "imaps"')], ['cannot begin TLS', 'port in'])):
        settings(lab, *changes)
        refused(lab, words, 'user/zoe')
    settings(lab)
    lab.stop()
    refused(lab, [f'port {lab.port}', 'Connection refused', 'start Cyrus'], 'user/zoe')
    lab.start()


def a_replica_is_left_alone(lab):
    conf = open(f'{lab.root}/imapd.conf').read()
    open(f'{lab.root}/imapd.conf', 'w').write(conf + 'replicaonly: yes\n')
    refused(lab, ['replica', 'imapd.conf', 'on its master'], 'user/zoe')
    open(f'{lab.root}/imapd.conf', 'w').write(conf)


def tls_or_nothing(lab):
    """No password in the clear: the settings' default ("auto") speaks TLS then, on loopback too."""
    empty(lab, 'zoe', 'INBOX')
    lab.stop()
    crt = lab.make_certificate()
    conf = open(f'{lab.root}/imapd.conf').read()
    open(f'{lab.root}/imapd.conf', 'w').write(conf.replace('allowplaintext: yes', 'allowplaintext: no') +
                                              f'tls_server_cert: {crt}\ntls_server_key: {crt[:-4]}\n')
    lab.start()
    refused(lab, ['before STARTTLS', 'tls = "starttls"'], 'user/zoe')
    settings(lab, ('tls = "none"', 'tls = "auto"'))
    same(sums(restore(lab, 'user/zoe', '--via', 'imap')), (1, 0, 0), 'auto')
    settings(lab, ('tls = "none"; ', ''))
    same(sums(restore(lab, 'user/zoe')), (0, 1, 0), 'unset')
    settings(lab)


# -- names ----------------------------------------------------------------------------------------

def names_are_judged_as_by_the_server(lab):
    """Every printable character, the length, what is reserved: what CREATE refuses is refused before anything happens."""
    admin = lab.imap()
    names = [f'user/zoe/n{chr(c)}n' for c in range(0x20, 0x7f) if chr(c) not in '/!@']   # these make something quite different
    names += ['user/zoe/Grün', 'user/zoe/日本', 'user', 'user/anyone', 'user/anonymous', '~zoe', '$zoe', '-zoe', 'user/zoe/~x', 'user/zoe/$x',
              'user/zoe/user', 'user/zoe/' + 'x' * (490 - 9), 'user/zoe/' + 'x' * (491 - 9), 'user/zoe/' + '/'.join(['l' * 50] * 9)]
    for name in names:
        made = admin.create(quote(name))[0] == 'OK'
        p = lab.cyrkeep('restore', 'latest', 'user/zoe', '--to', name, '--dry-run')
        same(p.returncode, 0 if made else 2, f'{name!r}, which CREATE {"takes" if made else "refuses"}: {p.err}')
        if made:
            lab.ok(admin.setacl(quote(name), 'cyrus', 'lrswipkxtecda'))
            lab.delete(admin, quote(name))
    admin.logout()


def names_that_mean_something_else(lab):
    for name, words in (('INBOX/x', ["administrator's own"]), ('inbox', ["administrator's own"]), ('DELETED/x', ['deleted mail', 'for good']),
                        ('user/zoe/per%cent', ['character', 'name another']), ('x' * 491, ['longer']), ('user', ["users' mailboxes"]),
                        ('user/zoe/#calendars', ["'#'"]), ('user//x', ['level', "separated by '/'"])):
        refused(lab, words, 'user/zoe', '--to', name, code=2)


# -- odd mail -------------------------------------------------------------------------------------

def the_same_message_three_times(lab):
    """Copies of one message in one mailbox come back as many as they were, each with its flags; beside a living one none is added."""
    was = lab.mailbox('user/zoe/dup')
    for via in ('sync', 'imap'):
        empty(lab, 'zoe', 'INBOX/dup')
        same(sums(restore(lab, 'user/zoe/dup', '--via', via)), (4, 0, 0), via)
        same(contents(lab.mailbox('user/zoe/dup')), contents(was), via)
        same(sums(restore(lab, 'user/zoe/dup', '--via', via)), (0, 4, 0), 'again')
    delete(lab, 'zoe', 'INBOX/dup')
    same(sums(restore(lab, 'user/zoe/dup')), (4, 0, 0), 'made again')
    same(lab.mailbox('user/zoe/dup'), was, 'made again')


def a_message_of_72_megabytes(lab):
    was = lab.mailbox('user/zoe/big')
    assert max(m['size'] for m in was['messages'].values()) > 64 << 20
    for via in ('sync', 'imap'):
        empty(lab, 'zoe', 'INBOX/big')
        same(sums(restore(lab, 'user/zoe/big', '--via', via)), (2, 0, 0), via)
        same(contents(lab.mailbox('user/zoe/big')), contents(was), via)
    delete(lab, 'zoe', 'INBOX/big')
    same(sums(restore(lab, 'user/zoe/big')), (2, 0, 0), 'made again')
    same(lab.mailbox('user/zoe/big'), was, 'made again')


def modseqs(lab, box):
    c = lab.imap('zoe')
    lab.ok(c.select(box, readonly=True))
    highest = int(c.response('HIGHESTMODSEQ')[1][0])
    lines = [l.decode().split('(UID ')[1].replace(' MODSEQ (', ' ').rstrip(')').split() for l in lab.ok(c.uid('FETCH', '1:*', '(MODSEQ)')) if l]
    c.logout()
    return highest, {int(uid): int(modseq) for uid, modseq in lines}


def modseqs_only_rise(lab):
    """Clients that ask for what changed since they last looked see what was added, and nothing else."""
    before, were = modseqs(lab, 'INBOX/dup')
    empty(lab, 'zoe', 'INBOX/dup', '2:3')
    gone, _ = modseqs(lab, 'INBOX/dup')
    assert gone > before
    same(sums(restore(lab, 'user/zoe/dup', '--uid', '4')), (0, 1, 0), 'nothing to do')
    same(modseqs(lab, 'INBOX/dup')[0], gone, 'nothing was done')
    empty(lab, 'zoe', 'INBOX/dup', '1,4')
    gone, _ = modseqs(lab, 'INBOX/dup')
    same(sums(restore(lab, 'user/zoe/dup')), (4, 0, 0), 'report')
    highest, now = modseqs(lab, 'INBOX/dup')
    assert min(now.values()) > gone and max(now.values()) == highest, (gone, highest, now)
    assert min(now) > max(were), (now, were)
    delete(lab, 'zoe', 'INBOX/dup')
    restore(lab, 'user/zoe/dup')
    made, now = modseqs(lab, 'INBOX/dup')
    assert made >= highest, f'{made} after {highest}: the deleted mailbox of the same uidvalidity had come that far'
    same(now, were, 'a mailbox that is made again has its modseqs')


def a_deleted_mailbox_under_another_name(lab):
    lab.ok(lab.imap('zoe').create('INBOX/went'))
    zoe = lab.imap('zoe')
    lab.append(zoe, 'INBOX/went', message('in a deleted mailbox', 'x\n'), r'\Flagged')
    was = lab.mailbox('user/zoe/went')
    zoe.logout()
    delete(lab, 'zoe', 'INBOX/went')
    lab.json('backup')
    deleted = [n for n in lab.mailboxes() if n.startswith('DELETED/user/zoe/went/')]
    same(len(deleted), 1, 'deleted')
    same(sums(restore(lab, deleted[0], '--to', 'user/zoe/came')), (1, 0, 0), 'report')
    now = lab.mailbox('user/zoe/came')
    same((contents(now), now['acl'][0].split()[1:]), (contents(was), was['acl'][0].split()[1:]), 'the mailbox')
    same([n for n in lab.mailboxes() if n.startswith('DELETED/user/zoe/went/')], deleted, 'the deleted one stays')
    purge(lab)
    same(lab.mailbox('user/zoe/came'), now, 'when the deleted one is purged')


# -- others are busy ------------------------------------------------------------------------------

def mail_comes_in_meanwhile(lab, via, box):
    """Into the mailbox that is being restored: both are there afterwards, once."""
    empty(lab, 'zoe', f'INBOX/{box}')
    count = len(lab.cut[box])

    def deliver():
        c = lab.imap('zoe')
        for i in range(5):
            lab.append(c, f'INBOX/{box}', message(f'news {via} {i}', 'while a restore runs\n'))
        lab.ok(c.select(f'INBOX/{box}'))
        lab.ok(c.uid('STORE', '1:*', '+FLAGS', r'(\Answered)'))
        c.logout()
    with Between(lab, 'SYNCRESTORE' if via == 'sync' else 'APPEND', 2, deliver) as b:
        report = restore(lab, f'user/zoe/{box}', '--via', via)
    assert b.met
    same((report['added'], report['failed']), (count, 0), 'report')
    now = lab.mailbox(f'user/zoe/{box}')['messages']
    same((len(now), len({m['sha1'] for m in now.values()})), (count + 5, count + 5), 'old and new')
    same(sums(restore(lab, f'user/zoe/{box}')), (0, count, 0), 'again')


def the_user_makes_it_anew_meanwhile(lab, filled):
    """The mail program makes the missing folder, and may put mail there, just before the restore would: nothing of his is lost or doubled."""
    delete(lab, 'zoe', 'INBOX/kept')
    time.sleep(1.1)                                        # two deletions of one name within a second are refused
    was = {}

    def make():
        c = lab.imap('zoe')
        lab.ok(c.create('INBOX/kept'))
        if filled:
            lab.append(c, 'INBOX/kept', message('mine', 'put there by the user\n'), r'\Flagged')
        c.logout()
        was.update(lab.mailbox('user/zoe/kept')['messages'])
    with Between(lab, 'SYNCAPPLY MAILBOX', 1, make) as b:
        report = restore(lab, 'user/zoe/kept')
    assert b.met
    same((report['added'], report['failed']), (3, 0), 'report')
    now = lab.mailbox('user/zoe/kept')['messages']
    same(len(now), 3 + len(was), 'all of it')
    same({u: m for u, m in now.items() if u in was} if filled else {}, was, "the user's own")
    same(sums(restore(lab, 'user/zoe/kept')), (0, 3, 0), 'again')


def cut(lab, prepare, box, via, word, nth, how):
    """The connection ends at a command. The report tells what came in; the next restore adds the rest, and nothing twice."""
    prepare(lab, 'zoe', f'INBOX/{box}')
    with Between(lab, word, nth, lambda: how) as b:
        p = lab.cyrkeep('--json', 'restore', 'latest', f'user/zoe/{box}', '--via', via, '--yes')
    what = f'{word} {nth} {how}, {prepare.__name__} {box}, {via}'
    assert b.met, f'{what}: never came'
    events = [json.loads(line) for line in p.out.splitlines()]
    first = events[-1]['added'] or 0 if events and events[-1]['event'] == 'report' else 0
    told = p.err + ' '.join(e['text'] + e['remedy'] for e in events if e['event'] == 'finding')
    assert first == len(lab.cut[box]) or 'run the restore again' in told, f'{what}: {told}'
    assert p.returncode in (1, 3), f'{what}: exit {p.returncode}'
    then = restore(lab, f'user/zoe/{box}', '--via', via)
    same((first + then['added'], then['failed']), (len(lab.cut[box]), 0), what)
    same(guids(lab, 'zoe', f'INBOX/{box}'), lab.cut[box], what)


# Mailbox there or gone, which, way, command, which one of them, and how the connection ends.
CUTS = ((empty, 'few', 'sync', 'AUTHENTICATE', 2, 'cut'), (empty, 'few', 'sync', 'SYNCGET MAILBOXES', 1, 'mute'),
        (empty, 'few', 'sync', 'SYNCGET FULLMAILBOX', 2, 'cut'), (empty, 'few', 'sync', 'SYNCAPPLY MESSAGE', 1, 'mute'),
        (empty, 'cut', 'sync', 'SYNCAPPLY MESSAGE', 2, 'cut'), (empty, 'few', 'sync', 'SYNCRESTORE', 1, 'cut'),
        (empty, 'few', 'sync', 'SYNCRESTORE', 1, 'mute'), (empty, 'cut', 'sync', 'SYNCRESTORE', 2, 'mute'),
        (empty, 'few', 'sync', 'SYNCRESTART', 1, 'cut'), (empty, 'few', 'sync', 'SYNCGET FULLMAILBOX', 3, 'mute'),
        (delete, 'cut', 'sync', 'SYNCAPPLY MESSAGE', 2, 'mute'), (delete, 'few', 'sync', 'SYNCGET UNIQUEIDS', 1, 'mute'),
        (delete, 'few', 'sync', 'SYNCAPPLY MAILBOX', 1, 'cut'), (delete, 'few', 'sync', 'SYNCAPPLY MAILBOX', 1, 'mute'),
        (delete, 'few', 'sync', 'SYNCRESTART', 1, 'mute'),
        (empty, 'few', 'imap', 'APPEND', 1, 'cut'), (empty, 'few', 'imap', 'APPEND', 4, 'mute'),
        (delete, 'few', 'imap', 'CREATE', 1, 'mute'), (delete, 'few', 'imap', 'SETACL', 1, 'cut'), (delete, 'few', 'imap', 'APPEND', 4, 'cut'))


def cut_at_every_command(lab):
    for args in CUTS:
        cut(lab, *args)


def fill(lab):
    admin = lab.imap()
    lab.ok(admin.create('user/zoe'))
    zoe = lab.imap('zoe')
    for box in ('dup', 'big', 'kept', 'cut', 'few'):
        lab.ok(zoe.create(f'INBOX/{box}'))
    for flags in (r'\Seen', '', r'\Flagged $work'):
        lab.append(zoe, 'INBOX/dup', message('one of three', 'the same\n'), flags)
    lab.append(zoe, 'INBOX/dup', message('another', 'x\n'))
    lab.append(zoe, 'INBOX/big', message('huge', ('0123456789' * 7 + '\n') * 1_000_000))
    lab.append(zoe, 'INBOX/big', message('small', 'x\n'))
    append_many(lab, zoe, 'INBOX/cut', 600, 3)
    for i in range(6):
        lab.append(zoe, 'INBOX/few', message(f'few {i}', 'x\n'), [r'\Seen', r'\Flagged'][i % 2])
    for i in range(3):
        lab.append(zoe, 'INBOX/kept', message(f'kept {i}', 'x\n'))
    zoe.logout()
    admin.logout()
    lab.json('backup')
    lab.cut = {box: guids(lab, 'zoe', f'INBOX/{box}') for box in ('cut', 'few')}


def main():
    wanted = sys.argv[1:]
    tally = Tally()

    def run(lab, *sessions):
        for name, fn, *args in sessions:
            if not wanted or any(w in name for w in wanted):
                tally.run(name, fn, lab, *args)
        lab.remove()
    lab = lab_with_passwords()
    run(lab, ('who may', who_may), ('who is there', who_is_there), ('a replica is left alone', a_replica_is_left_alone),
        ('TLS or nothing', tls_or_nothing))
    lab = temp_lab().start()
    fill(lab)
    run(lab, ('names are judged as by the server', names_are_judged_as_by_the_server),
        ('names that mean something else', names_that_mean_something_else),
        ('the same message three times', the_same_message_three_times),
        ('a message of 72 megabytes', a_message_of_72_megabytes),
        ('modseqs only rise', modseqs_only_rise),
        ('cut at every command', cut_at_every_command),
        ('mail comes in meanwhile, sync', mail_comes_in_meanwhile, 'sync', 'cut'),
        ('mail comes in meanwhile, imap', mail_comes_in_meanwhile, 'imap', 'few'),
        ('the user makes it anew meanwhile, empty', the_user_makes_it_anew_meanwhile, False),
        ('the user makes it anew meanwhile, with mail', the_user_makes_it_anew_meanwhile, True),
        ('a deleted mailbox under another name', a_deleted_mailbox_under_another_name))
    tally.finish()


if __name__ == '__main__':
    main()
