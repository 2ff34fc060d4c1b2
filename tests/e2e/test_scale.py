#!/usr/bin/python3
"""A server of 100,000 mailboxes is listed from mailboxes.db and index headers alone (shown by strace)."""
import itertools, os, re, shutil, subprocess, tempfile

import sanitizer
from lab import PROGRAM, Tally

TOOL = os.path.join(os.path.dirname(PROGRAM), 'tests/tools/gen_spool')
MAILBOXES = 100_000


def settings(root):
    path = f'{root}/cyrkeep.conf'
    open(path, 'w').write(f'state = "{root}/state"; imapd_conf = "{root}/srv/imapd.conf"; cyrus_conf = "{root}/srv/cyrus.conf";\n'
                          f'destinations = ( {{ name = "main"; type = "directory"; path = "{root}/out"; }} );\n')
    return path


def reads_no_message(root):
    # A few mailboxes have messages too, so that there is something to be wrongly opened.
    subprocess.check_call([TOOL, '--root', f'{root}/srv', '--users', '1000', '--folders', '100', '--messages', '3',
                           '--no-messages', '--seed', '7'])
    mailboxes = (d for d, _, files in os.walk(f'{root}/srv') if 'cyrus.index' in files)
    planted = [open(f'{d}/1.', 'w').write('a message that must not be looked at') for d in itertools.islice(mailboxes, 1000)]
    assert len(planted) == 1000, len(planted)
    trace = f'{root}/trace'
    p = subprocess.run(['strace', '--seccomp-bpf', '-f', '-qq', '-e', 'trace=%file,getdents64', '-o', trace, PROGRAM, '-c', settings(root),
                        '--json', 'mailboxes'], capture_output=True, env=sanitizer.traced())
    assert p.returncode == 0, p.stderr.decode()
    lines = p.stdout.count(b'\n')
    assert lines >= MAILBOXES, lines
    messages, headers, listings = [], 0, 0
    with open(trace) as f:
        for line in f:
            name = re.search(r'"([^"]*)"', line)
            path = name.group(1) if name else ''
            if re.search(r'(^|/)\d+\.$', path):
                messages.append(line)
            headers += path.endswith('cyrus.index')
            listings += 'getdents64' in line
    assert not messages, messages[:5]
    assert headers >= MAILBOXES, headers
    assert listings < 100, f'{listings} directory listings'


def main():
    tally = Tally()
    root = tempfile.mkdtemp(prefix='cks-', dir=os.environ.get('TMPDIR', '/tmp'))
    try:
        tally.run('a_hundred_thousand_mailboxes_are_listed_without_looking_at_a_message', reads_no_message, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    tally.finish()


if __name__ == '__main__':
    main()
