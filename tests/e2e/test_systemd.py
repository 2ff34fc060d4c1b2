#!/usr/bin/python3
"""Cyrus as the distribution's own service, under a real systemd, with no settings of ours.

systemd runs as process 1 of its own namespaces (processes, mounts, network, control groups), on this
host's files under an overlay that is thrown away: a machine with cyrus-imapd.service that boots in
seconds and can be rebooted, needing neither images nor a hypervisor. Skipped where that cannot be had.
"""
import atexit, json, os, random, shutil, signal, subprocess, sys, tempfile, time

from lab import PROGRAM, Tally

SLOW = 'archive = { level = 19; threads = 1; };\n'
STATE = '/var/lib/cyrkeep'
INIT = r'''
set -e
mount -t overlay overlay -o lowerdir=/,upperdir=$1/files/up,workdir=$1/files/work $1/root
cd $1/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for n in null zero full random urandom tty; do : >dev/$n; mount --bind /dev/$n dev/$n; done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=755 tmpfs run
pivot_root . mnt
umount -l /mnt
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=test.target --show-status=0
'''
TARGET = '[Unit]\nRequires=basic.target dbus.socket\nAfter=basic.target dbus.socket\n' \
         'Wants=cyrus-imapd.service cyrkeep-unwind.service\nAllowIsolate=yes\n'


class Machine:
    """A host of its own. Its files outlive boots."""
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix='ckm-', dir='/tmp')
        atexit.register(self.remove)
        os.mkdir(f'{self.dir}/files')
        os.mkdir(f'{self.dir}/root')
        subprocess.check_call(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'none', f'{self.dir}/files'])
        os.mkdir(f'{self.dir}/files/up')
        os.mkdir(f'{self.dir}/files/work')
        self.cgroup, self.pid, self.outer = None, 0, None

    def boot(self):
        top = next((m.split()[1] for m in open('/proc/mounts') if m.split()[2] == 'cgroup2'), None)
        assert top, 'no cgroup2'
        self.cgroup = f'{top}/cyrkeep-test-{os.getpid()}-{random.randrange(10**6)}'
        os.mkdir(self.cgroup)
        self.log = open(f'{self.dir}/console', 'w+')
        enter = f'echo $$ >{self.cgroup}/cgroup.procs; exec unshare -m -p -u -i -n -C -f --kill-child bash -c "$0" init {self.dir}'
        self.outer = subprocess.Popen(['bash', '-c', enter, INIT], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                      start_new_session=True)
        def first():
            assert self.outer.poll() is None, open(f'{self.dir}/console').read()
            kids = open(f'/proc/{self.outer.pid}/task/{self.outer.pid}/children').read().split()
            self.pid = int(kids[0]) if kids else 0
            return self.pid and self.run('systemctl', 'is-active', 'test.target').returncode == 0
        until('systemd is up', first, 60)

    def run(self, *argv, check=None, **kw):
        p = subprocess.run(['nsenter', '-t', str(self.pid), '-m', '-p', '-u', '-i', '-n', '-C', *argv], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=kw.pop('timeout', 120), **kw)
        if check is not None:
            assert p.returncode == check, f'{argv} exits {p.returncode}, not {check}:\n{p.stdout[-3000:]}\n{p.stderr[-3000:]}'
        return p

    def cyrkeep(self, *argv, check=0):
        return self.run(PROGRAM, *argv, check=check).stdout

    def read(self, path):
        p = self.run('cat', path)
        return p.stdout if p.returncode == 0 else ''

    def write(self, path, text):
        self.run('bash', '-c', 'mkdir -p "$(dirname "$0")"; printf %s "$1" >"$0"', path, text, check=0)

    def service(self):
        return self.run('systemctl', 'is-active', 'cyrus-imapd.service').stdout.strip()

    def greets(self):
        talk = 'exec 3<>/dev/tcp/127.0.0.1/143 && IFS= read -r -t 5 l <&3 && [[ $l == "* OK"* ]]'
        return self.run('bash', '-c', talk).returncode == 0

    def is_up(self):
        return self.service() == 'active' and self.greets()

    def off(self):
        """The plug is pulled."""
        if self.outer:
            os.kill(self.pid, signal.SIGKILL)
            self.outer.wait()
        self.gone()

    def gone(self):
        self.outer, self.pid = None, 0
        for base, _, _ in os.walk(self.cgroup, topdown=False):
            try:
                os.rmdir(base)
            except OSError:
                pass

    def remove(self):
        if self.outer:
            self.off()
        subprocess.call(['umount', '-l', f'{self.dir}/files'])
        shutil.rmtree(self.dir, ignore_errors=True)


