#!/usr/bin/python3
"""A rehearsal as a page: what it checks, what it asks, what becomes of each message; and that the job does what was answered."""
import os, re
from lab import Tally, message, same, temp_lab
from restoring import contents, delete, empty, restore, sums
from terminal import DOWN, ENTER, F5, TAB, UP, Console, check_bytes

SIZE = 2000


def fill(lab):
    admin = lab.imap()
    for user in ('zoe', 'amy'):
        lab.ok(admin.create(f'user/{user}'))
    zoe = lab.imap('zoe')
    for box in ('Sent', 'Trash', 'Work'):
        lab.ok(zoe.create(f'INBOX/{box}'))
    for box, n in (('INBOX', 6), ('INBOX/Sent', 8), ('INBOX/Work', 3)):
        for i in range(n):
            lab.append(zoe, box, message(f'{box} {i}', 'some words\n' * SIZE), r'\Seen' if i % 2 else '')
    zoe.logout()
    admin.logout()
    lab.json('backup')


def lose_some_of_sent(lab):
    """Of eight three lie in Trash, three are gone for good, two are there."""
    zoe = lab.imap('zoe')
    lab.ok(zoe.select('INBOX/Sent'))
    lab.ok(zoe.copy('1:3', 'INBOX/Trash'))
    lab.ok(zoe.store('1:6', '+FLAGS', r'(\Deleted)'))
    lab.ok(zoe.expunge())
    zoe.logout()


def back_to_start(lab):
    """Everything as it was in the archive; Trash empty."""
    restore(lab, 'user/zoe*', '--quota', 'keep')
    zoe = lab.imap('zoe')
    lab.ok(zoe.select('INBOX/Trash'))
    lab.ok(zoe.uid('STORE', '1:*', '+FLAGS', r'(\Deleted)'))
    lab.ok(zoe.expunge())
    zoe.logout()


def remarks(lines):
    return [(l['level'], l['text']) for l in lines if l['event'] == 'remark']


def has(lines, level, words):
    assert [t for l, t in remarks(lines) if l == level and words in t], (level, words, remarks(lines))


def what_was_checked_is_said(lab):
    was = lab.mailbox('user/zoe/Sent')
    lose_some_of_sent(lab)
    delete(lab, 'zoe', 'INBOX/Work')
    admin, zoe = lab.imap(), lab.imap('zoe')
    lab.ok(admin.setacl('user/zoe/Sent', 'amy', 'lr'))
    lab.ok(zoe.select('INBOX'))
    lines = lab.json('restore', 'latest', 'user/zoe*', '--dry-run')
    has(lines, 'ok', '17 messages asked for, compared with the server by GUID just now')
    has(lines, 'ok', 'uidvalidity stays; added mail gets new uids')
    has(lines, 'ok', '1 mailbox is made again with uids and uidvalidity of the archive')
    has(lines, 'ok', "'zoe' is logged in (1 session)")
    has(lines, 'ok', r'\Seen is known for 9 missing: 4 read, 5 unread')
    has(lines, 'note', "rights of 'user/zoe/Sent' are not those of the archive")
    assert not [t for _, t in remarks(lines) if 'quota' in t], lines
    lab.ok(admin.setquota('user/zoe', '(STORAGE 100000)'))
    has(lab.json('restore', 'latest', 'user/zoe*', '--dry-run'), 'ok', "quota of 'user/zoe' has room: ")
    lab.ok(admin.setquota('user/zoe', '()'))
    lab.ok(admin.deleteacl('user/zoe/Sent', 'amy'))
    admin.logout()
    zoe.logout()
    back_to_start(lab)
    same(contents(lab.mailbox('user/zoe/Sent')), contents(was), 'contents')


def a_mailbox_made_anew_is_not_taken_for_the_old_one(lab):
    delete(lab, 'zoe', 'INBOX/Work')
    zoe = lab.imap('zoe')
    lab.ok(zoe.create('INBOX/Work'))
    zoe.logout()
    lines = lab.json('restore', 'latest', 'user/zoe/Work', '--dry-run')
    has(lines, 'warn', "'user/zoe/Work' was made anew since the backup")
    assert 'made anew' in lines[0]['reason'], lines[0]
    delete(lab, 'zoe', 'INBOX/Work')
    restore(lab, 'user/zoe/Work')
    lines = lab.json('restore', 'latest', 'user/zoe/Work', '--dry-run')
    assert 'made anew' not in repr(lines), 'what a restore made again is the old one'
    back_to_start(lab)


