#!/usr/bin/python3
"""A restore and what the server is like: its sync port, a sync_server with and without TLS, quotas, certificates, partitions that are gone."""
import os, re, socket

from lab import BIN, Tally, free_ports, message, same, temp_lab
from restoring import Port, contents, delete, empty, purge, restore, sums


def set_server(lab, words):
    """Settings of the server from here on, as keys in the group; always from the first ones."""
    path = f'{lab.root}/cyrkeep.conf'
    if not hasattr(lab, 'settings'):
        lab.settings = open(path).read()
    text = lab.settings
    for key, value in words.items():
        start, rest = text.split('server = {', 1)
        group, rest = rest.split('};', 1)
        terms = [t for t in group.split(';') if t.strip() and t.split('=')[0].strip() != key]
        text = start + 'server = {' + ';'.join(terms + [f' {key} = {value}']) + '; };' + rest
    open(path, 'w').write(text)


def add_service(lab, name, command):
    port = free_ports(1)[0]
    path = f'{lab.root}/cyrus.conf'
    conf = open(path).read()
    open(path, 'w').write(conf.replace('SERVICES {\n', f'SERVICES {{\n  {name} cmd="{BIN}/{command} -C {lab.root}/imapd.conf" '
                                       f'listen="127.0.0.1:{port}" prefork=0\n'))
    return port


def count_processes(lab, program):
    """How many connections of this lab PROGRAM has served, by master's own word in its log is not to be had; so: is one there?"""
    n = 0
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            argv = open(f'/proc/{pid}/cmdline', 'rb').read().split(b'\0')
        except OSError:
            continue
        n += f'{lab.root}/imapd.conf'.encode() in argv and (argv[0].split(b'/')[-1] == program.encode() or argv[0].startswith(program.encode()))
    return n


def by_a_sync_port(lab, port, program):
    was = {n: lab.mailbox(n) for n in ('user/zoe', 'user/zoe/office', 'user/zoe/Sent')}
    set_server(lab, {'sync_port': port})
    empty(lab, 'zoe', 'INBOX')
    delete(lab, 'zoe', 'INBOX/office')
    same(sums(restore(lab, 'user/zoe*')), (9, 4, 0), 'report')
    assert count_processes(lab, program), f'no {program} has been asked'
    same(contents(lab.mailbox('user/zoe')), contents(was['user/zoe']), 'added')
    same(lab.mailbox('user/zoe/office'), was['user/zoe/office'], 'made again')
    same(sums(restore(lab, 'user/zoe*')), (0, 13, 0), 'again')
    empty(lab, 'zoe', 'INBOX/Sent')
    same(sums(restore(lab, 'user/zoe/Sent', '--via', 'imap')), (4, 0, 0), 'by imap, compared by the sync port')


def a_sync_port_that_is_dead(lab):
    dead = free_ports(1)[0]
    set_server(lab, {'sync_port': dead})
    p = lab.cyrkeep('restore', 'latest', 'user/zoe*', '--yes', check=1)
    assert str(dead) in p.err and 'sync_port' in p.err, p.err
    same(sums(restore(lab, 'user/zoe*', '--via', 'imap')), (0, 13, 0), 'imap needs none')