def until(what, fn, seconds=30):
    end = time.monotonic() + seconds
    while True:
        got = fn()
        if got:
            return got
        assert time.monotonic() < end, f'not within {seconds} s: {what}'
        time.sleep(0.05)


FILL = '''
import imaplib, random, sys
sys.path.insert(0, sys.argv[1])
from lab import message
rnd = random.Random(5)
for user in ('cyrus', 'anne'):
    c = imaplib.IMAP4('127.0.0.1', 143, timeout=60)
    c.login(user, 'secret-' + user)
    def ok(r):
        assert r[0] == 'OK', r
    if user == 'cyrus':
        ok(c.create('user.anne'))
        ok(c.setacl('user.anne', 'anne', 'lrswipkxtecda'))
    else:
        for box in ('INBOX', 'INBOX.Sent', 'INBOX.work'):
            if box != 'INBOX':
                ok(c.create(box))
            for i in range(12):
                words = rnd.randbytes(200000).hex()
                body = '\\n'.join(words[k:k + 72] for k in range(0, len(words), 72))
                ok(c.append(box, '', None, message(f'{box} {i}', body)))
    c.logout()
'''


def prepare(m):
    """What the administrator of a fresh host does: services that are installed, an administrator, passwords."""
    m.run('sed', '-i', '-E', r's/^(\s*)(pop3|nntp|http|sieve)(\s)/#\1\2\3/', '/etc/cyrus.conf', check=0)
    m.run('sed', '-i', r's/^#\?admins:.*/admins: cyrus/', '/etc/imapd.conf', check=0)
    for user in ('cyrus', 'anne'):
        m.run('bash', '-c', f'echo secret-{user} | saslpasswd2 -p -c {user}', check=0)
    m.run('rm', '-rf', STATE, '/var/backups/cyrkeep', '/etc/cyrkeep.conf', '/etc/cyrkeep.secret', check=0)
    m.run('systemctl', 'restart', 'cyrus-imapd', check=0)
    until('IMAP greets', m.greets, 60)
    m.run('/usr/bin/python3', '-c', FILL, os.path.dirname(os.path.abspath(__file__)), check=0)


def last_job(m):
    return int(m.read(f'{STATE}/jobs/last') or 0)


def events(m, job):
    return [json.loads(x) for x in m.read(f'{STATE}/jobs/{job}/events').splitlines(True) if x.endswith('\n')]


def processes(m, job):
    """name -> number, as the machine counts: "cyrkeep" (the worker), "cyrkeep-guard"."""
    found = {}
    for pid in m.run('pgrep', '-f', f'worker {job}$').stdout.split():
        found[m.read(f'/proc/{pid}/comm').strip()] = pid
    return found


def held(m, job):
    until('the copy begins', lambda: any(e.get('phase') == 'copy' for e in events(m, job)))
    assert m.service() == 'inactive' and not m.greets()


def start_held(m):
    m.write('/etc/cyrkeep.conf', SLOW)
    m.cyrkeep('backup', '--full', '--detach')
    held(m, last_job(m))
    return last_job(m)


# -- tests --------------------------------------------------------------------------------------