def what_lies_elsewhere_is_named_and_may_stay_there(lab):
    was = lab.mailbox('user/zoe/Sent')
    lose_some_of_sent(lab)
    box, *rest = lab.json('restore', 'latest', 'user/zoe/Sent', '--dry-run')
    same((box['missing'], box['elsewhere']), (6, 3), 'the mailbox')
    same((rest[-1]['missing'], rest[-1]['elsewhere']), (6, 3), 'all')
    has(rest, 'note', '3 of the 6 missing lie in user/zoe/Trash now; they are put back all the same')
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', '--elsewhere', 'leave', check=0)
    assert 'they are left there' in p.out and '\n3 messages (' in p.out, p.out
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', '--via', 'imap', check=0)
    assert 'Trash' not in p.out, 'by imap nobody looks: ' + p.out
    report = restore(lab, 'user/zoe/Sent', '--elsewhere', 'leave')
    same((*sums(report), report['elsewhere'], report['result']), (3, 2, 0, 3, 'ok'), 'left there')
    same(len(lab.mailbox('user/zoe/Sent')['messages']), 5, 'Sent')
    same(len(lab.mailbox('user/zoe/Trash')['messages']), 3, 'Trash')
    report = restore(lab, 'user/zoe/Sent', '--elsewhere', 'leave')
    same((*sums(report), report['elsewhere']), (0, 5, 0, 3), 'again')
    same(sums(restore(lab, 'user/zoe/Sent')), (3, 5, 0), 'now all of it')
    same(contents(lab.mailbox('user/zoe/Sent')), contents(was), 'contents')
    # what goes beside is wanted twice
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--to', 'dated', '--dry-run', check=0)
    assert ' lie in ' not in p.out, p.out
    lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--elsewhere', 'leave', '--via', 'imap', '--dry-run', check=2)
    lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--elsewhere', 'here', '--dry-run', check=2)
    back_to_start(lab)


def a_renamed_mailbox_is_not_made_again_for_nothing(lab):
    """All of Work lies in Play now: left there, no empty Work is made."""
    zoe = lab.imap('zoe')
    lab.ok(zoe.rename('INBOX/Work', 'INBOX/Play'))
    report = restore(lab, 'user/zoe/Work', '--elsewhere', 'leave')
    same((*sums(report), report['elsewhere']), (0, 0, 0, 3), 'left')
    assert not [m for m in lab.json('mailboxes') if m['mailbox'] == 'user/zoe/Work']
    lab.ok(zoe.rename('INBOX/Play', 'INBOX/Work'))
    zoe.logout()


def limits(lab, admin):
    text = repr(lab.ok(admin.getquota('user/zoe')))
    return {name: (int(used), int(limit)) for name, used, limit in re.findall(r'([A-Z-]+) (\d+) (\d+)', text)}


def a_quota_that_would_be_passed(lab):
    admin = lab.imap()
    was = lab.mailbox('user/zoe/Sent')
    empty(lab, 'zoe', 'INBOX/Sent')
    lab.ok(admin.setquota('user/zoe', '(STORAGE 100000 MESSAGE 5000)'))
    size = sum(m['size'] for m in was['messages'].values()) // 1024
    used = limits(lab, admin)['STORAGE'][0]
    lab.ok(admin.setquota('user/zoe', f'(STORAGE {used + size // 2} MESSAGE 5000)'))

    def dry(*args):
        return lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', *args, check=0).out
    assert 'put back all the same' in dry() and 'only what fits is put back' in dry('--quota', 'fit'), dry()
    assert 'the limit is raised to ' in dry('--quota', 'raise') and 'will refuse' in dry('--via', 'imap'), dry()
    lab.cyrkeep('restore', 'latest', 'user/zoe/Sent', '--dry-run', '--quota', 'lift', check=2)
    for way in ('sync', 'imap'):
        lines = lab.json('restore', 'latest', 'user/zoe/Sent', '--quota', 'fit', '--via', way, '--yes', check=3)
        report = lines[-1]
        assert report['added'] > 0 and report['failed'] > 0 and report['added'] + report['failed'] == 8, report
        same([(l['code'], l['mailbox']) for l in lines if l['event'] == 'finding'], [('quota-full', 'user/zoe/Sent')], 'findings')
        same(report['mailboxes_failed'], 1, 'not whole')
        now = limits(lab, admin)
        assert now['STORAGE'][0] <= now['STORAGE'][1], now
        again = restore(lab, 'user/zoe/Sent', '--quota', 'fit', '--via', way, code=3)
        same(sums(again), (0, report['added'], report['failed']), 'nothing more fits')
        empty(lab, 'zoe', 'INBOX/Sent')

    lines = lab.json('restore', 'latest', 'user/zoe/Sent', '--quota', 'raise', '--yes', check=0)
    same((*sums(lines[-1]), lines[-1]['raised']), (8, 0, 0, 1), 'raised')
    log = open(f"{lab.root}/state/jobs/{lines[-1]['job']}/events").read()
    assert "the quota limit of 'user/zoe' is raised from" in log, log
    now = limits(lab, admin)
    assert now['STORAGE'][0] < now['STORAGE'][1] and now['MESSAGE'][1] == 5000, now
    same(contents(lab.mailbox('user/zoe/Sent')), contents(was), 'contents')
    zoe = lab.imap('zoe')
    lab.append(zoe, 'INBOX/Sent', message('one more', 'words\n'))    # it is let in
    zoe.logout()
    same(sums(restore(lab, 'user/zoe/Sent', '--quota', 'raise')), (0, 8, 0), 'again')
    same(limits(lab, admin)['STORAGE'][1], now['STORAGE'][1], 'what need not be raised is left alone')

    empty(lab, 'zoe', 'INBOX/Sent')
    lab.ok(admin.setquota('user/zoe', '(MESSAGE 11)'))
    report = restore(lab, 'user/zoe/Sent', '--quota', 'fit', code=3)
    same(report['added'], 11 - 9, 'a limit of messages')
    assert '17 of 11 messages' in dry(), dry()
    report = restore(lab, 'user/zoe/Sent', '--quota', 'raise')
    same((report['added'], report['raised'], limits(lab, admin)['MESSAGE'][1]), (6, 1, 100), 'raised')
    lab.ok(admin.setquota('user/zoe', '()'))
    admin.logout()
    back_to_start(lab)


