"""Backups that are disturbed while they hold Cyrus: what such tests share, and their servers.

A test is a function of one server and ends with master holding its lock and IMAP greeting. Most of the
time they wait, so a few servers stand side by side and the tests go to whichever is free.
"""
import concurrent.futures, contextlib, json, os, queue, random, signal, subprocess, sys, time

from lab import DATE, PROGRAM, Tally, job_processes, keep_settings, message, quote, temp_lab

QUICK = 'archive = { level = 1; };\n'
STEADY = 'archive = { level = 11; threads = 1; };\n'  # a copy that is met at work, and then waited for
SLOW = STEADY.replace('11', '13')  # one that lasts long enough to be disturbed
SLOWER = STEADY.replace('11', '15')  # and one that is not to end by itself
BOXES, PER_BOX, SIZE = 24, 2, 500_000


def fill(lab):
    """Mail of about 24 MB that packs slowly, so that packing it takes some seconds."""
    rnd = random.Random(7)
    admin = lab.imap()
    lab.ok(admin.create('user/load'))
    c = lab.imap('load')
    for b in range(BOXES):
        lab.ok(c.create(quote(f'INBOX/box{b}')))
        mail = []
        for i in range(PER_BOX):
            words = rnd.randbytes(SIZE // 2).hex()
            body = '\n'.join(words[k:k + 72] for k in range(0, len(words), 72))
            mail.append((message(f'load {b}/{i}', body), '', DATE))
        lab.append_all(c, f'INBOX/box{b}', mail)
    c.logout()
    admin.logout()


def settings(lab, more='', name='cyrkeep.conf', **changes):
    """A settings file: the lab's own, with what CHANGES say to replace (old and new words each) and MORE behind it."""
    text = open(f'{lab.root}/cyrkeep.conf.orig').read()
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    open(f'{lab.root}/{name}', 'w').write(text + more)


@contextlib.contextmanager
def small_disk(directory, size):
    """A file system of SIZE there, for as long as the block lasts. A worker may use it a moment longer than the command
    that watched it."""
    os.makedirs(directory, exist_ok=True)
    subprocess.check_call(['mount', '-t', 'tmpfs', '-o', f'size={size},mode=0700', 'none', directory])
    try:
        yield directory
    finally:
        until(f'nobody uses {directory}', lambda: subprocess.call(['umount', directory], stderr=subprocess.DEVNULL) == 0)


def argv(lab, *args, conf='cyrkeep.conf'):
    return [PROGRAM, '-c', f'{lab.root}/{conf}', *args]


def start(lab, conf='cyrkeep.conf', *args):
    """Start a detached backup; its job number."""
    p = subprocess.run(argv(lab, '--json', 'backup', '--detach', *args, conf=conf), stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60)
    assert p.returncode == 0, p.stderr.decode()
    return max(int(d) for d in os.listdir(f'{lab.root}/state/jobs') if d.isdigit())


def events(lab, job, state='state'):
    try:
        return [json.loads(x) for x in open(f'{lab.root}/{state}/jobs/{job}/events') if x.endswith('\n')]
    except FileNotFoundError:
        return []


def report(lab, job):
    last = (events(lab, job) or [{}])[-1]
    return last if last.get('event') == 'report' else None


def until(what, fn, seconds=30):
    end = time.monotonic() + seconds
    while True:
        got = fn()
        if got:
            return got
        assert time.monotonic() < end, f'not within {seconds} s: {what}'
        time.sleep(0.02)


def has_begun(lab, job, phase):
    return any(e['event'] == 'phase' and e['phase'] == phase and e['state'] == 'begin' for e in events(lab, job))


def figures(lab, job):
    try:
        text = open(f'{lab.root}/state/jobs/{job}/figures').read()
        return json.loads(text[text.index('{'):])
    except (OSError, ValueError):
        return {'bytes_done': 0}


def held(lab, job):
    """Wait until mail is being copied: Cyrus is stopped now."""
    until('the copy begins', lambda: has_begun(lab, job, 'copy') and figures(lab, job)['bytes_done'])
    assert not lab.master_pid(), 'Cyrus runs during the copy'


def is_over(pid):
    """Has it let go of all it had? Its command line is gone before its locks are."""
    try:
        return open(f'/proc/{pid}/stat').read().rsplit(') ', 1)[1][0] in 'ZX'
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(*pids):
    for pid in pids:
        assert pid > 1, 'no such process'
        os.kill(pid, signal.SIGKILL)
    until('those that were killed are gone', lambda: all(map(is_over, pids)))


def archives(lab):
    return sorted(os.listdir(f'{lab.root}/backup'))


def job_row(lab, job):
    return next(r for r in lab.json('jobs') if r['job'] == job)


def ended(lab, job, seconds=60):
    r = until(f'job {job} ends', lambda: report(lab, job), seconds)
    until('the worker is gone', lambda: job_processes(lab, job) == (0, 0))
    return r


def one(test, lab, prepare):
    prepare(lab)
    if not lab.is_up():
        lab.start()                                         # what an earlier test left behind is its own failure
        lab.cyrkeep('unwind')
    test(lab)
    assert lab.is_up(), 'Cyrus is not up at the end'


def run_tests(tests, prepare, servers=3):
    """The program of a file of such tests. Arguments are names of tests, none for all of them; prepare(lab) writes
    the settings that each test finds. The first tests in the list begin first."""
    if os.getuid() != 0:
        print('not ok root: these tests need root\n0 passed, 1 failed')
        sys.exit(1)
    tally, waiting = Tally(), queue.SimpleQueue()
    for test in tests:
        if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
            waiting.put(test)

    def serve(lab):
        keep_settings(lab.configure())
        prepare(lab)
        lab.start()
        fill(lab)
        while True:
            try:
                test = waiting.get_nowait()
            except queue.Empty:
                return
            tally.run(test.__name__, one, test, lab, prepare)

    labs = [temp_lab() for _ in range(min(servers, waiting.qsize()))]
    try:
        with concurrent.futures.ThreadPoolExecutor(servers) as pool:
            list(pool.map(serve, labs))                     # raises what a server raised that could not be filled
    finally:
        for lab in labs:
            lab.remove()
    tally.finish()
