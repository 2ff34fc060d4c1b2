#!/usr/bin/python3
"""The thread that draws touches no file, no socket and no child: shown by strace, and by a disk that hangs."""
import re, time

import sanitizer
from lab import PROGRAM, Tally, temp_lab
from terminal import DOWN, ENTER, ESC, F5, F6, F7, F10, Console, check_bytes

SEEN = ('%file,%network,%process,read,readv,pread64,preadv,write,writev,pwrite64,pwritev,getdents64,fcntl,flock,fsync,'
        'fdatasync,syncfs,ftruncate,fallocate,copy_file_range,sendfile,inotify_add_watch,nanosleep,clock_nanosleep')
HANGS_S = 30                                          # longer than the whole test looks


def traced(lab, trace, *options, args=()):
    program = ['strace', '-f', '-b', 'execve', '-qq', '-yy', '-s', '400', '-o', trace, *options,
               PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args]
    return Console(lab.root, program=program, **sanitizer.traced())


def traced_process(c):
    with open(f'/proc/{c.process.pid}/task/{c.process.pid}/children') as f:
        return f.read().split()[0]


def has_ended(pid):
    """All but what strace holds back of it."""
    with open(f'/proc/{pid}/stat') as f:
        return f.read().rsplit(')', 1)[1].split()[0] in 'ZX'


def is_waiting(call, rest):
    """Of the terminal, of what wakes the thread, and starting other threads."""
    if call in ('read', 'write', 'writev'):
        return re.match(r'\d+<(/dev/pts/|/dev/tty|pipe:|anon_inode:\[(eventfd|signalfd))', rest)
    return call in ('clone', 'clone3') and 'CLONE_THREAD' in rest or call in ('exit', 'exit_group')


def deeds_of_drawing_thread(trace):
    """Its system calls from the first painted screen on that are no waiting."""
    deeds, painted, first = [], False, None
    with open(trace, errors='replace') as f:
        for line in f:
            m = re.match(r'(\d+) +(\w+)\((.*)', line)
            first = first or m.group(1)
            if not m or m.group(1) != first:
                continue
            painted = painted or (m.group(2) == 'write' and '1 Home' in m.group(3))
            if painted and not is_waiting(m.group(2), m.group(3)):
                deeds.append(line.strip())
    assert painted, 'no screen was seen in the trace'
    return deeds


def a_whole_session_draws_and_does_nothing_else(lab):
    trace = f'{lab.root}/trace'
    c = traced(lab, trace, '-e', f'trace={SEEN}')
    c.wait_for('Cyrus up', 30)
    c.press('2', '[1 Sources]')
    c.wait_for('anne')
    c.press(DOWN + ' ', '[ ]')                         # a box off and on, which saves a draft
    c.press('u', 'Undone')
    c.press('v', 'argest')
    c.press('q', '[1 Sources]')
    c.press('R', 'Exclusion rules')
    c.press(F7, 'New rule')
    c.press(ESC, 'Exclusion rules')
    c.press('q', '[1 Sources]')
    c.press(F5, '[2 Method]')
    c.press(F5, '[3 Destination]')
    c.press(F5, '[4 Review]')
    c.wait_for('ok    Cyrus is controlled')
    c.press(F5, 'Cyrus will be stopped')
    time.sleep(0.4)                                   # a fresh dialog takes no answer for 300 ms
    c.type_slowly('stop')
    c.press(ENTER, 'Job 1 ')
    c.wait_for('Backup complete, grade A', 120)
    c.press('o', 'Log of job 1')
    c.press('q', 'Report of job 1')
    c.press('=', 'without the console')
    c.press('q', 'Report of job 1')
    c.press('4', 'full A     ok')
    c.press(ENTER, 'anne')
    c.press('/', '/')
    c.type_slowly('Q4')
    c.wait_for('office/2025/Q4')
    c.press(ENTER, 'office/2025/Q4')
    c.press(ENTER, 'Preview')
    c.press(ENTER, 'Some lines of text')
    c.press('q', 'Preview')
    c.press('q', '/Q4 ')
    c.press('c', 'ettings')
    c.press('q', '/Q4 ')
    c.press(F6, '[1 What and where]')
    c.press(F5, '[2 Preview]')
    c.wait_for('would be added')
    c.press(F5, 'Report of job 2')
    c.press('q', '/Q4 ')
    c.press(ESC, 'anne')
    c.press('q', 'full A     ok')
    c.press('V', 'Report of job 3', 60)
    c.press('3', 'backup')
    c.press(':1' + ENTER, 'job 1')
    c.press('?', 'Help: ')
    c.press(ESC, 'job 1')
    c.press(':unwind' + ENTER, 'Nothing is left over')
    c.press('1', '[1 Home]')
    c.send(F10)
    assert c.wait_exit(30) == 0
    c.expect_terminal_as_before()
    check_bytes(c.raw)
    c.close()
    deeds = deeds_of_drawing_thread(trace)
    if sanitizer.is_in(PROGRAM):                      # which looks at /proc itself
        deeds = [d for d in deeds if lab.root in d]
    assert not deeds, 'the drawing thread did:\n' + '\n'.join(deeds[:40])


def a_disk_that_hangs_holds_no_key_up(lab):
    """The files of job 1 do not answer: the console appears, answers keys, and can be left."""
    job = f'{lab.root}/state/jobs/1'
    for hanging, args in (('lock', ()), ('events', ('attach', '1'))):
        trace = f'{lab.root}/trace-{hanging}'
        c = traced(lab, trace, '-P', f'{job}/{hanging}', '-e', 'trace=openat',
                   '-e', f'inject=openat:delay_enter={HANGS_S * 1000000}', args=args)
        c.wait_for('3 Jobs', HANGS_S / 3)
        began = time.monotonic()
        c.press('?', 'Help: ', HANGS_S / 3)
        c.press(ESC, '1 Home', HANGS_S / 3)
        c.press('3', '[3 Jobs]', HANGS_S / 3)
        c.press('1', '[1 Home]', HANGS_S / 3)
        c.send(F10)
        c.wait_until(lambda: has_ended(traced_process(c)), 'the end of the console', HANGS_S / 3)
        assert time.monotonic() - began < HANGS_S, 'it waited for the disk'
        c.expect_terminal_as_before()
        c.close()


def main():
    lab, tally = temp_lab(), Tally()
    try:
        lab.start().fill()
        for test in a_whole_session_draws_and_does_nothing_else, a_disk_that_hangs_holds_no_key_up:
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
