#!/usr/bin/python3
"""Cyrus is given back in every end: a real Cyrus, a real backup, and everything that can go wrong.

Each test ends with master holding its lock and IMAP greeting. Needs root: a second user (cyrus)
and a small file system of its own belong to it.
"""
import json, os, pty, shutil, signal, socket, subprocess, time

from holding import (BOXES, PER_BOX, QUICK, SIZE, SLOW, SLOWER, STEADY, archives, argv, ended, events, figures, has_begun, held, job_row, kill, report,
                     run_tests, settings, small_disk, start, until)
from lab import BIN, PROGRAM, job_processes, quote, same


def a_backup_stops_copies_and_starts(lab):
    settings(lab, QUICK)
    before = lab.master_pid()
    p = lab.cyrkeep('--json', 'backup', check=0)
    r = json.loads(p.out.splitlines()[-1])
    assert r['event'] == 'report' and r['result'] == 'ok' and r['method'] == 'stop', r
    assert r['messages'] == BOXES * PER_BOX and 0 < r['downtime_ms'] < 60000, r
    mail = BOXES * PER_BOX * SIZE
    assert mail < r['bytes_read'] < 1.5 * mail and r['bytes_written'] == os.path.getsize(r['path']), r
    assert lab.is_up() and lab.master_pid() != before
    phases = [(e['phase'], e['state']) for e in events(lab, r['job']) if e['event'] == 'phase']
    want = ['inspect', 'select', 'hold', 'copy', 'release', 'seal', 'check', 'report']
    assert phases == [(n, s) for n in want for s in ('begin', 'end')], phases
    assert not [n for n in archives(lab) if n.endswith('.partial')]
    jobs = f'{lab.root}/state/jobs/{r["job"]}'
    assert os.stat(jobs).st_mode & 0o777 == 0o700
    for name in os.listdir(jobs):
        assert os.stat(f'{jobs}/{name}').st_mode & 0o077 == 0, name
    assert lab.cyrkeep('unwind').returncode == 0


