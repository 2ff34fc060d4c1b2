#!/usr/bin/python3
"""Cyrus is given back when that is hard: a configuration that was broken meanwhile, a worker that stands
still, a guard that is gone, a master that obeys late. And it comes back as init would have started it.
"""
import ctypes, datetime, json, os, re, shutil, signal, socket, subprocess, threading, time

from holding import (QUICK, SLOW, archives, argv, ended, events, figures, has_begun, held, kill, report, run_tests, settings,
                     small_disk, start, until)
from lab import BIN, job_processes

SHORT = ('timeout = 30', 'timeout = 3')


# -- helpers ------------------------------------------------------------------------------------

def log(lab, job):
    return open(f'{lab.root}/state/jobs/{job}/log').read()


def said_at(lab, job, words):
    """Seconds of the first note that begins so."""
    time = next(e['time'] for e in events(lab, job) if e['event'] == 'note' and e['text'].startswith(words))
    return datetime.datetime.fromisoformat(time.replace('Z', '+00:00')).timestamp()


def gone(lab, job):
    until('worker and guard are gone', lambda: job_processes(lab, job) == (0, 0))


def read(path):
    try:
        return open(path).read()
    except FileNotFoundError:
        return ''


def is_told(pid):
    """SIGQUIT waits for it."""
    return int(re.search(r'ShdPnd:\s*(\S+)', read(f'/proc/{pid}/status'))[1], 16) & 1 << signal.SIGQUIT - 1


class standing_still:
    """A process is stopped for a while."""
    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


class cyrus_conf:
    """cyrus.conf is something else for a while. It is never half of it: a guard may start master at any moment."""
    def __init__(self, lab, text):
        self.path, self.text = f'{lab.root}/cyrus.conf', text

    def replace(self, text):
        with open(f'{self.path}.new', 'w') as f:
            f.write(text)
        shutil.copymode(self.path, f.name)
        os.replace(f.name, self.path)

    def __enter__(self):
        self.was = open(self.path).read()
        self.replace(self.text(self.was))

    def __exit__(self, *_):
        self.replace(self.was)


def with_service(line):
    return lambda was: was.replace('SERVICES {', 'SERVICES {\n  ' + line)


def with_start(line):
    return lambda was: was.replace('START {', 'START {\n  ' + line)


NO_PROGRAM = 'bad cmd="/nowhere/imapd" listen="127.0.0.1:1" prefork=0'


def nothing_left(lab):
    assert lab.cyrkeep('unwind', '--dry-run', check=0).out == 'Nothing is left behind.\n'


# -- a start that fails -------------------------------------------------------------------------

def a_cyrus_that_cannot_be_started_is_told(lab):
    """cyrus.conf was edited during the hold: the release says where, the journal stays for unwind."""
    job = start(lab)
    held(lab, job)
    with cyrus_conf(lab, with_service(NO_PROGRAM)):
        begin = time.monotonic()
        lab.cyrkeep('cancel', str(job), check=0)
        r = until('the report', lambda: report(lab, job), 40)
        assert time.monotonic() - begin < 25, 'the report took too long'
        assert r['result'] == 'failed' and r['failure'] == 'down' and r['downtime_ms'] > 0, r
        assert r['error'].startswith('CYRUS DOES NOT RUN') and "cyrus.conf', line 5" in r['error'] and '/nowhere/imapd' in r['error'], r
        assert 'unwind' in r['remedy'], r
        p = lab.cyrkeep('attach', str(job))
        assert p.returncode == 4 and '/nowhere/imapd' in p.err and 'unwind' in p.err, (p.returncode, p.err)
        until('the worker is gone', lambda: not job_processes(lab, job)[0])
        p = lab.cyrkeep('unwind', '--dry-run', check=0)
        assert f'job {job}: Cyrus was stopped' in p.out and 'guard' in p.out, p.out
        p = lab.cyrkeep('backup')
        assert p.returncode == 5 and f'job {job}' in p.err and "'cyrkeep unwind'" in p.err, (p.returncode, p.err)
        p = lab.cyrkeep('unwind')
        assert p.returncode == 4 and '/nowhere/imapd' in p.err, (p.returncode, p.err)
        assert not lab.is_up()
        assert 'cannot give the server back yet: cannot start Cyrus: ' in log(lab, job), log(lab, job)
        os.kill(job_processes(lab, job)[1], signal.SIGSTOP)     # the guard: its turn would come in a moment
    lab.cyrkeep('unwind', check=0)
    assert lab.is_up()
    pid = lab.master_pid()
    os.kill(job_processes(lab, job)[1], signal.SIGCONT)
    gone(lab, job)
    assert lab.master_pid() == pid and lab.is_up()
    nothing_left(lab)


