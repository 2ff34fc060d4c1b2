#!/usr/bin/python3
"""What cannot be put back is told apart from what can: mail that is damaged in the archive, mailboxes that the server cannot open."""
import os, shutil, sys

from lab import Tally, message, quote, same, temp_lab
from restoring import delete, empty, restore, sums

BROKEN = ('garbage', 'cut', 'gone', 'later', 'headless')


def directory(lab, mailbox):
    uid = next(r['uniqueid'] for r in lab.json('mailboxes') if r['mailbox'] == mailbox)
    return f'{lab.root}/spool/default/uuid/{uid[0]}/{uid[1]}/{uid}'


def fill(lab):
    admin = lab.imap()
    lab.ok(admin.create('user/zoe'))
    zoe = lab.imap('zoe')
    for box in ('hurt', 'record', 'good', *BROKEN):
        lab.ok(zoe.create(quote(f'INBOX/{box}')))
        for i in range(4):
            lab.append(zoe, f'INBOX/{box}', message(f'{box} {i}', 'words\n'))
    zoe.logout()
    admin.logout()
    for uid in (2, 3):                                     # other bytes than the index says
        with open(f'{directory(lab, "user/zoe/hurt")}/{uid}.', 'r+b') as f:
            f.seek(-4, os.SEEK_END)
            f.write(b'XX')
    with open(f'{directory(lab, "user/zoe/record")}/cyrus.index', 'r+b') as f:
        f.seek(-1, os.SEEK_END)                            # the checksum of the last record
        last = f.read(1)[0]
        f.seek(-1, os.SEEK_END)
        f.write(bytes([last ^ 1]))
    report = lab.json('backup', check=3)[-1]
    same(report['findings'], 3, 'findings')


def damaged_in_the_archive_is_counted_apart(lab):
    """In the rehearsal, in words and figures, and in the report as failed, each with its uid."""
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/hurt', '--dry-run', check=0)
    assert 'damaged' not in p.out, p.out                   # what is there needs no archive
    empty(lab, 'zoe', 'INBOX/hurt')
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/hurt', '--dry-run', check=0)
    assert '2 message(s) are damaged in the archive and stay missing' in p.out, p.out
    assert '2 messages are damaged in the archive' in p.out and '\n2 messages (' in p.out, p.out
    box, report = [l for l in lab.json('restore', 'latest', 'user/zoe/hurt', '--dry-run') if l['event'] != 'remark']
    same((box['wanted'], box['present'], box['missing'], box['damaged']), (4, 0, 2, 2), 'the mailbox')
    same((report['missing'], report['damaged']), (2, 2), 'the report')
    lines = lab.json('restore', 'latest', 'user/zoe/hurt', '--yes', check=3)
    same(sums(lines[-1]), (2, 0, 2), 'the restore')
    same([(l['mailbox'], l['uid'], l['code']) for l in lines if l['event'] == 'finding'],
         [('user/zoe/hurt', 2, 'guid-mismatch'), ('user/zoe/hurt', 3, 'guid-mismatch')], 'findings')
    lines = lab.json('restore', 'latest', 'user/zoe/hurt', '--yes', check=3)
    same(sums(lines[-1]), (0, 2, 2), 'what is missing for good is told again')


def damaged_by_imap(lab):
    empty(lab, 'zoe', 'INBOX/hurt')
    lines = lab.json('restore', 'latest', 'user/zoe/hurt', '--yes', '--via', 'imap', check=3)
    same(sums(lines[-1]), (2, 0, 2), 'the restore')


def a_damaged_record_is_no_damaged_message(lab):
    """Its bytes are right, whatever its flags: it comes back."""
    again = ('user/zoe/record', '--to', 'user/zoe/again')
    box, report = [l for l in lab.json('restore', 'latest', *again, '--dry-run') if l['event'] != 'remark']
    same((box['missing'], box['damaged']), (4, 0), 'the rehearsal')
    same(sums(restore(lab, *again)), (4, 0, 0), 'the restore')


def a_mailbox_that_the_server_cannot_open_is_one_refused(lab):
    at = {box: directory(lab, f'user/zoe/{box}') for box in BROKEN}
    with open(f'{at["garbage"]}/cyrus.index', 'wb') as f:
        f.write(b'garbage' * 100)
    os.truncate(f'{at["cut"]}/cyrus.index', 30)
    shutil.rmtree(at['gone'])
    with open(f'{at["later"]}/cyrus.index', 'r+b') as f:
        f.seek(8)
        f.write(b'\0\0\0\x15')
    os.unlink(f'{at["headless"]}/cyrus.header')
    dies = lab.cyrkeep('restore', 'latest', 'user/zoe/record', '--dry-run').returncode != 0  # imapd 3.6 does
    broken = [*BROKEN, 'record'] if dies else BROKEN
    delete(lab, 'zoe', 'INBOX/good')
    for via in ('sync', 'imap'):
        p = lab.cyrkeep('restore', 'latest', 'user/zoe/%', '--dry-run', '--via', via, check=3)
        for box in broken:
            assert f"'user/zoe/{box}' cannot be restored like this: the server cannot open the mailbox that is there" in p.err, (box, p.err)
        assert 'reconstruct' in p.err and p.err.count('\n') == len(broken), p.err
        boxes = {l['mailbox']: l for l in lab.json('restore', 'latest', 'user/zoe/%', '--dry-run', '--via', via, check=3)
                 if l['event'] == 'rehearsal'}
        same({b for b in boxes if boxes[b]['action'] == 'refuse'}, {f'user/zoe/{b}' for b in broken}, via)
        same(boxes['user/zoe/good']['action'], 'recreate', via)
    lines = lab.json('restore', 'latest', 'user/zoe/good', *(f'user/zoe/{b}' for b in broken), '--yes', check=3)
    same((lines[-1]['added'], lines[-1]['failed']), (4, 4 * len(broken)), 'the others come back')
    same((lines[-1]['mailboxes'], lines[-1]['mailboxes_failed']), (1, len(broken)), 'mailboxes, whole or not')
    same([(l['mailbox'], l['code']) for l in lines if l['event'] == 'finding'], [(f'user/zoe/{b}', 'refused') for b in sorted(broken)], 'findings')
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/cut', '--yes', check=1)
    assert 'nothing was changed' in p.err, p.err
    same(restore(lab, 'user/zoe/cut', '--to', 'user/zoe/elsewhere')['added'], 4, 'under another name')


def main():
    lab, tally = temp_lab().start(), Tally()
    try:
        fill(lab)
        wanted = sys.argv[1:]
        for fn in (damaged_in_the_archive_is_counted_apart, damaged_by_imap, a_damaged_record_is_no_damaged_message,
                   a_mailbox_that_the_server_cannot_open_is_one_refused):
            if not wanted or fn.__name__ in wanted:
                tally.run(fn.__name__, fn, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
