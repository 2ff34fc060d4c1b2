#!/usr/bin/python3
"""Whole sessions in the console, at 80x24 on a real Cyrus: what an administrator does, key by key."""
import os, re, signal, sys, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Tally, job_processes, message, temp_lab
from terminal import Console, check_bytes

F5, F6, F8, F10, ENTER, ESC = '\x1b[15~', '\x1b[17~', '\x1b[19~', '\x1b[21~', '\r', '\x1b'


def press(c, keys, words, timeout=15):
    c.send(keys)
    c.wait_for(words, timeout)


def type_slowly(c, text):
    """As fingers do: what comes in one burst is a paste, and word fields ignore pastes."""
    for letter in text:
        c.send(letter)
        c.read(0.06)


def start_backup(c):
    press(c, '2', '[1 Sources]')
    c.wait_for('anne')
    press(c, F5, '[2 Method]')
    press(c, F5, '[3 Destination]')
    press(c, F5, '[4 Review]')
    c.wait_for('ok    Cyrus is controlled')
    press(c, F5, 'Cyrus will be stopped')
    time.sleep(0.4)                                   # a fresh dialog takes no answer for 300 ms
    type_slowly(c, 'stop')
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

    press(c, '4', 'full A     ok')
    press(c, ENTER, 'anne')
    press(c, '/', '/')
    type_slowly(c, 'Q4')
    c.wait_for('office/2025/Q4')
    c.send(ENTER)
    press(c, ENTER, 'Grüße aus Köln')
    c.wait_for('Preview')
    c.wait_for('Subject:')

    owner = lab.imap('anne')
    lab.delete(owner, 'INBOX/office/2025/Q4')
    owner.logout()
    assert name not in lab.mailboxes()
    press(c, 'q', 'office/2025/Q4')
    press(c, F6, 'back to where it was')
    press(c, '\x1b[A', '>( ) back to where it was')      # the form begins with what changes nothing that is there
    press(c, ' ', '(•) back to where it was')
    press(c, F5, '[2 Preview]')
    c.wait_for('6 messages')
    assert name not in lab.mailboxes(), 'the preview changes nothing'
    press(c, F5, 'put back', 60)
    c.wait_for('6')
    after = lab.mailbox(name)
    assert after == before, (before, after)
    leave(c)


def two_words_and_a_few_keys_bring_a_folder_back(lab):
    """J4: 'bring back bob's Sent as it was' takes at most 12 keys plus typing 'bob sent'."""
    before = lab.mailbox('user/bob/Sent')
    owner = lab.imap('bob')
    lab.ok(owner.select('INBOX/Sent'))
    lab.ok(owner.uid('STORE', '1:3', '+FLAGS', r'(\Deleted)'))
    lab.ok(owner.expunge())
    owner.logout()
    c = Console(lab.root)
    c.wait_for('Cyrus up')
    c.wait_for('[1 Home]')
    keys = 0
    press(c, ':', ':')
    type_slowly(c, 'bob sent')
    press(c, ENTER, 'user/bob/Sent')
    press(c, F6, 'back to where it was')
    keys += 3
    while '(•) back to where it was' not in c.text():
        assert keys < 8, c.text()
        c.send('\x1b[A' if keys == 3 else ' ')
        keys += 1
        c.read(0.3)
        while c.read(0.1):
            pass
    press(c, F5, '[2 Preview]')
    c.wait_for('3 messages')
    press(c, F5, 'put back', 60)
    keys += 2
    assert keys <= 12, keys
    pick = lambda box: sorted((m['sha1'], m['date'], tuple(m['flags'])) for m in box['messages'].values())
    assert pick(lab.mailbox('user/bob/Sent')) == pick(before)
    leave(c)


def leaving_does_not_touch_the_job(lab):
    """J3: pause it, kill the console, attach from another one, let it go on."""
    c = Console(lab.root)
    c.wait_for('Cyrus up')
    start_backup(c)
    c.wait_for('Job ')
    job = lab.json('jobs')[0]['job']
    paused = lab.cyrkeep('pause', str(job)).returncode == 0
    c.process.kill()
    c.close()
    if paused:
        d = Console(lab.root, args=('attach', str(job)))
        d.wait_for('paused')
        d.wait_until(lambda: re.search(r'DOWN \d|up paused +\d+%', d.text().split('\n')[0]), 'what it means for Cyrus')
        d.send('p')
        d.wait_for('Backup complete', 60)
        leave(d)
    end = time.monotonic() + 60
    while lab.json('jobs')[0]['state'] != 'done':
        assert time.monotonic() < end, lab.json('jobs')[0]
        time.sleep(0.1)
    assert lab.json('jobs')[0]['result'] == 'ok'
    assert lab.is_up()
    assert paused, 'the job was too quick to be paused'


def after_a_crash_the_first_button_starts_cyrus(lab):
    """J6: worker and guard are killed while Cyrus is down; the next console says so before anything else."""
    job = None
    for _ in range(5):
        lab.cyrkeep('--json', 'backup', '--detach', check=0)
        job = lab.json('jobs')[0]['job']
        end = time.monotonic() + 20
        while lab.master_pid() and time.monotonic() < end:
            pass
        lab.cyrkeep('pause', str(job))
        pids = job_processes(lab, job)
        if not lab.master_pid() and all(pids):
            break
        lab.cyrkeep('resume', str(job))
        lab.cyrkeep('attach', str(job))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)                    # both, so that neither sees the other die
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.3)
    assert not lab.master_pid(), 'Cyrus is down now'
    c = Console(lab.root)
    c.wait_for('Cyrus')
    c.wait_for('stopped', 10)
    first = c.text()
    assert 'Start Cyrus' in first or 'start Cyrus' in first, first
    c.send(ENTER)
    end = time.monotonic() + 20
    while not lab.is_up():
        assert time.monotonic() < end, c.text()
        c.read(0.1)
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
            press(c, place, f'[{place}')
        c.send('q' if '[5' not in c.text() else ESC)      # the form of place 5 has a field, which takes letters
        for _ in range(5):
            c.read(0.1)
        press(c, '1', '[1 Home]')
        c.send('?')
        for _ in range(5):
            c.read(0.1)
        c.send(ESC)
        for _ in range(5):
            c.read(0.1)
        leave(c)


def main():
    lab, tally = temp_lab(), Tally()
    try:
        lab.start().fill()
        c = lab.imap('bob')
        noise = os.urandom(120_000).hex()
        for i in range(60):                             # enough to be seen at work
            lab.append(c, 'INBOX/project.x', message(f'long {i}', '\n'.join(noise[j:j + 76] for j in range(i, len(noise), 76))))
        c.logout()
        for test in (backup_browse_and_put_back, two_words_and_a_few_keys_bring_a_folder_back, leaving_does_not_touch_the_job,
                     every_screen_lives_at_every_size, after_a_crash_the_first_button_starts_cyrus):
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