def a_good_copy_with_a_cyrus_that_cannot_be_started(lab):
    """The archive is complete and has its name, and the job has failed all the same."""
    settings(lab, 'archive = { level = 6; threads = 2; };\n', 'quick.conf')
    before = archives(lab)
    job = start(lab, 'quick.conf')
    held(lab, job)
    with cyrus_conf(lab, with_service('a-b cmd="imapd" listen="127.0.0.1:1"')):
        r = until('the report', lambda: report(lab, job), 60)
        assert r['result'] == 'failed' and r['failure'] == 'down' and 'letters and digits' in r['error'], r
        assert r['path'] and r['archive'] == job and len(archives(lab)) == len(before) + 1, r
    until('the guard starts Cyrus', lab.is_up, 60)        # it tries every 5 s; a try may take that long, too
    gone(lab, job)
    nothing_left(lab)
    assert lab.cyrkeep('verify', str(job)).returncode == 0


def the_guard_of_a_dead_worker_waits_for_the_mending(lab):
    job = start(lab)
    held(lab, job)
    with cyrus_conf(lab, with_service(NO_PROGRAM)):
        kill(job_processes(lab, job)[0])
        until('the guard says why not', lambda: 'cannot give the server back yet: ' in log(lab, job))
        assert '/nowhere/imapd' in log(lab, job) and not lab.is_up(), log(lab, job)
        p = lab.cyrkeep('unwind', '--dry-run', check=0)
        assert f'job {job}: Cyrus was stopped' in p.out, p.out
        assert lab.cyrkeep('backup').returncode == 5
    until('the guard starts Cyrus', lab.is_up)
    gone(lab, job)
    assert 'the server is given back' in log(lab, job)
    nothing_left(lab)


def what_stays_broken_is_told_once(lab):
    """The guard tries again and again; asked to end, as at a shutdown, it leaves the rest to unwind."""
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    tries, fails = f'{lab.root}/conf/tries', f'{lab.root}/conf/fails'
    with open(fails, 'w') as f:
        f.write(f'#!/bin/sh\necho >>{tries}\nexit 1\n')
    os.chmod(fails, 0o755)
    with cyrus_conf(lab, with_start(f'bad cmd="{fails}"')):
        kill(worker)
        until('the guard has tried twice and tries again', lambda: len(read(tries)) > 2, 60)
        assert log(lab, job).count('cannot give the server back yet: ') == 1, log(lab, job)
        os.kill(guard, signal.SIGTERM)
        gone(lab, job)
        assert "gave up; 'cyrkeep unwind' gives the server back" in log(lab, job) and not lab.is_up(), log(lab, job)
    lab.cyrkeep('unwind', check=0)
    assert lab.is_up()
    nothing_left(lab)


def when_both_are_dead_unwind_keeps_the_journal(lab):
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    kill(guard, worker)
    gone(lab, job)
    with cyrus_conf(lab, with_start('bad cmd="/nowhere/recover"')):
        for _ in range(2):
            p = lab.cyrkeep('unwind')
            assert p.returncode == 4 and "'/nowhere/recover' for start 'bad'" in p.err, (p.returncode, p.err)
            assert not lab.is_up()
    lab.cyrkeep('unwind', check=0)
    assert lab.is_up()
    nothing_left(lab)


def what_could_not_be_started_again_is_not_stopped(lab):
    """The running master has not noticed yet what is wrong with cyrus.conf."""
    before = lab.master_pid()
    with cyrus_conf(lab, with_service(NO_PROGRAM)):
        out = lab.cyrkeep('check').out
        assert 'not possible: ' in out and '/nowhere/imapd' in out, out
        p = lab.cyrkeep('backup')
        assert p.returncode != 0 and 'could not be started again' in p.err and "line 5" in p.err, (p.returncode, p.err)
        assert lab.master_pid() == before and lab.is_up()
    # Debian's own cyrus.conf names programs without directories, and some come in packages of their own.
    with cyrus_conf(lab, with_service('here cmd="imapd" listen="127.0.0.1:1"\n  gone cmd="nosuchd -U 30" listen="127.0.0.1:2"')):
        p = lab.cyrkeep('check')
        assert p.returncode == 3 and "nosuchd' for service 'gone'" in p.out, (p.returncode, p.out)
        assert lab.cyrkeep('backup').returncode != 0
        assert lab.master_pid() == before and lab.is_up()
    nothing_left(lab)


