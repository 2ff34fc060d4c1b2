#!/usr/bin/python3
"""The console on a real terminal: what only a terminal shows. Bytes, sizes, signals, leaving."""
import fcntl, os, pty, re, select, shutil, signal, struct, subprocess, sys, tempfile, termios, time
import pyte

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
PROGRAM = os.path.join(BUILD, 'cyrkeep')

# All that ncurses and we may send. No OSC, DCS, APC, no C1, nothing that hides or turns text.
ALLOWED = re.compile(rb'''
    [\r\n\b\x20-\x7e\x0e\x0f]
  | \x1b\[[0-9;]*[ABCDGHJKLMPSTXZbcdfhlmr@]
  | \x1b\[\?(1|4|7|12|25|1000|1006|1049|2004)(;(1|4|7|12|25|1000|1006|1049|2004))*[hl]
  | \x1b\[22;0;0t | \x1b\[23;0;0t
  | \x1b[()][0B] | \x1b[=>78M]
''', re.X)
HIDDEN = re.compile('[\u0080-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]')


def check_bytes(raw):
    text = raw.decode('utf-8')  # fails on an invalid byte
    bad = HIDDEN.search(text)
    assert not bad, f'U+{ord(bad.group()):04X} reached the terminal'
    at = 0
    plain = re.sub('[^\x00-\x7f]', 'x', text).encode()
    while at < len(plain):
        m = ALLOWED.match(plain, at)
        assert m, f'not allowed on a terminal: {plain[at:at + 20]!r}'
        at = m.end()


class Screen(pyte.Screen):
    """pyte with the two sequences that ncurses scrolls with."""

    def scroll(self, lines, edge, move):
        y, x = self.cursor.y, self.cursor.x
        self.cursor.y = edge
        for _ in range(lines or 1):
            move()
        self.cursor.y, self.cursor.x = y, x

    def scroll_up(self, lines=1):
        self.scroll(lines, self.margins.bottom if self.margins else self.lines - 1, self.index)

    def scroll_down(self, lines=1):
        self.scroll(lines, self.margins.top if self.margins else 0, self.reverse_index)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, S='scroll_up', T='scroll_down')
    events = frozenset(pyte.ByteStream.events | {'scroll_up', 'scroll_down'})


class Console:
    """One console on a pseudo terminal; pyte shows what a terminal would show."""

    def __init__(self, root, rows=24, cols=80, args=(), **env):
        self.master, self.slave = pty.openpty()
        self.screen = Screen(cols, rows)
        self.stream = Stream(self.screen)
        self.raw = b''
        self.set_size(rows, cols)
        self.before = termios.tcgetattr(self.slave)
        self.idle, mark = os.pipe()
        full = dict(os.environ, TERM='xterm-256color', LC_ALL='C.UTF-8', CYRKEEP_TEST_FD=str(mark))
        full.pop('NO_COLOR', None)
        full.update(env)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [PROGRAM, '-c', os.path.join(root, 'cyrkeep.conf'), *args], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env=full, pass_fds=[mark], start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(mark)

    def set_size(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))

    def resize(self, rows, cols):
        self.screen.resize(rows, cols)
        self.set_size(rows, cols)

    def read(self, timeout):
        """Feed what comes; True when something came."""
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def text(self):
        return '\n'.join(line.rstrip() for line in self.screen.display)

    def picture(self):
        """The text without row 1, whose clock may go on, and the message line."""
        lines = self.text().split('\n')
        return [lines[0], *lines[2:22], lines[-1]]

    def wait_for(self, words, timeout=10):
        end = time.monotonic() + timeout
        while words not in self.text():
            assert time.monotonic() < end, f'{words!r} does not appear:\n{self.text()}'
            self.read(0.05)
        while self.read(0.05):
            pass

    def send(self, keys):
        os.write(self.master, keys.encode())

    def wait_exit(self, timeout=10):
        end = time.monotonic() + timeout
        while self.process.poll() is None:
            assert time.monotonic() < end, 'the console does not end'
            self.read(0.05)
        while self.read(0.1):
            pass
        return self.process.returncode

    def expect_terminal_as_before(self):
        assert termios.tcgetattr(self.slave) == self.before, 'the terminal has other modes than before'
        for mode in ('1049', '2004', '1000', '1006'):
            states = re.findall(rb'\x1b\[\?' + mode.encode() + rb'([hl])', self.raw)
            assert not states or states[-1] == b'l', f'mode {mode} is left on'
        shown = re.findall(rb'\x1b\[\?25([hl])', self.raw)
        assert not shown or shown[-1] == b'h', 'the cursor is left invisible'

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
        os.close(self.idle)


