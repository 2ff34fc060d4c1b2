#!/usr/bin/python3
"""A server whose imapd.conf is another since the backup: the console names what counts for a restore first,
and the restore is right all the same."""
import re

from lab import Tally, temp_lab
from terminal import DOWN, F3, F5, F6, UP, Console, and_close, check_bytes

WAS = 'unixhierarchysep: yes\naltnamespace: no\n'
IS = 'unixhierarchysep: no\naltnamespace: yes\nuserdeny_db: skiplist\nsync_password: geheim\nmotd: moved\n'


def change_the_server(lab):
    lab.stop()
    for name, old, new in (('imapd.conf', WAS, IS), ('cyrus.conf', 'EVENTS {\n', 'EVENTS {\n  prune cmd="true" at=0400\n')):
        text = open(f'{lab.root}/{name}').read()
        assert old in text, text
        open(f'{lab.root}/{name}', 'w').write(text.replace(old, new))
    lab.start()


def rows(console):
    """[(setting, then, here)] of the list."""
    found = re.findall(r'^[> ]([! ]) (\S+(?: \S+)*?) {2,}(\S.*?) {2,}(\S.*?) {2,}(?:imapd|cyrus)\.conf', console.text(), re.M)
    return [((mark + ' ' + name).strip(), was, now) for mark, name, was, now in found]


EXPECTED = [('! unixhierarchysep', 'yes', 'no'), ('! altnamespace', 'no', 'yes'), ('! userdeny_db', '(flat)', 'skiplist'),
            ('motd', 'not set', 'moved'), ('sync_password', 'not set', 'differs, not shown'),
            ('event prune', 'not there', 'cmd=true at=0400')]


def the_archive_leads_to_what_differs(lab):
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send('4')
    console.wait_for('[4 Archives]')
    console.wait_for('full A')
    console.send('c')
    console.wait_for('6 settings differ')
    assert rows(console) == EXPECTED, (rows(console), console.text())
    console.wait_for("What separates the levels of a name")
    console.send(DOWN * 4 + F3)
    console.wait_for('here  differs, not shown')
    assert b'geheim' not in console.raw
    check_bytes(console.raw)


def the_rehearsal_names_it_and_leads_there(lab):
    p = lab.cyrkeep('restore', 'latest', 'user/bob/Sent', '--dry-run', check=0)
    assert "unixhierarchysep was yes, is no; altnamespace was no, is yes; userdeny_db was flat, is skiplist" in p.out, p.out
    with lab.imap('bob') as c:
        lab.ok(c.select('Sent'))
        lab.ok(c.uid('STORE', '1:*', '+FLAGS.SILENT', '(\\Deleted)'))
        lab.ok(c.expunge())
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send(':bob sent\r')
    console.wait_for('user/bob/Sent')
    console.send(F6)
    console.wait_for('[1 What and where]')
    console.send(UP + ' ' + F5)
    console.wait_for("this server's settings differ")
    table = [line.rstrip() for line in console.screen.display[2:4]]
    assert table == [' Mailbox              archive     now   after     add    same note',
                     '>user.bob.Sent              5       0       5       5       0 was user/bob/Sent'], table
    console.resize(40, 120)
    console.wait_for('Under the bar')
    pane = [line[81:].strip() for line in console.screen.display[3:11]]
    assert pane == ['user.bob.Sent', 'from     user/bob/Sent', 'archive  5 messages asked for', 'now      0 messages',
                    'after    5 messages', 'add      5, 2.2K', 'same     0, left alone', ''], pane
    console.resize(24, 80)
    console.wait_for('[2 Preview]')
    console.send('c')
    console.wait_for('6 settings differ')
    assert rows(console) == EXPECTED, console.text()
    console.send('q')
    console.wait_for('[2 Preview]')
    console.send(F5)
    console.wait_for('5 messages put back', 20)
    with lab.imap('bob') as c:
        lab.ok(c.select('Sent', readonly=True))
        assert len(lab.ok(c.uid('SEARCH', 'ALL'))[0].split()) == 5
    check_bytes(console.raw)


def what_is_the_same_again_is_said(lab):
    lab.stop()
    text = open(f'{lab.root}/imapd.conf').read()
    open(f'{lab.root}/imapd.conf', 'w').write(text.replace(IS, WAS + 'userdeny_db: flat\n'))
    lab.start()
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send(':settings\r')
    console.wait_for('1 setting differs')
    assert rows(console) == EXPECTED[-1:], console.text()
    console.wait_for('only spelled out on one side: userdeny_db')
    p = lab.cyrkeep('restore', 'latest', 'user/bob/Sent', '--dry-run', check=0)
    assert 'settings differ' not in p.out, p.out


def main():
    tally, lab = Tally(), temp_lab().start()
    try:
        lab.fill()
        lab.cyrkeep('backup', check=0)
        change_the_server(lab)
        for test in (the_archive_leads_to_what_differs, the_rehearsal_names_it_and_leads_there, what_is_the_same_again_is_said):
            tally.run(test.__name__, and_close, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