def a_master_that_ends_late_is_noticed_without_a_port(lab):
    """What START runs fails after a while; nothing greets where the settings look."""
    settings(lab, SLOW, 'blind.conf', server=(f'port = {lab.port}', 'port = 1'))
    job = start(lab, 'blind.conf')
    held(lab, job)
    with cyrus_conf(lab, with_start('a cmd="/bin/sleep 1"\n  b cmd="/bin/false"')):
        kill(job_processes(lab, job)[0])
        until('the guard says why not', lambda: 'started and ended again' in log(lab, job), 30)
        nothing = lab.cyrkeep('unwind', '--dry-run', check=0).out
        assert f'job {job}' in nothing, nothing
    until('the guard starts Cyrus', lab.is_up)
    gone(lab, job)


def a_port_that_somebody_else_has_is_a_finding(lab):
    settings(lab, SLOW, 'brief.conf', timeout=('timeout = 30', 'timeout = 10'))
    job = start(lab, 'brief.conf')
    held(lab, job)
    with socket.create_server(('127.0.0.1', lab.port)):
        settings(lab, SLOW)
        lab.cyrkeep('cancel', str(job), check=0)
        r = until('the report', lambda: report(lab, job), 60)
    found = [e for e in events(lab, job) if e['event'] == 'finding' and e['code'] == 'not-greeting']
    assert found and str(lab.port) in found[0]['text'], (r, found)
    assert lab.master_pid()
    lab.stop()
    lab.start()


# -- somebody who should act does not ------------------------------------------------------------

def a_worker_that_stands_still_while_it_gives_back(lab):
    """Stopped by the program that starts Cyrus, as if its disk had stalled: the guard goes on."""
    script = f'{lab.root}/start.sh'
    open(script, 'w').write(f'''#!/bin/sh
if [ ! -e {lab.root}/stalled ]; then
    : >{lab.root}/stalled
    kill -STOP $PPID
    exit 1
fi
exec {BIN}/master -d -p {lab.pidfile} -C {lab.root}/imapd.conf -M {lab.root}/cyrus.conf
''')
    os.chmod(script, 0o755)
    text = re.sub(r'start = \[.*?\]', f'start = [ "{script}" ]', open(f'{lab.root}/cyrkeep.conf.orig').read(), flags=re.S)
    open(f'{lab.root}/stall.conf', 'w').write(text.replace(*SHORT) + SLOW)
    job = start(lab, 'stall.conf')
    held(lab, job)
    worker, _ = job_processes(lab, job)
    lab.cyrkeep('cancel', str(job), check=0)
    until('the worker stands still', lambda: open(f'/proc/{worker}/stat').read().rsplit(')', 1)[1].split()[0] == 'T')
    until('the guard starts Cyrus', lab.is_up, 60)
    pid = lab.master_pid()
    os.kill(worker, signal.SIGCONT)
    r = ended(lab, job)
    assert r['result'] == 'cancelled', r
    assert lab.master_pid() == pid
    nothing_left(lab)


def without_a_guard_the_worker_keeps_the_limit(lab):
    settings(lab, SLOW + 'hold = { max_downtime = 2; };\n', 'limit.conf')
    job = start(lab, 'limit.conf')
    held(lab, job)
    kill(job_processes(lab, job)[1])
    lab.cyrkeep('pause', str(job), check=0)
    r = ended(lab, job)
    assert r['result'] == 'failed' and r['failure'] == 'timeout', r
    waited = said_at(lab, job, 'Cyrus was down for 2 s') - said_at(lab, job, 'stopping Cyrus')
    assert 3 < waited < 15, waited                      # the limit, and two seconds that are the guard's; a start takes what it takes
    assert lab.is_up()


def a_guard_that_stands_still_holds_nobody_up(lab):
    settings(lab, QUICK, 'quick.conf')
    job = start(lab, 'quick.conf')
    guard = until('a guard', lambda: job_processes(lab, job)[1])
    with standing_still(guard):
        r = until('the report', lambda: report(lab, job), 60)
        assert r['result'] == 'ok' and lab.is_up(), r
    gone(lab, job)