def starts_and_shows_the_server(root):
    c = Console(root)
    c.wait_for('[1 Home]', 5)
    took = time.monotonic() - c.started
    assert took < 2, f'the first picture took {took:.2f} s'
    c.wait_for('12 mailboxes')
    c.wait_for('No backup has been made')
    check_bytes(c.raw)
    return c


def help_opens_and_escape_closes_it_at_once(root):
    c = starts_and_shows_the_server(root)
    c.send('?')
    c.wait_for('Help: Home')
    begin = time.monotonic()
    c.send('\x1b')
    while 'Help: Home' in c.text():
        assert time.monotonic() - begin < 1, 'Esc is slow'
        c.read(0.01)
    assert time.monotonic() - begin < 0.3, 'Esc is slow'
    check_bytes(c.raw)
    return c


def sizes_change_and_come_back(root):
    c = starts_and_shows_the_server(root)
    before = c.picture()
    c.resize(40, 120)
    c.wait_for('Item under the bar')
    c.resize(10, 40)
    c.wait_for('The console needs 60 x 16')
    for i in range(60):
        c.resize(1 + i * 7 % 50, 1 + i * 31 % 200)
        c.read(0.005)
    c.resize(24, 80)
    c.wait_for('[1 Home]')
    c.send('\x0c')
    c.wait_for('F10 Leave')
    assert c.picture() == before, f'another picture after resizing:\n{c.text()}'
    return c


def leaving_leaves_the_terminal_as_it_was(root):
    c = starts_and_shows_the_server(root)
    c.send('q')
    assert c.wait_exit() == 0
    c.expect_terminal_as_before()
    check_bytes(c.raw)
    return c


def killed_by(signo):
    def test(root):
        c = starts_and_shows_the_server(root)
        c.process.send_signal(signo)
        code = c.wait_exit()
        assert code == (0 if signo == signal.SIGTERM else -signo), code
        c.expect_terminal_as_before()
        return c
    test.__name__ = f'{signo.name}_gives_the_terminal_back'
    return test


def suspending_gives_the_terminal_back_and_takes_it_again(root):
    c = starts_and_shows_the_server(root)
    before = c.picture()
    c.send('\x1a')
    end = time.monotonic() + 5
    while open(f'/proc/{c.process.pid}/stat').read().rsplit(') ')[-1][0] != 'T':
        assert time.monotonic() < end, 'Ctrl-Z does not stop it'
        c.read(0.05)
    while c.read(0.1):
        pass
    c.expect_terminal_as_before()
    c.screen.reset()
    c.process.send_signal(signal.SIGCONT)
    c.wait_for('F10 Leave')
    assert c.picture() == before, c.text()
    c.send('q')
    assert c.wait_exit() == 0
    c.expect_terminal_as_before()
    return c


def a_terminal_that_goes_away_ends_it(root):
    c = starts_and_shows_the_server(root)
    os.close(c.master)
    c.master = os.open('/dev/null', os.O_RDONLY)
    c.process.wait(10)
    return c


def unknown_sequences_and_pastes_do_nothing(root):
    c = starts_and_shows_the_server(root)
    before = c.picture()
    c.send('\x1b[99;1Q\x1b]0;q\x07\x1bPq\x1b\\\x1b[<35;10;10M')
    c.send('\x1b[200~qQ\rq\x1b[201~')
    c.wait_for('Pasted text ignored')
    time.sleep(0.1)
    assert c.process.poll() is None
    c.send('\x0c')
    c.wait_for('F10 Leave')
    assert c.picture() == before, c.text()
    check_bytes(c.raw)
    return c


def the_mouse_opens_help_by_the_key_bar(root):
    c = starts_and_shows_the_server(root)
    c.send('\x1b[<0;2;24M\x1b[<0;2;24m')
    c.wait_for('Help: Home')
    return c