def a_killed_worker_leaves_cyrus_running(lab):
    before = archives(lab)
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    assert worker and guard
    watcher = subprocess.Popen(argv(lab, 'attach', str(job)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    kill(worker)
    said = watcher.communicate(timeout=30)[1]
    assert 'died' in said and ('still stopped' not in said or 'its guard is about to start it' in said), said
    until('the guard starts Cyrus', lab.is_up)
    until('the guard ends', lambda: job_processes(lab, job) == (0, 0))
    assert job_row(lab, job)['state'] == 'dead', job_row(lab, job)
    assert archives(lab) == before, archives(lab)
    p = lab.cyrkeep('attach', str(job))
    assert p.returncode == 1 and 'died' in p.err, (p.returncode, p.err)


def when_both_die_unwind_gives_it_back(lab):
    before = archives(lab)
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    kill(guard, worker)
    p = lab.cyrkeep('backup')
    assert p.returncode == 5 and 'unwind' in p.err, (p.returncode, p.err)
    p = lab.cyrkeep('check')
    assert p.returncode == 3 and f"problem    E-LEFTOVER: Cyrus was stopped by job {job} at " in p.out and "; 'cyrkeep unwind' starts Cyrus" in p.out, p.out
    p = lab.cyrkeep('--json', 'check')
    left = [x for x in map(json.loads, p.out.splitlines()) if x.get('code') == 'E-LEFTOVER']
    assert p.returncode == 3 and any(x['fatal'] and f'job {job} ' in x['text'] for x in left), p.out
    p = lab.cyrkeep('unwind', '--dry-run')
    assert f'job {job}' in p.out and '(server ' not in p.out and not lab.master_pid(), p.out
    other = f'{lab.root}/other.conf'                       # of another server that shares the state directory
    open(other, 'w').write('configdirectory: /srv/other\npartition-default: /srv/other/mail\n')
    p = lab.cyrkeep('-C', other, 'unwind', '--dry-run', check=0)
    assert f'(server {socket.gethostname()}, {lab.root}/' in p.out, p.out
    left = [json.loads(x) for x in lab.cyrkeep('-C', other, '--json', 'unwind', '--dry-run', check=0).out.splitlines()]
    assert all(x['elsewhere'] and x['configdirectory'].startswith(lab.root) for x in left if x['job'] == job) and left, left
    lab.cyrkeep('unwind', check=0)
    assert lab.is_up()
    assert 'E-LEFTOVER' not in lab.cyrkeep('check').out
    assert archives(lab) == before, archives(lab)
    assert str(job) not in lab.cyrkeep('unwind', '--dry-run').out
    pid = lab.master_pid()
    lab.cyrkeep('unwind', check=0)
    assert lab.master_pid() == pid, 'undone twice'


def a_cyrus_that_runs_again_is_not_called_stopped(lab):
    """Both died, and somebody (or the worker, in its last moment) started Cyrus: only the record of the stop is left."""
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    kill(guard, worker)
    until('both are gone', lambda: job_processes(lab, job) == (0, 0), 10)
    p = lab.cyrkeep('attach', str(job))
    assert p.returncode == 1 and 'still stopped' in p.err, (p.returncode, p.err)
    until('master is gone', lambda: not lab.master_pid())
    lab.start()
    p = lab.cyrkeep('attach', str(job))
    assert p.returncode == 1 and 'died' in p.err and 'stopped' not in p.err, (p.returncode, p.err)
    assert f'job {job}' in lab.cyrkeep('unwind', '--dry-run').out
    settings(lab, QUICK)
    lab.cyrkeep('backup', check=0)
    assert f'job {job}' not in lab.cyrkeep('unwind', '--dry-run').out, 'an unwind would start Cyrus in the middle of the next hold'


def a_killed_console_does_not_matter(lab):
    settings(lab, STEADY)
    p = subprocess.Popen(argv(lab, 'backup'), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    job = until('a job', lambda: next((r['job'] for r in lab.json('jobs') if r['state'] == 'running'), 0))
    held(lab, job)
    p.kill()
    p.wait()
    r = ended(lab, job)
    assert r['result'] == 'ok' and lab.is_up(), r


def a_lost_terminal_does_not_matter(lab):
    settings(lab, STEADY)
    pid, tty = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, argv(lab, 'backup'))
    job = until('a job', lambda: next((r['job'] for r in lab.json('jobs') if r['state'] == 'running'), 0))
    held(lab, job)
    assert ' on pts/' in job_row(lab, job)['who'], job_row(lab, job)
    said = b''
    while b'Cyrus DOWN' not in said:                        # it ends with the job
        said += os.read(tty, 4096)
    os.close(tty)  # SIGHUP to whoever had it
    os.waitpid(pid, 0)
    r = ended(lab, job)
    assert r['result'] == 'ok' and lab.is_up(), r


def the_downtime_limit_is_kept(lab):
    settings(lab, SLOWER + 'hold = { max_downtime = 2; };\n', 'limit.conf')
    before = archives(lab)
    job = start(lab, 'limit.conf')
    held(lab, job)
    worker, _ = job_processes(lab, job)
    os.kill(worker, signal.SIGSTOP)                     # as if its disk had stalled
    until('the guard starts Cyrus', lab.is_up)
    os.kill(worker, signal.SIGCONT)
    r = ended(lab, job)
    assert r['result'] == 'failed' and r['failure'] == 'timeout' and '2 s' in r['error'], r
    assert r['archive'] is None and r['path'] is None, r
    assert r['downtime_ms'] >= 1900, r
    assert lab.is_up() and archives(lab) == before


def a_paused_job_obeys_the_limit(lab):
    settings(lab, SLOW + 'hold = { max_downtime = 3; };\n', 'limit.conf')
    job = start(lab, 'limit.conf')
    held(lab, job)
    lab.cyrkeep('pause', str(job), check=0)
    until('Cyrus is started by the limit', lab.is_up)      # the job would rest for ever
    r = ended(lab, job)
    assert r['result'] == 'failed' and r['failure'] == 'timeout', r


def pause_and_resume(lab):
    settings(lab, STEADY)
    job = start(lab)
    held(lab, job)
    lab.cyrkeep('pause', str(job), check=0)
    assert job_row(lab, job)['state'] == 'paused'          # at once: a console looks when the log says so
    done = figures(lab, job)['bytes_done']
    p = lab.cyrkeep('pause', str(job))
    assert p.returncode == 1 and 'already' in p.err, p.err
    for how in ('--yes', '--dry-run'):                     # Cyrus does not answer, and this is why
        p = lab.cyrkeep('restore', 'latest', 'user/anne', how)
        assert p.returncode == 5 and f'job {job} ' in p.err and 'start Cyrus' not in p.err, (how, p.returncode, p.err)
    time.sleep(3)
    assert not report(lab, job), 'a paused job ended'
    lab.cyrkeep('resume', str(job), check=0)
    r = ended(lab, job)
    assert r['result'] == 'ok' and r['bytes_read'] >= done and lab.is_up(), r
    said = [e['text'] for e in events(lab, job) if e['event'] == 'note']
    assert any(t.startswith('paused by root') for t in said) and any(t.startswith('resumed by root') for t in said), said
    p = lab.cyrkeep('pause', str(job))
    assert p.returncode == 1 and 'ended' in p.err, p.err


def cancel_gives_back_and_leaves_nothing(lab):
    before = archives(lab)
    p = subprocess.Popen(argv(lab, '--json', 'backup'), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    job = until('a job', lambda: next((r['job'] for r in lab.json('jobs') if r['state'] == 'running'), 0))
    held(lab, job)
    lab.cyrkeep('cancel', str(job), check=0)
    out = p.communicate(timeout=30)[0].decode().splitlines()
    assert p.returncode == 6, p.returncode
    r = json.loads(out[-1])
    assert r['event'] == 'report' and r['result'] == 'cancelled' and r['path'] is None, r
    assert lab.is_up() and archives(lab) == before
    assert job_row(lab, job)['result'] == 'cancelled'


def cancel_while_paused(lab):
    job = start(lab)
    held(lab, job)
    lab.cyrkeep('pause', str(job), check=0)
    lab.cyrkeep('cancel', str(job), check=0)
    assert ended(lab, job)['result'] == 'cancelled' and lab.is_up()


def a_terminated_worker_cancels(lab):
    settings(lab, SLOWER, 'slower.conf')
    job = start(lab, 'slower.conf')
    held(lab, job)
    os.kill(job_processes(lab, job)[0], signal.SIGTERM)
    r = ended(lab, job)
    assert r['result'] == 'cancelled' and lab.is_up(), r


def the_guard_cannot_be_talked_away(lab):
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    for sig in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        os.kill(guard, sig)
    time.sleep(0.2)
    assert job_processes(lab, job)[1] == guard
    same(sorted(map(int, os.listdir(f'/proc/{guard}/fd'))), list(range(6)), 'nothing of the worker is open but pipe, journal and log')
    kill(worker)
    until('the guard starts Cyrus', lab.is_up)


def a_second_backup_is_refused(lab):
    settings(lab, STEADY)
    job = start(lab)
    held(lab, job)
    p = lab.cyrkeep('backup')
    assert p.returncode == 5 and f'job {job}' in p.err and 'backup' in p.err and 'root' in p.err, (p.returncode, p.err)
    q = subprocess.run(argv(lab, '--state', f'{lab.root}/state2', 'backup'), capture_output=True, stdin=subprocess.DEVNULL)
    assert q.returncode == 5 and b'imapd.conf' in q.stderr, (q.returncode, q.stderr)
    assert ended(lab, job)['result'] == 'ok' and lab.is_up()


def many_watch_one_job(lab):
    settings(lab, STEADY)
    job = start(lab)
    watchers = [subprocess.Popen(argv(lab, '--json', 'attach', str(job)), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE) for _ in range(4)]
    outs = [[json.loads(x) for x in w.communicate(timeout=60)[0].decode().splitlines()] for w in watchers]
    late = lab.json('attach', str(job))
    for out in outs + [late]:
        assert out[-1]['event'] == 'report' and out[-1]['job'] == job, out[-1]
        assert [e for e in out if e['event'] == 'phase'] == [e for e in late if e['event'] == 'phase']
        assert any(e['event'] == 'progress' for e in out)
    assert len([e for e in outs[0] if e['event'] == 'progress']) > 4
    assert lab.is_up()


def a_full_destination_fails_and_gives_back(lab):
    settings(lab, QUICK)
    with small_disk(f'{lab.root}/small', '9m') as small:
        p = lab.cyrkeep('--json', '--state', f'{lab.root}/state3', 'backup', '--to', small)
        r = json.loads(p.out.splitlines()[-1])
        assert p.returncode == 1 and r['result'] == 'failed' and r['failure'] == 'nospace', (p.returncode, r)
        assert lab.is_up() and os.listdir(small) == [], os.listdir(small)
        assert any(e['phase'] == 'copy' for e in events(lab, r['job'], 'state3') if e['event'] == 'phase'), r


def a_destination_that_is_too_small_stops_nothing(lab):
    before = lab.master_pid()
    with small_disk(f'{lab.root}/small', '2m') as small:
        p = lab.cyrkeep('backup', '--to', small)
        assert p.returncode == 1 and 'MiB' in p.err, (p.returncode, p.err)
        assert lab.master_pid() == before, 'Cyrus was stopped for nothing'
    p = lab.cyrkeep('backup', '--to', '/proc/nowhere')
    assert p.returncode == 1 and lab.master_pid() == before, p.err


def a_full_state_directory_stops_nothing(lab):
    before = lab.master_pid()
    with small_disk(f'{lab.root}/tiny', '64k') as state:
        p = subprocess.run(argv(lab, '--state', state, 'backup'), capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        assert p.returncode == 1 and b'space' in p.stderr.lower() and p.stderr.count(b'\n') == 1, (p.returncode, p.stderr)
        assert lab.master_pid() == before


def a_writer_that_stays_is_named(lab):
    """S40: after the stop a process of the Cyrus user still has a file of the spool open."""
    settings(lab, SLOW, 'short.conf', timeout=('timeout = 30', 'timeout = 3'))
    target = f'{lab.root}/conf/mailboxes.db'
    left = subprocess.Popen([shutil.which('tail'), '-f', target], user='cyrus', group='mail', stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        fds = f'/proc/{left.pid}/fd'
        until('it has the file open', lambda: target in [os.path.realpath(f'{fds}/{n}') for n in os.listdir(fds)])
        for down in (False, True):                          # it is looked for where nothing was to be stopped, too
            if down:
                lab.stop()
            job = start(lab, 'short.conf')
            r = ended(lab, job)
            assert r['result'] == 'failed' and f'tail (pid {left.pid})' in r['error'], r
            assert not has_begun(lab, job, 'copy') and lab.is_up() != down
    finally:
        left.kill()
        left.wait()
    lab.start()


def a_writer_behind_a_link_is_named(lab):
    """The spool is a symbolic link: what is open below it is open below where that leads."""
    settings(lab, SLOW, 'short.conf', timeout=('timeout = 30', 'timeout = 3'))
    spool, real = f'{lab.root}/spool/default', f'{lab.root}/real'
    lab.stop()
    os.rename(spool, real)
    os.symlink(real, spool)
    lab.start()
    target = next(os.path.join(d, f) for d, _, files in os.walk(real) for f in files if f == 'cyrus.index')
    left = subprocess.Popen([shutil.which('tail'), '-f', target], user='cyrus', group='mail', stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    try:
        left.stdout.read(1)                                # it has the file open
        r = ended(lab, start(lab, 'short.conf'))
        assert r['result'] == 'failed' and f'tail (pid {left.pid})' in r['error'], r
        assert lab.is_up()
    finally:
        left.kill()
        left.wait()
        lab.stop()
        os.unlink(spool)
        os.rename(real, spool)
        lab.start()


def a_tool_of_cyrus_is_a_writer(lab):
    """A squatter or reconstruct that was not started by master is found by its -C."""
    settings(lab, SLOW, 'short.conf', timeout=('timeout = 30', 'timeout = 3'))
    left = subprocess.Popen([f'{BIN}/idled', '-C', f'{lab.root}/imapd.conf', '-d'], user='cyrus', group='mail',
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        assert left.poll() is None, 'this idled does not stay in the foreground'
        r = ended(lab, start(lab, 'short.conf'))
        assert r['result'] == 'failed' and f'(pid {left.pid})' in r['error'], r
        assert lab.is_up()
    finally:
        left.kill()
        left.wait()


def a_master_that_is_late_comes_back_too(lab):
    """It gets SIGQUIT while it cannot act, and acts on it when everybody has given up on it."""
    settings(lab, SLOW, 'short.conf', timeout=('timeout = 30', 'timeout = 2'))
    pid = lab.master_pid()
    os.kill(pid, signal.SIGSTOP)
    job = start(lab, 'short.conf')
    until('the hold begins', lambda: has_begun(lab, job, 'hold'))
    time.sleep(4)
    os.kill(pid, signal.SIGCONT)
    r = ended(lab, job)
    assert r['result'] == 'failed' and not has_begun(lab, job, 'copy'), r
    until('a new master', lambda: lab.is_up() and lab.master_pid() != pid)
    time.sleep(2)
    assert lab.is_up()


def a_server_that_was_down_stays_down(lab):
    settings(lab, QUICK)
    lab.stop()
    p = lab.cyrkeep('--json', 'backup', check=0)
    r = json.loads(p.out.splitlines()[-1])
    assert r['result'] == 'ok' and r['downtime_ms'] == 0, r
    notes = [e['text'] for e in events(lab, r['job']) if e['event'] == 'note']
    assert any('was not running' in n for n in notes) and not any(n.startswith('stopping') for n in notes), notes
    assert not lab.master_pid()
    lab.start()


def a_start_by_somebody_else_spoils_the_copy(lab):
    before = archives(lab)
    job = start(lab)
    held(lab, job)
    lab.start()
    r = ended(lab, job)
    assert r['result'] == 'failed' and 'somebody' in r['error'], r
    assert archives(lab) == before and lab.is_up()


def methods_that_are_not_there_are_refused(lab):
    before = lab.master_pid()
    for method in ('live', 'snapshot', 'nonsense'):
        p = lab.cyrkeep('backup', '--method', method)
        assert p.returncode == 2 and f"'{method}'" in p.err and "'stop'" in p.err, (p.returncode, p.err)
    p = lab.cyrkeep('backup', 'user/nobody/*')
    assert p.returncode in (1, 2, 4), p.returncode
    p = lab.cyrkeep('backup', '--exclude', 'smaller:3')
    assert p.returncode == 2, (p.returncode, p.err)
    assert lab.master_pid() == before


def lost_mail_closes_the_gate(lab):
    """The server has lost most of its mail since the last good run: nothing is stopped."""
    settings(lab, QUICK)
    lab.cyrkeep('backup', check=0)
    admin = lab.imap()
    lab.ok(admin.setacl('user/load', 'cyrus', 'lrswipkxtecda'))
    for b in range(BOXES - 2):
        lab.ok(admin.setacl(quote(f'user/load/box{b}'), 'cyrus', 'lrswipkxtecda'))
        lab.ok(admin.select(quote(f'user/load/box{b}')))
        lab.ok(admin.store('1:*', '+FLAGS', r'(\Deleted)'))
        lab.ok(admin.expunge())
    admin.logout()
    before = lab.master_pid()
    p = lab.cyrkeep('--json', 'backup')
    r = json.loads(p.out.splitlines()[-1])
    assert p.returncode == 4 and r['result'] == 'failed' and r['failure'] == 'gate', (p.returncode, r)
    assert '--accept-shrink' in r['remedy'] and 'directory' not in r['remedy'], r
    assert lab.master_pid() == before
    p = lab.cyrkeep('--json', 'backup', '--accept-shrink', check=0)
    r = json.loads(p.out.splitlines()[-1])
    said = [e['text'] for e in events(lab, r['job']) if e['event'] == 'note']
    assert any(t.startswith('accepted by root: the server has ') and 'mail is missing' in t for t in said), said
    r = json.loads(lab.cyrkeep('--json', 'backup', check=0).out.splitlines()[-1])
    assert r['result'] == 'ok', r                          # that one is what the next is compared with


TESTS = [a_backup_stops_copies_and_starts, a_killed_worker_leaves_cyrus_running, when_both_die_unwind_gives_it_back,
         a_cyrus_that_runs_again_is_not_called_stopped,
         a_killed_console_does_not_matter, a_lost_terminal_does_not_matter, the_downtime_limit_is_kept,
         a_paused_job_obeys_the_limit, pause_and_resume, cancel_gives_back_and_leaves_nothing, cancel_while_paused,
         a_terminated_worker_cancels, the_guard_cannot_be_talked_away, a_second_backup_is_refused, many_watch_one_job,
         a_full_destination_fails_and_gives_back, a_destination_that_is_too_small_stops_nothing,
         a_full_state_directory_stops_nothing, a_writer_that_stays_is_named, a_writer_behind_a_link_is_named, a_tool_of_cyrus_is_a_writer,
         a_master_that_is_late_comes_back_too, a_server_that_was_down_stays_down,
         a_start_by_somebody_else_spoils_the_copy, methods_that_are_not_there_are_refused, lost_mail_closes_the_gate]


if __name__ == '__main__':
    run_tests(TESTS, lambda lab: settings(lab, SLOW))
