#!/usr/bin/python3
"""The console on a real terminal: what only a terminal shows. Bytes, sizes, signals, leaving."""
import os, re, shutil, signal, subprocess, tempfile, time

from lab import Tally
from terminal import BUILD, PROGRAM, Console, and_close, check_bytes


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


def leaving_leaves_the_terminal_as_it_was(root):
    c = starts_and_shows_the_server(root)
    c.send('q')
    assert c.wait_exit() == 0
    c.expect_terminal_as_before()
    check_bytes(c.raw)


def killed_by(signo):
    def test(root):
        c = starts_and_shows_the_server(root)
        c.process.send_signal(signo)
        code = c.wait_exit()
        asked = signo in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
        assert code == (0 if asked else -signo), code
        c.expect_terminal_as_before()
        if not asked:
            assert f'ended by signal {int(signo)}; jobs are not touched' in c.text(), c.text()
    test.__name__ = f'{signo.name}_gives_the_terminal_back'
    return test


def state_of(pid):
    return open(f'/proc/{pid}/stat').read().rsplit(') ')[-1][0]


class Shell(Console):
    """A shell with job control, and the console started from it as an administrator does."""

    def __init__(self, root):
        super().__init__(root, program=['/bin/bash', '--norc', '--noprofile', '-i'], PS1='prompt> ', HISTFILE='')
        self.wait_for('prompt>')
        self.modes = self.ask('stty -g')
        self.send(f'{PROGRAM} -c {root}/cyrkeep.conf\r')
        for words in ('F10 Leave', 'Cyrus down', '12 mailboxes', 'none yet', '0 archives', 'Remedy:'):  # all that is read
            self.wait_for(words)
        self.shown = self.picture()
        self.console = int(open(f'/proc/{self.process.pid}/task/{self.process.pid}/children').read())

    def ask(self, command):
        """The answer of one line to a command; its end is made by the shell, not by the echo."""
        self.send(f"clear; {command}; echo en''d\r")
        self.wait_for('\nend')
        lines = self.text().split('\n')
        return lines[lines.index('end') - 1]

    def expect_prompt(self):
        """The shell has its terminal, as it was."""
        self.wait_for('prompt>')
        assert self.ask('stty -g') == self.modes, 'the terminal has other modes than before'
        for mode in ('1049', '2004', '1000', '1006'):
            states = re.findall(rb'\x1b\[\?' + mode.encode() + rb'([hl])', self.raw)
            assert mode == '2004' or not states or states[-1] == b'l', f'mode {mode} is left on'

    def expect_console(self, key='?', answer='Help: Home'):
        """The console has it again: its picture, and keys without Enter."""
        self.wait_until(lambda: self.picture() == self.shown, 'the same picture')
        self.send(key)
        self.wait_for(answer)
        self.send('\x1b')
        self.wait_for('F10 Leave')

    def wait_stopped(self):
        end = time.monotonic() + 5
        while state_of(self.console) != 'T':
            assert time.monotonic() < end, 'it is not stopped'
            self.read(0.05)

    def leave(self):
        self.send('q')
        self.expect_prompt()
        self.send('exit\r')
        self.wait_exit()


def ctrl_z_gives_the_shell_the_terminal_and_fg_takes_it_again(root):
    c = Shell(root)
    c.send('\x1a')
    c.wait_stopped()
    c.expect_prompt()
    c.send('fg\r')
    c.expect_console()
    os.kill(c.console, signal.SIGTSTP)  # from elsewhere it is the same
    c.wait_stopped()
    c.expect_prompt()
    c.send('bg\r')  # it may not write while the shell has the terminal
    c.wait_stopped()
    c.expect_prompt()
    c.send('fg\r')
    c.expect_console()
    c.leave()


def stopped_without_warning_it_takes_the_terminal_again(root):
    c = Shell(root)
    os.kill(c.console, signal.SIGSTOP)
    c.wait_stopped()
    c.send('clear; echo rubbish; fg\r')
    c.expect_console()
    c.leave()