def a_destination_that_hangs(lab, what='limit'):
    """A file system that answers nobody, as a dead NFS server: the worker hangs in it, Cyrus comes back."""
    image, mount = f'{lab.root}/hang.img', f'{lab.root}/hang'
    with open(image, 'wb') as f:
        f.truncate(200 << 20)
    subprocess.check_call(['mkfs.ext4', '-q', image])
    os.makedirs(mount, exist_ok=True)
    subprocess.check_call(['mount', '-o', 'loop', image, mount])
    frozen = False
    try:
        limit = 6 if what == 'limit' else 300
        settings(lab, f'archive = {{ level = 12; threads = 1; }};\nhold = {{ max_downtime = {limit}; }};\n', 'hang.conf')
        job = start(lab, 'hang.conf', '--to', mount)
        held(lab, job)
        subprocess.check_call(['fsfreeze', '-f', mount])
        frozen = True
        if what == 'cancel':
            lab.cyrkeep('cancel', str(job), check=0)
        until('Cyrus is back', lab.is_up, 25)
        assert not report(lab, job), 'the destination did not hang'
        subprocess.check_call(['fsfreeze', '-u', mount])
        frozen = False
        r = ended(lab, job)
        assert r['result'] == ('cancelled' if what == 'cancel' else 'failed') and r['downtime_ms'] < 25000, r
        assert [n for n in os.listdir(mount) if n != 'lost+found'] == []
    finally:
        if frozen:
            subprocess.call(['fsfreeze', '-u', mount])
        until('the file system is free', lambda: subprocess.call(['umount', mount], stderr=subprocess.DEVNULL) == 0, 20)
        os.unlink(image)


def a_cancelled_job_in_a_destination_that_hangs(lab):
    a_destination_that_hangs(lab, 'cancel')


# -- a stop that is late, starts that are not ours ------------------------------------------------

def killed_before_master_obeys(lab, conf='short.conf'):
    """The order was given, the worker is dead, and only then master acts on it."""
    pid = lab.master_pid()
    with standing_still(pid):
        job = start(lab, conf)
        until('the order is in the journal', lambda: ' master ' in read(f'{lab.root}/state/jobs/{job}/journal'))
        until('the order is given', lambda: is_told(pid))
        kill(job_processes(lab, job)[0])
        until('the guard knows', lambda: 'the worker is gone' in log(lab, job))
        time.sleep(1)
    until('a new master', lambda: lab.is_up() and lab.master_pid() != pid, 30)
    gone(lab, job)
    new = lab.master_pid()
    time.sleep(1)
    assert lab.is_up() and lab.master_pid() == new
    nothing_left(lab)


def killed_before_master_obeys_where_nothing_greets(lab):
    """As above on a server whose IMAP port is not where the settings look."""
    settings(lab, SLOW, 'blind.conf', server=(f'port = {lab.port}', 'port = 1'), timeout=SHORT)
    killed_before_master_obeys(lab, 'blind.conf')


def a_master_that_does_not_obey_is_not_called_running(lab):
    """It stands still for longer than anybody waits; when it acts on the order at last, it is started."""
    settings(lab, SLOW, 'short.conf', timeout=('timeout = 30', 'timeout = 1'))
    pid = lab.master_pid()
    with standing_still(pid):
        job = start(lab, 'short.conf')
        r = until('the report', lambda: report(lab, job), 60)
        assert r['result'] == 'failed' and r['failure'] == 'down' and f'pid {pid}' in r['error'], r
    until('a new master', lambda: lab.is_up() and lab.master_pid() != pid, 30)
    gone(lab, job)
    nothing_left(lab)


def a_stop_while_clients_knock(lab):
    """Cyrus 3.6 hangs in its shutdown, for good, when a client is waiting to be let in at that moment."""
    settings(lab, QUICK, 'quick.conf')
    over = threading.Event()

    def knock():
        while not over.is_set():
            try:
                socket.create_connection(('127.0.0.1', lab.port), 1).close()
            except OSError:
                time.sleep(0.01)
    clients = [threading.Thread(target=knock) for _ in range(4)]
    for c in clients:
        c.start()
    try:
        for _ in range(4):
            before = lab.master_pid()
            p = subprocess.run(argv(lab, '--json', 'backup', conf='quick.conf'), capture_output=True, stdin=subprocess.DEVNULL, timeout=90)
            r = json.loads(p.stdout.splitlines()[-1])
            assert p.returncode == 0 and r['result'] == 'ok', r
            assert lab.master_pid() not in (0, before), 'a new master runs when the backup has ended'
    finally:
        over.set()
        for c in clients:
            c.join()
    # They knock quicker than master lets anybody in: whoever comes then waits behind them, or finds no place in the queue.
    until('IMAP greets', lab.is_up)


