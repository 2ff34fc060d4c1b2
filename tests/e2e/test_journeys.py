#!/usr/bin/python3
"""Whole sessions in the console, at 80x24 on a real Cyrus: what an administrator does, key by key."""
import os, re, time

from holding import STEADY, fill, held, kill, settings, start
from lab import Tally, job_processes, keep_settings, temp_lab
from terminal import ENTER, ESC, F5, F6, F10, UP, Console, and_close, check_bytes


def start_backup(c):
    c.press('2', '[1 Sources]')
    c.wait_for('anne')
    c.press(F5, '[2 Method]')
    c.press(F5, '[3 Destination]')
    c.press(F5, '[4 Review]')
    c.wait_for('ok    Cyrus is controlled')
    c.press(F5, 'Cyrus will be stopped')
    time.sleep(0.4)                                   # a fresh dialog takes no answer for 300 ms
    c.type_slowly('stop')
    c.send(ENTER)


def leave(c):
    c.send(F10)
    c.wait_exit()
    c.expect_terminal_as_before()
    check_bytes(c.raw)


def backup_browse_and_put_back(lab):
    """J2, J5, J4: five times F5, look into the archive, lose a mailbox, bring it back as it was."""
    name = 'user/anne/office/2025/Q4'
    before = lab.mailbox(name)
    c = Console(lab.root)
    c.wait_for('Cyrus up')
    c.wait_for('No backup has been made')
    start_backup(c)
    c.wait_for('Backup complete, grade A', 60)
    assert 'Cyrus up' in c.text().split('\n')[0], c.text()
    assert lab.is_up()
    job = lab.json('jobs')[0]
    assert (job['kind'], job['result']) == ('backup', 'ok'), job

    c.press('4', 'full A     ok')
    c.press(ENTER, 'anne')
    c.press('/', '/')
    c.type_slowly('Q4')
    c.wait_for('office/2025/Q4')
    c.send(ENTER)
    c.press(ENTER, 'Grüße aus Köln')
    c.wait_for('Preview')
    c.wait_for('Subject:')

    owner = lab.imap('anne')
    lab.delete(owner, 'INBOX/office/2025/Q4')
    owner.logout()
    assert name not in lab.mailboxes()
    c.press('q', 'office/2025/Q4')
    c.press(F6, 'back to where it was')
    c.press(UP, '>( ) back to where it was')            # the form begins with what changes nothing that is there
    c.press(' ', '(•) back to where it was')
    c.press(F5, '[2 Preview]')
    c.wait_for('6 messages')
    assert name not in lab.mailboxes(), 'the preview changes nothing'
    c.press(F5, 'put back', 60)
    c.wait_for('6')
    after = lab.mailbox(name)
    assert after == before, (before, after)
    leave(c)


def leaving_does_not_touch_the_job(lab):
    """J3: pause it, kill the console, attach from another one, let it go on."""
    c = Console(lab.root, settings='steady.conf')
    c.wait_for('Cyrus up')
    start_backup(c)
    c.wait_for('Job ')
    job = lab.json('jobs')[0]['job']
    held(lab, job)
    lab.cyrkeep('pause', str(job), check=0)
    c.process.kill()
    c.close()
    d = Console(lab.root, args=('attach', str(job)))
    d.wait_for('paused')
    d.wait_until(lambda: re.search(r'DOWN \d', d.text().split('\n')[0]), 'what it means for Cyrus')
    d.send('p')
    d.wait_for('Backup complete', 60)
    leave(d)
    assert lab.json('jobs')[0]['result'] == 'ok'
    assert lab.is_up()


def after_a_crash_the_first_button_starts_cyrus(lab):
    """J6: worker and guard are killed while Cyrus is down; the next console says so before anything else."""
    job = start(lab, 'steady.conf')
    held(lab, job)
    worker, guard = job_processes(lab, job)
    kill(guard, worker)
    assert not lab.master_pid(), 'Cyrus is down now'
    c = Console(lab.root)
    c.wait_for('CYRUS IS STOPPED')
    c.wait_for('[>Start Cyrus, undo all<]')
    c.send(ENTER)
    c.wait_until(lab.is_up, 'Cyrus', 60)
    c.wait_for('Cyrus up', 15)
    leave(c)
    assert not [f for f in os.listdir(f'{lab.root}/backup') if f.endswith('.partial')]
    assert 'Nothing is left behind' in lab.cyrkeep('unwind', '--dry-run', check=0).out


def every_screen_lives_at_every_size(lab):
    """Places and help at 120x40, 80x24 and 60x16, in colour, without colour, in ASCII; no byte that harms."""
    for rows, cols, env in ((40, 120, {}), (24, 80, {'NO_COLOR': '1'}), (16, 60, {}),
                            (24, 80, {'LC_ALL': 'C', 'TERM': 'vt100'})):
        c = Console(lab.root, rows, cols, **env)
        c.wait_for('Cyrus up')
        for place in '2345':
            c.press(place, f'[{place}')
        c.send(ESC)                                       # the form of place 5 has a field, which takes letters
        c.wait_until(lambda: '[5' not in c.text(), 'another place')
        c.press('1', '[1 Home]')
        c.press('?', 'Help: Home')
        c.send(ESC)
        c.wait_until(lambda: 'Help: Home' not in c.text(), 'Home again')
        leave(c)


def main():
    lab, tally = temp_lab(), Tally()
    try:
        keep_settings(lab.configure())
        settings(lab, STEADY, 'steady.conf')
        lab.start().fill()
        fill(lab)                                       # enough to be seen at work
        for test in (backup_browse_and_put_back, leaving_does_not_touch_the_job,
                     every_screen_lives_at_every_size, after_a_crash_the_first_button_starts_cyrus):
            tally.run(test.__name__, and_close, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
