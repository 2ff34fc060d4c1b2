#!/usr/bin/python3
"""Restoring by the console on a real server and a real terminal: find, rehearse, run, report."""
from lab import Tally, temp_lab
from restoring import contents, empty
from terminal import DOWN, ENTER, F5, F6, UP, Console, and_close, check_bytes


class Keys:
    """Sends keys one by one and counts those that are not typed words."""

    def __init__(self, console):
        self.console, self.count = console, 0

    def press(self, *keys):
        for key in keys:
            self.console.send(key)
            self.count += 1

    def type(self, words):
        self.console.send(words)


def uids(lab, user, box):
    with lab.imap(user) as c:
        typ, answer = c.select(box, readonly=True)
        if typ != 'OK':
            return None
        return lab.ok(c.uid('SEARCH', 'ALL'))[0].split()


def bring_back_bobs_sent(lab):
    """J4: at most 12 keys besides typing 'bob sent'."""
    before = contents(lab.mailbox('user/bob/Sent'))
    assert len(before) == 5, before
    empty(lab, 'bob', 'INBOX/Sent')
    console = Console(lab.root)
    keys = Keys(console)
    console.wait_for('[1 Home]')
    console.wait_for('Last good backup')
    keys.press(':')
    keys.type('bob sent')
    keys.press(ENTER)
    console.wait_for('user/bob/Sent')
    keys.press(F6)
    console.wait_for('[1 What and where]')
    console.wait_for('5 messages of user/bob/Sent')
    keys.press(UP, ' ', F5)
    console.wait_for('5 messages, ')
    console.wait_for('would be added; 0 are there already')
    assert uids(lab, 'bob', 'INBOX/Sent') == [], 'a rehearsal changed something'
    keys.press(F5)
    console.wait_for('5 messages put back', 20)
    console.wait_for('Report of job')
    assert keys.count <= 12, keys.count
    assert contents(lab.mailbox('user/bob/Sent')) == before
    check_bytes(console.raw)


def nothing_to_do_cannot_be_started(lab):
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send(':bob sent\r')
    console.wait_for('user/bob/Sent')
    console.send(F6 + UP + ' ' + F5)
    console.wait_for('nothing is missing')
    console.send(F5)
    console.wait_for('there is nothing to do')
    assert len(uids(lab, 'bob', 'INBOX/Sent')) == 5


def two_messages_go_beside(lab):
    """Through 4 Archives, browsing, ticking two messages; what is there stays as it is."""
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send('4')
    console.wait_for('[4 Archives]')
    console.send(ENTER)
    console.wait_for('mailboxes')
    console.send('/user/bob/project' + ENTER)
    console.wait_for('1 of ')
    console.send(ENTER)
    console.wait_for('row 1 of 5')
    console.wait_for('body 4')
    console.send(' ' + DOWN + ' ')
    console.wait_for('basket: 2 messages')
    console.send(F6)
    console.wait_for('2 messages of user/bob/project.x')
    console.send('4')  # back to where it was chosen
    console.wait_for('row 2 of 5')
    console.send(F6)
    console.wait_for('[1 What and where]')
    console.send(F5)
    console.wait_for('new mailbox')
    console.wait_for('--uid 4:5 --to dated')
    console.send(F5)
    console.wait_for('2 messages put back', 20)
    with lab.imap('bob') as c:
        boxes = b'\n'.join(lab.ok(c.list())).decode()
    assert 'RESTORED' in boxes and 'project.x' in boxes, boxes
    assert len(uids(lab, 'bob', 'INBOX/project.x')) == 5
    check_bytes(console.raw)


def an_odd_name_is_taken_literally(lab):
    """'a*b' is one mailbox, not a pattern."""
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send(":anne 'a*b\r")
    console.wait_for('user/anne/a*b')
    console.send(F6 + '=')
    console.wait_for("'user/anne/a\\*b'")


def verify_runs_from_the_time_line(lab):
    console = Console(lab.root)
    console.wait_for('Last good backup')
    console.send('4')
    console.wait_for('[4 Archives]')
    console.wait_for('full A')
    console.send('V')
    console.wait_for('The archive is whole', 30)
    console.send('4')
    console.wait_for('checked', 10)


TESTS = [bring_back_bobs_sent, nothing_to_do_cannot_be_started, two_messages_go_beside, an_odd_name_is_taken_literally,
         verify_runs_from_the_time_line]


def main():
    tally, lab = Tally(), temp_lab().start()
    try:
        lab.fill()
        lab.cyrkeep('backup', check=0)
        for test in TESTS:
            tally.run(test.__name__, and_close, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