def killed_in_a_stop_while_clients_knock(lab):
    """As above, and the worker is killed meanwhile: the guard ends what hangs, and starts it."""
    pid = lab.master_pid()
    with socket.create_connection(('127.0.0.1', lab.port)) as c:        # so that there is a process to end
        c.recv(100)
        with standing_still(pid):
            job = start(lab, 'short.conf')
            until('the order is given', lambda: is_told(pid))
            kill(job_processes(lab, job)[0])
            waiting = socket.create_connection(('127.0.0.1', lab.port))  # in the queue when it wakes up
        until('a new master', lambda: lab.is_up() and lab.master_pid() != pid, 30)
        waiting.close()
    gone(lab, job)
    nothing_left(lab)


def a_cyrus_that_somebody_stopped_first_stays_down(lab):
    """Between the first look at it and the order to stop."""
    settings(lab, QUICK, 'quick.conf')
    pid = lab.master_pid()
    os.kill(pid, signal.SIGSTOP)                        # it lets nobody in: that is waited for
    kill(*map(int, read(f'/proc/{pid}/task/{pid}/children').split()))
    job = start(lab, 'quick.conf')
    until('the hold begins', lambda: has_begun(lab, job, 'hold'))
    time.sleep(0.5)
    kill(pid)
    r = ended(lab, job)
    assert r['result'] == 'ok' and r['downtime_ms'] == 0, r
    assert any('will not be started' in e['text'] for e in events(lab, job) if e['event'] == 'note')
    assert not lab.master_pid()
    nothing_left(lab)
    lab.start()


def a_start_and_stop_by_somebody_else_spoils_the_copy(lab):
    """Cyrus ran for a moment during the hold, and is stopped again when the copy ends."""
    before = archives(lab)
    job = start(lab)
    held(lab, job)
    worker, _ = job_processes(lab, job)
    os.kill(worker, signal.SIGSTOP)                     # so that it does not see it run
    lab.start()
    lab.stop()
    os.kill(worker, signal.SIGCONT)
    r = ended(lab, job)
    assert r['result'] == 'failed' and 'somebody' in r['error'], r
    assert archives(lab) == before and lab.is_up()


def a_start_by_somebody_else_ends_the_copy_at_once(lab):
    job = start(lab)
    held(lab, job)
    done = figures(lab, job)['bytes_done']
    lab.start()
    r = ended(lab, job)
    assert r['result'] == 'failed' and 'somebody' in r['error'] and r['bytes_read'] < 20_000_000, (done, r)
    assert lab.is_up()