def the_page_asks_and_the_job_does_what_is_answered(lab):
    lose_some_of_sent(lab)
    delete(lab, 'zoe', 'INBOX/Work')
    admin = lab.imap()
    lab.ok(admin.setquota('user/zoe', '(STORAGE 400)'))
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send('5')
    console.wait_for('[1 What and where]')
    console.send('user/zoe*' + TAB + UP + ' ' + F5)
    console.wait_for('Needs your answer 2')
    text = console.text()
    for words in ('user/zoe ', 'Sent ', 'Work ', '3 in Trash', 'gone; made again', '3 of the 9 missing lie in', 'Quota of user/zoe would be'):
        assert words in text, text
    console.send(DOWN + DOWN + ENTER)                      # Sent
    console.wait_for('Preview > user/zoe/Sent')
    console.wait_for('add: missing, in Trash')
    console.wait_for('same: there already')
    console.send('q')
    console.wait_for('Needs your answer 2')
    console.send(TAB + DOWN + ' ')                         # leave them there
    console.wait_for('3 stay in Trash')
    console.send(DOWN + DOWN + DOWN + ' ')                 # raise
    console.send('=')
    console.wait_for('--elsewhere leave')
    console.send('q')
    path = f'{lab.root}/page.txt'
    console.send('w')
    console.wait_for('Write to:')
    console.send('\x15' + path + ENTER)
    console.wait_for('Written to')
    page = open(path).read()
    for words in ('nothing was changed', '3 stay in Trash', '(*) leave them there', 'Checks', 'compared with the server by GUID', 'Will run',
                  "raise the quota limit of 'user/zoe'"):
        assert words in page, page
    same(os.stat(path).st_mode & 0o777, 0o600, 'for root alone')
    console.send(F5)
    console.wait_for('Raise the limit of a quota?')
    console.send('\x1b')
    console.wait_for('[2 Preview]')
    same(limits(lab, admin)['STORAGE'][1], 400, 'asked, not done')
    console.send(F5)
    console.wait_for('Raise the limit of a quota?')
    console.send(TAB)

    def pressed():                                         # a fresh dialog takes no Enter
        console.send(ENTER)
        return 'Raise the limit' not in console.text()
    console.wait_until(pressed, 'the job')
    console.wait_for('6 messages put back', 20)
    console.wait_for('3 messages in other mailboxes, as asked for')
    console.wait_for('1 limit raised')
    rows = {line[1:].split()[0]: line[1:].split()[1:] for line in console.text().split('\n') if line[1:].startswith('user/zoe/')}
    same(rows['user/zoe/Sent'][:6], ['2', '3', '5', '8', '3', 'missing'], 'Sent in the report')
    same(rows['user/zoe/Work'][:6], ['-', '3', '3', '3', 'yes,', 'by'], 'Work in the report')
    same(len(lab.mailbox('user/zoe/Sent')['messages']), 5, 'Sent')
    assert limits(lab, admin)['STORAGE'][1] > 400
    lab.ok(admin.setquota('user/zoe', '()'))
    admin.logout()
    check_bytes(console.raw)
    console.close()


def one_of_two_copies_has_not_moved(lab):
    """What the archive has in both mailboxes is missing where it is missing."""
    back_to_start(lab)
    zoe = lab.imap('zoe')
    lab.ok(zoe.select('INBOX/Sent'))
    lab.ok(zoe.copy('1:2', 'INBOX/Work'))
    lab.json('backup')
    zoe = lab.imap('zoe')
    lab.ok(zoe.select('INBOX/Sent'))
    lab.ok(zoe.copy('3', 'INBOX/Trash'))
    lab.ok(zoe.store('1:4', '+FLAGS', r'(\Deleted)'))
    lab.ok(zoe.expunge())
    zoe.logout()
    box = lab.json('restore', 'latest', 'user/zoe/Sent', '--dry-run')[0]
    same((box['missing'], box['elsewhere']), (4, 1), 'only the third has moved')


def main():
    lab, tally = temp_lab().start(), Tally()
    try:
        fill(lab)
        for test in (what_was_checked_is_said, a_mailbox_made_anew_is_not_taken_for_the_old_one, what_lies_elsewhere_is_named_and_may_stay_there,
                     a_renamed_mailbox_is_not_made_again_for_nothing, a_quota_that_would_be_passed, the_page_asks_and_the_job_does_what_is_answered,
                     one_of_two_copies_has_not_moved):
            tally.run(test.__name__.replace('_', ' '), test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