def without_settings_the_unit_is_stopped_and_started(m):
    assert 'systemd unit cyrus-imapd.service' in m.cyrkeep('check', check=0)
    before = m.read('/run/cyrus-master.pid').strip()
    r = json.loads(m.cyrkeep('--json', 'backup').splitlines()[-1])
    assert r['result'] == 'ok' and r['messages'] == 36 and r['grades']['A'] == 3 and r['downtime_ms'] > 0, r
    assert m.is_up()
    now = m.read('/run/cyrus-master.pid').strip()
    assert before != now and 'cyrus-imapd.service' in m.read(f'/proc/{now}/cgroup')
    assert m.cyrkeep('unwind').strip() == 'Nothing is left behind.'


def a_killed_worker_leaves_the_unit_running(m):
    job = start_held(m)
    m.run('kill', '-9', processes(m, job)['cyrkeep'], check=0)
    until('Cyrus is back', m.is_up, 20)
    until('the guard is gone', lambda: not processes(m, job), 20)
    assert m.cyrkeep('unwind').strip() == 'Nothing is left behind.'


def a_job_outlives_the_unit_that_started_it(m):
    """A timer's service with --detach ends at once, and systemd with it all that is in its control group."""
    m.write('/etc/cyrkeep.conf', SLOW)
    m.run('systemd-run', '--wait', '--quiet', PROGRAM, 'backup', '--full', '--detach', check=0)
    job = last_job(m)
    held(m, job)
    p = processes(m, job)
    assert set(p) == {'cyrkeep', 'cyrkeep-guard'}, p
    for pid in p.values():
        assert f'/cyrkeep-job-{job}-' in m.read(f'/proc/{pid}/cgroup')
    unit = m.read(f'/proc/{p["cyrkeep"]}/cgroup').strip().rsplit('/', 1)[1]
    # And whoever stops that unit gets a cancelled job and a running Cyrus.
    m.run('systemctl', 'stop', unit, check=0)
    until('Cyrus is back', m.is_up, 30)
    assert events(m, job)[-1]['result'] == 'cancelled'


def a_power_cut_in_the_middle_is_undone_at_boot(m):
    """cyrus-imapd.service starts by itself; the journal is closed and the unfinished archive removed."""
    m.write('/etc/systemd/system/cyrkeep-unwind.service', unit_file())
    job = start_held(m)
    left = lambda: [f for f in m.run('ls', '/var/backups/cyrkeep').stdout.split() if '.partial' in f]
    assert left()
    m.off()
    m.boot()
    until('Cyrus is up', m.is_up, 60)
    unit = lambda what: m.run('systemctl', 'show', '-P', what, 'cyrkeep-unwind.service', check=0).stdout.strip()
    until('the unit has run', lambda: unit('ExecMainExitTimestampMonotonic') != '0', 60)
    assert (unit('Result'), unit('ExecMainStatus')) == ('success', '0'), m.run('journalctl', '-u', 'cyrkeep-unwind').stdout
    assert not left(), left()
    assert m.cyrkeep('unwind', '--dry-run').strip() == 'Nothing is left behind.'
    assert next(json.loads(x) for x in m.cyrkeep('--json', 'jobs').splitlines() if json.loads(x)['job'] == job)['state'] == 'dead'


def a_power_cut_without_the_boot_unit_is_closed_by_the_next_backup(m):
    """Cyrus came back by itself at boot: nothing is left but a record, and no administrator is needed."""
    m.run('rm', '-f', '/etc/systemd/system/cyrkeep-unwind.service', check=0)
    start_held(m)
    m.off()
    m.boot()
    until('Cyrus is up', m.is_up, 60)
    left = lambda: [f for f in m.run('ls', '/var/backups/cyrkeep').stdout.split() if '.partial' in f]
    assert left() and m.cyrkeep('unwind', '--dry-run').strip() != 'Nothing is left behind.'
    m.write('/etc/cyrkeep.conf', '')
    m.cyrkeep('backup')
    assert m.is_up() and not left()
    assert m.cyrkeep('unwind', '--dry-run').strip() == 'Nothing is left behind.'