def without_a_shell_ctrl_z_does_not_stop_it(root):
    c = starts_and_shows_the_server(root)  # the leader of its session, as below ssh -t: nobody could wake it
    c.send('\x1a')
    c.wait_for('nobody could bring the console back')
    assert state_of(c.process.pid) != 'T'
    c.send('?')
    c.wait_for('Help: Home')


def a_terminal_that_goes_away_ends_it(root):
    c = starts_and_shows_the_server(root)
    os.close(c.master)
    c.master = os.open('/dev/null', os.O_RDONLY)
    assert c.process.wait(10) == 0, c.process.returncode


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


def a_paste_without_an_end_does_not_keep_the_keys(root):
    c = starts_and_shows_the_server(root)
    c.send('\x1b[200~qQ\rq')
    c.wait_for('The pasted text did not end: thrown away')
    c.send('?')
    c.wait_for('Help: Home')
    check_bytes(c.raw)
    return c


def the_mouse_opens_help_by_the_key_bar(root):
    c = starts_and_shows_the_server(root)
    c.send('\x1b[<0;2;24M\x1b[<0;2;24m')
    c.wait_for('Help: Home')


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
    test.__name__ = f'no_colour_with_{term}' + ''.join(f'_{k}' for k in env)
    return test


def ascii_in_the_c_locale(root):
    c = Console(root, LC_ALL='C', TERM='vt100')
    c.wait_for('-- Health ---')
    c.wait_for('12 mailboxes')
    assert all(b < 0x80 for b in c.raw), 'a byte outside ASCII in the locale C'


def without_a_second_screen_the_shell_gets_an_empty_line(root):
    c = Console(root, TERM='vt100')
    c.wait_for('[1 Home]')
    c.wait_for('12 mailboxes')
    lines = c.text().split('\n')
    assert lines[2].startswith('\u2500\u2500 Health') and lines[-1].startswith('F1 Help'), c.text()
    c.send('q')
    assert c.wait_exit() == 0
    assert c.text().split('\n')[-1] == '' and c.screen.cursor.y == 23, c.text()
    c.expect_terminal_as_before()


def works_on(term):
    def test(root):
        c = Console(root, TERM=term)
        c.wait_for('[1 Home]')
        c.send('?')
        c.wait_for('Help: Home')
        c.send('qq')
        assert c.wait_exit() == 0
        c.expect_terminal_as_before()
    test.__name__ = f'works_on_{term}'
    return test


def wrong_sizes_in_the_environment_are_ignored(root):
    c = Console(root, LINES='7', COLUMNS='19')
    c.wait_for('12 mailboxes')
    c.wait_for('F10 Leave')


def a_terminal_that_cannot_is_told_so(root):
    for term in ('dumb', 'no-such-terminal', ''):
        c = Console(root, TERM=term)
        assert c.wait_exit() == 1, term
        assert b'cannot show the console' in c.raw, c.raw
        c.expect_terminal_as_before()
        c.close()
    c = Console(root)
    c.wait_for('[1 Home]')


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
         killed_by(signal.SIGABRT), killed_by(signal.SIGHUP), killed_by(signal.SIGINT),
         killed_by(signal.SIGQUIT), killed_by(signal.SIGUSR1), ctrl_z_gives_the_shell_the_terminal_and_fg_takes_it_again,
         stopped_without_warning_it_takes_the_terminal_again, without_a_shell_ctrl_z_does_not_stop_it,
         a_terminal_that_goes_away_ends_it, unknown_sequences_and_pastes_do_nothing, a_paste_without_an_end_does_not_keep_the_keys,
         the_mouse_opens_help_by_the_key_bar, nothing_is_sent_when_nothing_happens,
         without_colour('xterm-256color', NO_COLOR='1'), without_colour('vt100'), ascii_in_the_c_locale, without_a_second_screen_the_shell_gets_an_empty_line,
         wrong_sizes_in_the_environment_are_ignored, works_on('linux'), works_on('rxvt-unicode-256color'), works_on('screen'), works_on('tmux-256color'), a_terminal_that_cannot_is_told_so]


def main():
    tally, root = Tally(), tempfile.mkdtemp(prefix='cyrkeep-console-')
    try:
        make_server(root)
        for test in TESTS:
            tally.run(test.__name__, and_close, test, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    tally.finish()


if __name__ == '__main__':
    main()