def a_full_state_directory_at_the_release(lab):
    """What was undone is written down all the same: nobody is sent to unwind for nothing."""
    with small_disk(f'{lab.root}/state4', '1m') as state:
        p = subprocess.Popen(argv(lab, '--state', state, 'backup'), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        job = until('a job', lambda: next((n for n in os.listdir(state + '/jobs') if n.isdigit()), 0) if os.path.isdir(state + '/jobs') else 0)
        until('the copy begins', lambda: any(e['event'] == 'phase' and e['phase'] == 'copy' for e in events(lab, job, 'state4')))
        with open(f'{state}/fill', 'wb', 0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
        p.wait(120)
        until('Cyrus is back', lab.is_up)
        left = subprocess.run(argv(lab, '--state', state, 'unwind', '--dry-run'), capture_output=True, text=True)
        assert left.stdout == 'Nothing is left behind.\n', left


# -- what the new master is given ------------------------------------------------------------------

def process(pid):
    """What a process has from whoever started it."""
    status = dict(l.rstrip('\n').split(':\t', 1) for l in open(f'/proc/{pid}/status') if ':\t' in l)
    fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    libc = ctypes.CDLL(None)
    names = [e.split('=')[0] for e in open(f'/proc/{pid}/environ').read().split('\0') if e]
    return {
        'umask': status['Umask'], 'blocked': status['SigBlk'], 'nice': fields[16], 'tty': fields[4],
        'leads a session': int(fields[3]) == pid and int(fields[2]) == pid, 'oom': open(f'/proc/{pid}/oom_score_adj').read().strip(),
        'io': libc.syscall(252 if os.uname().machine == 'x86_64' else 31, 1, pid), 'policy': os.sched_getscheduler(pid),
        'foreign variables': [n for n in names if n not in ('PATH', 'LANG', 'TZ') and not n.startswith('LC_')],
        'foreign files': [f for f in (os.readlink(f'/proc/{pid}/fd/{n}') for n in os.listdir(f'/proc/{pid}/fd'))
                          if '/state' in f or '/backup' in f or 'imapd.conf' in f or 'memfd' in f],
    }


CLEAN = {'umask': '0022', 'blocked': '0000000000000000', 'nice': '0', 'tty': '0', 'leads a session': True, 'oom': '0', 'io': 0,
         'policy': os.SCHED_OTHER, 'foreign variables': [], 'foreign files': []}


def low(lab, *args):
    """As cron might: with low priority, variables and a mask of its own."""
    env = {**os.environ, 'SECRET': 'x', 'CYRUS_VERBOSE': '9', 'LD_LIBRARY_PATH': '/tmp'}
    p = subprocess.run(['nice', '-n', '15', 'ionice', '-c', '3', 'chrt', '-b', '0', 'choom', '-n', '300', '--', *argv(lab, *args)], env=env,
                       umask=0o077, cwd=lab.root, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert p.returncode == 0, p


def ended_master_is_clean(lab):
    """Master itself blocks some signals, but for the moments in which it waits: it is seen in one of those."""
    end = time.monotonic() + 10
    while (got := process(lab.master_pid())) != CLEAN and time.monotonic() < end:
        time.sleep(0.02)
    assert got == CLEAN, {k: (got[k], CLEAN[k]) for k in CLEAN if got[k] != CLEAN[k]}


def the_worker_starts_a_clean_master(lab):
    low(lab, 'backup')
    ended_master_is_clean(lab)


def the_guard_starts_a_clean_master(lab):
    low(lab, 'backup', '--detach')
    job = max(int(d) for d in os.listdir(f'{lab.root}/state/jobs') if d.isdigit())
    held(lab, job)
    kill(job_processes(lab, job)[0])
    until('the guard starts Cyrus', lab.is_up)
    ended_master_is_clean(lab)
    gone(lab, job)


def unwind_starts_a_clean_master(lab):
    job = start(lab)
    held(lab, job)
    worker, guard = job_processes(lab, job)
    kill(guard, worker)
    gone(lab, job)
    low(lab, 'unwind')
    assert lab.is_up()
    ended_master_is_clean(lab)


# The longest first: they wait for limits that are no settings.
TESTS = [a_worker_that_stands_still_while_it_gives_back, a_port_that_somebody_else_has_is_a_finding,
         a_cyrus_that_cannot_be_started_is_told, what_stays_broken_is_told_once, the_guard_of_a_dead_worker_waits_for_the_mending,
         a_good_copy_with_a_cyrus_that_cannot_be_started, when_both_are_dead_unwind_keeps_the_journal,
         what_could_not_be_started_again_is_not_stopped, a_master_that_ends_late_is_noticed_without_a_port,
         without_a_guard_the_worker_keeps_the_limit, a_guard_that_stands_still_holds_nobody_up, a_destination_that_hangs,
         a_cancelled_job_in_a_destination_that_hangs, killed_before_master_obeys,
         killed_before_master_obeys_where_nothing_greets, a_master_that_does_not_obey_is_not_called_running,
         a_stop_while_clients_knock, killed_in_a_stop_while_clients_knock, a_cyrus_that_somebody_stopped_first_stays_down,
         a_start_and_stop_by_somebody_else_spoils_the_copy, a_start_by_somebody_else_ends_the_copy_at_once,
         a_full_state_directory_at_the_release, the_worker_starts_a_clean_master, the_guard_starts_a_clean_master,
         unwind_starts_a_clean_master]


def prepare(lab):
    settings(lab, SLOW)
    settings(lab, SLOW, 'short.conf', timeout=SHORT)


if __name__ == '__main__':
    run_tests(TESTS, prepare, servers=4)