def a_unit_of_another_name_is_found_by_its_master(m):
    """Started in any other way, Cyrus would run outside of the service that the administrator knows."""
    m.write('/etc/systemd/system/post@site.service', '[Service]\nExecStart=/usr/sbin/cyrmaster -C /etc/imapd.conf -M /etc/cyrus.conf\n')
    m.write('/etc/cyrkeep.conf', SLOW)
    m.run('systemctl', 'stop', 'cyrus-imapd', check=0)
    m.run('systemctl', 'daemon-reload', check=0)
    m.run('systemctl', 'start', 'post@site', check=0)
    try:
        until('IMAP greets', m.greets, 60)
        assert 'systemd unit post@site.service' in m.cyrkeep('check', check=None)
        m.cyrkeep('backup', '--full', '--detach')
        job = last_job(m)
        until('the copy begins', lambda: any(e.get('phase') == 'copy' for e in events(m, job)))
        assert m.run('systemctl', 'is-active', 'post@site').stdout.strip() == 'inactive'
        m.run('kill', '-9', processes(m, job)['cyrkeep'], check=0)
        until('Cyrus is back', m.greets, 20)
        assert m.run('systemctl', 'is-active', 'post@site').stdout.strip() == 'active' and m.service() == 'inactive'
        until('the guard is gone', lambda: not processes(m, job), 20)
    finally:
        m.run('systemctl', 'stop', 'post@site')
        m.run('systemctl', 'start', 'cyrus-imapd', check=0)
        until('IMAP greets', m.greets, 60)


def a_stop_while_clients_knock(m):
    """systemd would wait a minute and a half for a master that hangs in its shutdown."""
    knock = 'while :; do (exec 3<>/dev/tcp/127.0.0.1/143) 2>/dev/null; done'
    clients = [subprocess.Popen(['nsenter', '-t', str(m.pid), '-m', '-p', '-u', '-i', '-n', '-C', 'bash', '-c', knock], stdin=subprocess.DEVNULL,
                                start_new_session=True) for _ in range(3)]
    m.write('/etc/cyrkeep.conf', 'archive = { level = 1; };\n')
    try:
        for _ in range(3):
            r = json.loads(m.cyrkeep('--json', 'backup', '--full').splitlines()[-1])
            assert r['result'] == 'ok' and r['downtime_ms'] < 20000, r
    finally:
        for c in clients:
            os.killpg(c.pid, signal.SIGKILL)
            c.wait()
    until('Cyrus is up', m.is_up)


def a_restore_needs_the_password_only(m):
    """admins in imapd.conf, the password of saslpasswd2 in a file."""
    m.write('/etc/cyrkeep.secret', 'secret-cyrus\n')
    m.run('chmod', '600', '/etc/cyrkeep.secret', check=0)
    m.write('/etc/cyrkeep.conf', 'server = { admin = "cyrus"; password_file = "/etc/cyrkeep.secret"; };\n')
    before = [x for x in m.cyrkeep('--json', 'mailboxes').splitlines() if 'user.anne.Sent' in x]
    delete = 'import imaplib; c = imaplib.IMAP4("127.0.0.1", 143); c.login("cyrus", "secret-cyrus"); ' \
             'c.setacl("user.anne.Sent", "cyrus", "lrswipkxtecda"); r = c.delete("user.anne.Sent"); assert r[0] == "OK", r'
    m.run('/usr/bin/python3', '-c', delete, check=0)
    r = json.loads(m.cyrkeep('--json', 'restore', 'latest', 'user.anne.Sent', '--yes').splitlines()[-1])
    assert r['result'] == 'ok' and r['added'] == 12, r
    after = [x for x in m.cyrkeep('--json', 'mailboxes').splitlines() if 'user.anne.Sent' in x]
    assert json.loads(after[0])['messages'] == 12 and json.loads(after[0])['uidvalidity'] == json.loads(before[0])['uidvalidity']