def own_address():
    """One of this host that is not loopback, or None."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.connect(('192.0.2.1', 9))                        # sends nothing
        return s.getsockname()[0]
    except OSError:
        return None
    finally:
        s.close()


def by_a_sync_server_with_tls(lab, port):
    set_server(lab, {'sync_port': port, 'tls': '"starttls"'})
    empty(lab, 'zoe', 'INBOX')
    same(sums(restore(lab, 'user/zoe')), (5, 0, 0), 'report')


def certificates_are_checked(lab, address):
    """Beyond loopback a certificate must be of an authority that the host trusts, and of the right name."""
    front = Port(lab, address)
    with front.front:
        set_server(lab, {'host': f'"{address}"', 'port': front.port, 'tls': '"starttls"'})
        p = lab.cyrkeep('restore', 'latest', 'user/zoe', '--dry-run', check=1)
        assert len(p.err.strip().splitlines()) <= 2 and 'certificate' in p.err and 'not accepted' in p.err and 'self-signed' in p.err, p.err
        assert "certificate store" in p.err, p.err
        trusting = {**os.environ, 'SSL_CERT_FILE': f'{lab.root}/conf/{address}.pem.crt'}
        lab.cyrkeep('restore', 'latest', 'user/zoe', '--dry-run', check=0, env=trusting)


def the_quota_is_foreseen(lab):
    """A limit that the mail would pass is told in the rehearsal; sync puts it back all the same, imap as far as there is room."""
    set_server(lab, {})
    admin = lab.imap()
    was = lab.mailbox('user/zoe/Sent')
    size = sum(m['size'] for m in was['messages'].values())
    empty(lab, 'zoe', 'INBOX/Sent')
    used = int(re.search(r'STORAGE (\d+) ', repr(set_quota(lab, admin, 100000))).group(1))
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', check=0)
    assert 'quota' not in p.out, p.out
    set_quota(lab, admin, used + size // 1024 // 2)
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', check=0)
    assert "quota of 'user/zoe' would be passed" in p.out and 'put back all the same' in p.out, p.out
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', '--via', 'imap', check=0)
    assert 'will refuse what does not fit' in p.out, p.out
    report = restore(lab, 'user/zoe/Sent', '--via', 'imap', code=3)
    assert report['added'] + report['failed'] == 4 and report['failed'] > 0 and report['added'] > 0, report
    same(sums(restore(lab, 'user/zoe/Sent')), (report['failed'], report['added'], 0), 'sync goes on')
    same(contents(lab.mailbox('user/zoe/Sent')), contents(was), 'contents')
    lab.ok(admin.setquota('user/zoe', '()'))
    admin.logout()


def set_quota(lab, admin, kib):
    lab.ok(admin.setquota('user/zoe', f'(STORAGE {kib})'))
    return lab.ok(admin.getquota('user/zoe'))


def a_partition_that_is_gone(lab):
    """A mailbox of a partition that the server no longer has goes to the default one, and that is said."""
    admin = lab.imap()
    lab.ok(admin.create('"user/zoe/far" second'))
    zoe = lab.imap('zoe')
    lab.append(zoe, 'INBOX/far', message('far away', 'x\n'))
    zoe.logout()
    lab.json('backup')
    was = lab.mailbox('user/zoe/far')
    delete(lab, 'zoe', 'INBOX/far')
    purge(lab)
    lab.stop()
    path = f'{lab.root}/imapd.conf'
    conf = open(path).read()
    open(path, 'w').write(conf.replace(f'partition-second: {lab.root}/spool/second\n', ''))
    lab.start()
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/far', '--dry-run', check=0)
    assert "partition 'second'" in p.out and "'default'" in p.out, p.out
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/far', '--yes', check=0)
    assert "partition 'second'" in p.out and "'default'" in p.out, p.out
    same(lab.mailbox('user/zoe/far'), was, 'the mailbox')
    assert lab.json('mailboxes', 'user/zoe/far')[0]['partition'] == 'default'
    delete(lab, 'zoe', 'INBOX/far')
    purge(lab)
    same(sums(restore(lab, 'user/zoe/far', '--via', 'imap')), (1, 0, 0), 'by imap')
    lab.stop()
    open(path, 'w').write(conf)
    lab.start()


def main():
    lab, tally = temp_lab().configure(), Tally()
    try:
        address = own_address()
        crt = lab.make_certificate(address or '127.0.0.1')
        with open(f'{lab.root}/imapd.conf', 'a') as f:
            f.write(f'tls_server_cert: {crt}\ntls_server_key: {crt[:-4]}\nallowstarttls: 1\n')    # 3.10: off unless told
        second = add_service(lab, 'imap2', 'imapd')
        server = add_service(lab, 'sync', 'sync_server') if os.path.exists(f'{BIN}/sync_server') else 0
        lab.start()
        admin = lab.imap()
        lab.ok(admin.create('user/zoe'))
        zoe = lab.imap('zoe')
        for box in ('INBOX/Sent', 'INBOX/office'):
            lab.ok(zoe.create(box))
        for box, n in (('INBOX', 5), ('INBOX/Sent', 4), ('INBOX/office', 4)):
            for i in range(n):
                lab.append(zoe, box, message(f'{box} {i}', 'some words\n' * 2000), r'\Seen $work')
        zoe.logout()
        lab.json('backup')
        tally.run('by the IMAP port', by_a_sync_port, lab, 0, 'imapd')
        tally.run('by a second IMAP port', by_a_sync_port, lab, second, 'imapd')
        if server:
            tally.run('by a sync_server', by_a_sync_port, lab, server, 'sync_server')
            tally.run('by a sync_server with TLS', by_a_sync_server_with_tls, lab, server)
        tally.run('a sync port that is dead', a_sync_port_that_is_dead, lab)
        if address:
            tally.run('certificates are checked', certificates_are_checked, lab, address)
        tally.run('the quota is foreseen', the_quota_is_foreseen, lab)
        tally.run('a partition that is gone', a_partition_that_is_gone, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
