#!/usr/bin/python3
"""The console on a pseudo terminal, and what a terminal shows of it."""
import fcntl, os, pty, re, select, struct, subprocess, termios, time
import pyte

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
PROGRAM = os.path.join(BUILD, 'cyrkeep')

# Keys as a terminal sends them.
ENTER, ESC, TAB, UP, DOWN = '\r', '\x1b', '\t', '\x1b[A', '\x1b[B'
F3, F5, F6, F7, F10 = '\x1bOR', '\x1b[15~', '\x1b[17~', '\x1b[18~', '\x1b[21~'

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

    def restore_cursor(self):
        """Where it was: margins bind it in origin mode only, which pyte forgets."""
        margins, self.margins = self.margins, None
        super().restore_cursor()
        self.margins = margins

    def scroll_up(self, lines=1):
        self.scroll(lines, self.margins.bottom if self.margins else self.lines - 1, self.index)

    def scroll_down(self, lines=1):
        self.scroll(lines, self.margins.top if self.margins else 0, self.reverse_index)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, S='scroll_up', T='scroll_down')
    events = frozenset(pyte.ByteStream.events | {'scroll_up', 'scroll_down'})


class Console:
    """One console on a pseudo terminal; pyte shows what a terminal would show. With program: that one."""
    opened = []

    def __init__(self, root, rows=24, cols=80, args=(), program=None, settings='cyrkeep.conf', **env):
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
            program or [PROGRAM, '-c', os.path.join(root, settings), *args], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, env=full, pass_fds=[mark], start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(mark)
        Console.opened.append(self)

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
        """The text without row 1, whose clock may go on, the message line, and what is free on the disk."""
        lines = [re.sub(r' +[\d.]+[KMGT] free', ' free', line) for line in self.text().split('\n')]
        return [lines[0], *lines[2:22], lines[-1]]

    def wait_for(self, words, timeout=10):
        self.wait_until(lambda: words in self.text(), repr(words), timeout)

    def wait_until(self, seen, what, timeout=10):
        end = time.monotonic() + timeout
        while not seen():
            assert time.monotonic() < end, f'{what} does not appear:\n{self.text()}'
            self.read(0.05)
        while self.read(0.05):
            pass

    def send(self, keys):
        os.write(self.master, keys.encode())

    def press(self, keys, words, timeout=15):
        """Send keys, and wait until the screen says @words."""
        self.send(keys)
        self.wait_for(words, timeout)

    def type_slowly(self, text):
        """As fingers do: what comes in one burst is a paste, and word fields ignore pastes."""
        for letter in text:
            self.send(letter)
            self.read(0.06)

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
        if self not in Console.opened:
            return
        Console.opened.remove(self)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
        os.close(self.idle)


def and_close(test, *args):
    """Run a test; however it ends, its consoles end with it."""
    try:
        test(*args)
    finally:
        for c in list(Console.opened):
            c.close()