def the_init_script_is_used_where_systemd_does_not_run(m):
    """The same host as another init system would leave it: the script starts and stops master."""
    m.run('systemctl', 'stop', 'cyrus-imapd', check=0)
    m.write('/etc/cyrkeep.conf', '')
    m.run('umount', '-l', '/run/systemd', check=None)
    m.run('mv', '/run/systemd', '/run/systemd.away', check=0)
    try:
        env = {**os.environ, 'SYSTEMCTL_SKIP_REDIRECT': '1'}
        m.run('/etc/init.d/cyrus-imapd', 'start', check=0, env=env)
        until('IMAP greets', m.greets, 60)
        assert 'init script /etc/init.d/cyrus-imapd' in m.cyrkeep('check')
        before = m.read('/run/cyrus-master.pid')
        r = json.loads(m.cyrkeep('--json', 'backup').splitlines()[-1])
        assert r['result'] == 'ok' and r['downtime_ms'] > 0, r
        assert m.greets() and m.read('/run/cyrus-master.pid') != before
        m.run('/etc/init.d/cyrus-imapd', 'stop', check=0, env=env)
    except AssertionError:
        print(m.run('journalctl', '-n', '40', '--no-pager').stdout)
        raise
    finally:
        m.run('mv', '/run/systemd.away', '/run/systemd', check=0)


def unit_file():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'engine', 'recipes', 'cyrkeep-unwind.service')
    return open(path).read().replace('@BINDIR@/cyrkeep', os.path.abspath(PROGRAM))


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def main():
    if os.getuid() != 0:
        skip('needs root')
    missing = [f for f in ('/lib/systemd/systemd', '/lib/systemd/system/cyrus-imapd.service', '/usr/bin/dbus-daemon', '/usr/bin/busctl',
                           '/usr/sbin/saslpasswd2') if not os.path.exists(f)]
    if missing:
        skip(f'there is no {missing[0]}')
    if 'CK_OWN_MOUNTS' not in os.environ:
        tried = subprocess.run(['unshare', '-m', '--propagation', 'private', 'true'], capture_output=True, text=True)
        if tried.returncode:                            # in a chroot, say, whose root is no mount
            skip(f'no mounts of our own can be had here: {tried.stderr.strip()}')
        os.environ['CK_OWN_MOUNTS'] = '1'
        os.execvp('unshare', ['unshare', '-m', '--propagation', 'private', sys.executable, *sys.argv])
    m = Machine()
    try:
        up = m.dir + '/files/up'
        for path, text in (('etc/systemd/system/test.target', TARGET), ('etc/hostname', 'machine\n'), ('etc/fstab', ''),
                           ('etc/tmpfiles.d/tmp.conf', '')):  # the last one would empty /tmp, where the program may lie
            os.makedirs(os.path.dirname(f'{up}/{path}'), exist_ok=True)
            open(f'{up}/{path}', 'w').write(text)
        m.boot()
    except (AssertionError, OSError, subprocess.SubprocessError) as why:
        skip(f'systemd cannot run in namespaces here: {str(why).splitlines()[-1] if str(why) else why!r}')
    prepare(m)
    tally = Tally()
    for test in (without_settings_the_unit_is_stopped_and_started, a_killed_worker_leaves_the_unit_running,
                 a_job_outlives_the_unit_that_started_it,
                 a_power_cut_in_the_middle_is_undone_at_boot, a_power_cut_without_the_boot_unit_is_closed_by_the_next_backup,
                 a_unit_of_another_name_is_found_by_its_master, a_stop_while_clients_knock, a_restore_needs_the_password_only, the_init_script_is_used_where_systemd_does_not_run):
        tally.run(test.__name__, test, m)
    m.off()
    tally.finish()


if __name__ == '__main__':
    main()