def nothing_is_sent_when_nothing_happens(root):
    c = starts_and_shows_the_server(root)
    time.sleep(1.5)
    while c.read(0):
        pass
    length = len(c.raw)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        c.read(0.2)
    extra = c.raw[length:]
    assert len(extra) <= 40, f'{len(extra)} bytes while idle: {extra[:60]!r}'  # the clock may show a new minute
    return c


def without_colour(term, **env):
    def test(root):
        c = Console(root, TERM=term, **env)
        c.wait_for('[1 Home]')
        c.wait_for('12 mailboxes')
        for sgr in re.findall(rb'\x1b\[([0-9;]*)m', c.raw):
            for part in sgr.split(b';'):
                assert not part or int(part) < 30 or int(part) in (39, 49), f'colour {sgr!r} on {term} {env}'
        c.send('q')
        c.wait_exit()
        c.expect_terminal_as_before()
        return c
    test.__name__ = f'no_colour_with_{term}' + ''.join(f'_{k}' for k in env)
    return test


def ascii_in_the_c_locale(root):
    c = Console(root, LC_ALL='C', TERM='vt100')
    c.wait_for('-- Health ---')
    c.wait_for('12 mailboxes')
    assert all(b < 0x80 for b in c.raw), 'a byte outside ASCII in the locale C'
    return c


def works_on(term):
    def test(root):
        c = Console(root, TERM=term)
        c.wait_for('[1 Home]')
        c.send('?')
        c.wait_for('Help: Home')
        c.send('qq')
        assert c.wait_exit() == 0
        c.expect_terminal_as_before()
        return c
    test.__name__ = f'works_on_{term}'
    return test


def wrong_sizes_in_the_environment_are_ignored(root):
    c = Console(root, LINES='7', COLUMNS='19')
    c.wait_for('12 mailboxes')
    c.wait_for('F10 Leave')
    return c


def a_terminal_that_cannot_is_told_so(root):
    for term in ('dumb', 'no-such-terminal', ''):
        c = Console(root, TERM=term)
        assert c.wait_exit() == 1, term
        assert b'cannot show the console' in c.raw, c.raw
        c.expect_terminal_as_before()
        c.close()
    c = Console(root)
    c.wait_for('[1 Home]')
    return c


def make_server(root):
    subprocess.run([os.path.join(BUILD, 'tests/tools/gen_spool'), '--root', root, '--users', '3', '--folders', '4',
                    '--messages', '5', '--no-messages'], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(root, 'cyrkeep.conf'), 'w') as f:
        f.write(f'''state = "{root}/state";
imapd_conf = "{root}/imapd.conf";
cyrus_conf = "{root}/cyrus.conf";
master = {{ recipe = "process"; pidfile = "{root}/pid"; start = [ "/bin/false" ]; }};
destinations = ( {{ name = "main"; type = "directory"; path = "{root}/archives"; }} );
''')


TESTS = [starts_and_shows_the_server, help_opens_and_escape_closes_it_at_once, sizes_change_and_come_back,
         leaving_leaves_the_terminal_as_it_was, killed_by(signal.SIGTERM), killed_by(signal.SIGSEGV),
         killed_by(signal.SIGABRT), suspending_gives_the_terminal_back_and_takes_it_again, a_terminal_that_goes_away_ends_it, unknown_sequences_and_pastes_do_nothing,
         the_mouse_opens_help_by_the_key_bar, nothing_is_sent_when_nothing_happens,
         without_colour('xterm-256color', NO_COLOR='1'), without_colour('vt100'), ascii_in_the_c_locale,
         wrong_sizes_in_the_environment_are_ignored, works_on('linux'), works_on('rxvt-unicode-256color'), works_on('screen'), works_on('tmux-256color'), a_terminal_that_cannot_is_told_so]


def main():
    root = tempfile.mkdtemp(prefix='cyrkeep-console-')
    passed = failed = 0
    try:
        make_server(root)
        for test in TESTS:
            try:
                test(root).close()
                passed += 1
                print(f'ok {test.__name__}', flush=True)
            except Exception as e:
                failed += 1
                print(f'not ok {test.__name__}: {type(e).__name__}: {e}', flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
