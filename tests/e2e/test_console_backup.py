#!/usr/bin/python3
"""Back up in the console, key by key, against a real Cyrus: five times F5, and the word."""
import json, os, re, shutil, signal, subprocess, time

import sanitizer
from lab import PROGRAM, Tally, temp_lab
from terminal import F5, F7, Console, and_close, check_bytes


def cyrkeep(lab, *args):
    p = subprocess.run([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60)
    assert p.returncode == 0, p.stderr.decode()
    return p.stdout.decode()


def report(lab, job, timeout=60):
    path, end = f'{lab.root}/state/jobs/{job}/events', time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            last = json.loads(open(path).read().strip().split('\n')[-1])
            if last.get('event') == 'report' or 'result' in last:
                return last
        except (OSError, ValueError):
            pass
        time.sleep(0.1)
    raise AssertionError(f'job {job} does not end')


def sources(lab, **size):
    c = Console(lab.root, **size)
    c.wait_for('Cyrus up')
    c.send(F5)
    c.wait_for('[1 Sources]')
    c.wait_for('partition default')
    return c


def wait_for_draft(lab, words, timeout=10):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            if words in open(f'{lab.root}/state/draft.conf').read():
                return
        except FileNotFoundError:
            pass
        time.sleep(0.05)
    raise AssertionError(f'no draft with {words!r}')


def leave(c):
    c.send('Q')
    assert c.wait_exit() == 0
    c.expect_terminal_as_before()
    check_bytes(c.raw)
    c.close()


def the_draft_survives_a_killed_console(lab):
    c = sources(lab)
    c.send('-')
    c.wait_for('Untick like:')
    c.send('user/anne*\r')
    c.wait_for('left out by you')
    wait_for_draft(lab, 'user/anne')
    c.process.send_signal(signal.SIGKILL)
    c.wait_exit()
    c.close()


def five_times_f5_and_the_word_make_a_backup(lab):
    """Goes on with the draft of the test before; the console is killed once the job runs."""
    c = sources(lab)
    c.wait_for('left out by you')
    c.send(F5)
    c.wait_for('[2 Method]')
    c.wait_for('yes')
    c.send(F5)
    c.wait_for('[3 Destination]')
    c.wait_for('lets us write')
    c.send(F5)
    c.wait_for('[4 Review]')
    c.wait_for('nothing else is running')
    c.send('=')
    c.wait_for('without the console')
    command = ' '.join(l.strip() for l in c.text().split('\n')[2:20]).strip()
    c.send('q')
    c.wait_for('[4 Review]')
    c.send(F5)
    c.wait_for('Type  stop')
    time.sleep(0.4)
    c.send('stop\r')
    c.wait_for('Job 1 ')
    c.process.send_signal(signal.SIGKILL)  # the job belongs to its worker
    c.wait_exit()
    c.close()
    assert report(lab, 1).get('result') == 'ok', report(lab, 1)
    listed = cyrkeep(lab, '--json', 'list', 'latest')
    names = [json.loads(line)['mailbox'] for line in listed.splitlines() if '"mailbox"' in line]
    assert not os.path.exists(f'{lab.root}/state/draft.conf'), 'a started draft is no draft any more'
    taken = [json.loads(l) for l in listed.splitlines()]
    kept = [m for m in taken if m.get('mailbox') and not m.get('left_out_by')]
    assert kept and not any(m['mailbox'].startswith('user/anne') for m in kept), [m['mailbox'] for m in kept]
    assert any(n.startswith('user/bob') for n in names)
    # The command line takes the same.
    words = re.sub(r'^cyrkeep ', '', command)
    shell = subprocess.run(['sh', '-c', f'exec "$0" --json {words} --dry-run', PROGRAM], capture_output=True, timeout=60)
    assert shell.returncode == 0, shell.stderr.decode() + command
    total = [json.loads(l) for l in shell.stdout.decode().splitlines() if '"total"' in l][-1]
    assert total['mailboxes'] == len(kept), (total, len(kept))


def an_inbox_is_left_out_alone(lab):
    """Down to the first user, into him, and his INBOX off: the archive has his other mailboxes."""
    c = sources(lab)
    c.send('/')
    c.send('anne\r')
    c.wait_until(lambda: 'partition second' not in c.text() and 'INBOX' in c.text(), 'all of anne')
    names = [line.split(']', 1)[1].split()[0] for line in c.text().split('\n') if re.match(r'[ >]\[', line)]
    assert names[names.index('INBOX'):][:5] == ['INBOX', 'Drafts', 'Junk', 'Sent', 'Trash'], c.text()
    c.send('gjjj ')
    c.wait_for('INBOX: 5 messages')
    wait_for_draft(lab, '"name:user/anne"')
    assert re.search(r'\[~\] +. anne', c.text()) and re.search(r'\[ \] +INBOX', c.text()), c.text()
    c.send('\x1b')
    for page in '[2 Method]', '[3 Destination]', '[4 Review]':
        c.send(F5)
        c.wait_for(page)
    c.wait_for('nothing else is running')
    c.send(F5)
    c.wait_for('Type  stop')
    time.sleep(0.4)
    c.send('stop\r')
    c.wait_for('Job 2 ')
    assert report(lab, 2).get('result') == 'ok', report(lab, 2)
    leave(c)
    listed = [json.loads(line) for line in cyrkeep(lab, '--json', 'list', 'latest', '--all').splitlines()]
    out = {m['mailbox']: m['left_out_by'] for m in listed if m.get('mailbox') and m.get('left_out_by')}
    assert out == {'user/anne': 'name:user/anne'}, out
    kept = [m['mailbox'] for m in listed if m.get('mailbox') and not m.get('left_out_by')]
    assert 'user/anne/Sent' in kept and 'user/anne/office/2025/Q4' in kept and 'user/bob' in kept, kept
    assert sorted([*kept, 'user/anne']) == sorted(m['mailbox'] for m in listed if m.get('mailbox')), kept


def a_saved_plan_works_on_the_command_line(lab):
    c = sources(lab)
    c.send('-')
    c.wait_for('Untick like:')
    c.send('user/bob*\r')
    c.wait_for('left out by you')
    wait_for_draft(lab, 'user/bob')
    c.send('w')
    c.wait_for('Save as plan:')
    c.send('nobob\r')
    c.wait_for('Plan nobob is saved')
    leave(c)
    plan = cyrkeep(lab, '--json', 'backup', '--plan', 'nobob', '--dry-run').splitlines()
    out = [m for m in map(json.loads, plan) if m.get('kind') == 'mailbox' and m['left_out']]
    assert out and all(m['mailbox'].startswith('user/bob') for m in out)


def two_consoles_start_one_after_the_other(lab):
    """Both type the word at the same time: never two jobs at once, and each console is told."""
    a, b = sources(lab), sources(lab)
    for c in a, b:
        c.send(F5)
        c.wait_for('[2 Method]')
        c.wait_for('yes')
        c.send(F5)
        c.wait_for('[3 Destination]')
        c.send(F5)
        c.wait_for('[4 Review]')
        c.wait_for('F5 Start')
    for c in a, b:
        c.send(F5)
        c.wait_for('Type  stop')
    time.sleep(0.4)
    a.send('stop\r')
    b.send('stop\r')
    end = time.monotonic() + 20

    def answered(c):
        return '[3 Jobs]' in c.text() or 'was not started' in c.text() or 'Cannot start' in c.text()
    while not (answered(a) and answered(b)) and time.monotonic() < end:
        a.read(0.05)
        b.read(0.05)
    assert answered(a) and answered(b), a.text() + b.text()
    jobs = [d for d in os.listdir(f'{lab.root}/state/jobs') if d.isdigit()]
    for job in jobs:
        assert report(lab, job).get('result') == 'ok'
    assert len(jobs) in (2, 3), jobs  # one more, or two one after the other
    spans = sorted((e[0]['time'], e[-1]['time']) for e in
                   ([json.loads(x) for x in open(f'{lab.root}/state/jobs/{j}/events')] for j in jobs))
    assert all(x[1] <= y[0] for x, y in zip(spans, spans[1:])), spans
    for c in a, b:
        c.process.send_signal(signal.SIGKILL)
        c.wait_exit()
        c.close()


def new_rule(c, number, name):
    c.send(F7)
    c.wait_for('New rule')
    c.send('\t\t\t' + name)
    c.wait_for('Catches now')
    c.send(F5)
    c.wait_for(f'{number} [x] called {name}')


def a_rule_that_is_off_stays_in_the_plan_and_takes_nothing(lab):
    """Switched off, kept through a killed console, saved, run: its mail is in the archive."""
    shutil.rmtree(f'{lab.root}/state/plans')
    if os.path.exists(f'{lab.root}/state/draft.conf'):
        os.unlink(f'{lab.root}/state/draft.conf')
    c = sources(lab)
    c.send('R')
    c.wait_for('Exclusion rules')
    new_rule(c, 1, 'Junk')
    new_rule(c, 2, 'Trash')
    c.wait_for('1 mbx')
    c.send(' ')
    c.wait_for('Rule 1 is off')
    c.wait_for('1 [ ] called Junk')
    wait_for_draft(lab, 'off,leaf:Junk')
    c.process.send_signal(signal.SIGKILL)
    c.wait_exit()
    c.close()

    c = sources(lab)
    c.wait_for('is taken up again')
    c.send('R')
    c.wait_for('1 [ ] called Junk')
    c.wait_for('2 [x] called Trash')
    c.wait_until(lambda: re.search(r'Junk .* 1 mbx +\([0-9.]+K\)', c.text()), 'what it would save')
    c.send('w')
    c.wait_for('Save as plan:')
    c.send('off\r')
    c.wait_for('Plan off is saved')
    c.send('q')
    for words in ('[2 Method]', '[3 Destination]', '[4 Review]'):
        c.send(F5)
        c.wait_for(words)
    c.wait_for('1 rule')
    c.wait_for('F5 Start')
    c.send(F5)
    c.wait_for('Type  stop')
    time.sleep(0.4)
    c.send('stop\r')
    c.wait_for('[3 Jobs]')
    job = max(int(d) for d in os.listdir(f'{lab.root}/state/jobs') if d.isdigit())
    c.process.send_signal(signal.SIGKILL)
    c.wait_exit()
    c.close()
    last = report(lab, job)
    assert last['result'] == 'ok', last

    def messages(mailbox):
        return [json.loads(l) for l in cyrkeep(lab, '--json', 'list', str(job), mailbox).splitlines()]
    junk = messages('user/anne/Junk')
    assert len(junk) == 6, junk
    assert cyrkeep(lab, 'cat', str(job), 'user/anne/Junk', str(junk[0]['uid'])).startswith('From:')
    kept = {m['mailbox'] for m in map(json.loads, cyrkeep(lab, '--json', 'list', str(job)).splitlines())
            if not m.get('left_out_by')}
    assert 'user/anne/Junk' in kept and 'user/anne/Trash' not in kept, kept
    tar = subprocess.run(['tar', '--zstd', '-xOf', last['path'], '.cyrkeep/manifest.json'], capture_output=True, check=True)
    assert json.loads(tar.stdout)['plan']['exclude'] == ['leaf:Trash'], tar.stdout
    plan = [json.loads(l) for l in cyrkeep(lab, '--json', 'backup', '--plan', 'off', '--dry-run').splitlines()]
    assert [m['mailbox'] for m in plan if m.get('left_out')] == ['user/anne/Trash'], plan
    assert [m['rule'] for m in plan if m.get('kind') == 'rule'] == [1], plan


def sorted_by_size_a_tick_is_of_its_row(lab):
    """The largest first, and what is ticked there by the cursor is left out, with what lies below it."""
    shutil.rmtree(f'{lab.root}/state/plans')
    if os.path.exists(f'{lab.root}/state/draft.conf'):
        os.unlink(f'{lab.root}/state/draft.conf')
    sizes, below = {}, {}
    for m in map(json.loads, cyrkeep(lab, '--json', 'mailboxes', 'user/anne*').splitlines()):
        name = (m['mailbox'].split('/') + ['INBOX'])[2]
        sizes[name] = sizes.get(name, 0) + m['bytes']
        below.setdefault(name, []).append(m['mailbox'])

    c = sources(lab, rows=40)

    def rows():
        lines = [l for l in c.text().split('\n') if re.match(r'[ >]\[', l)]
        at = next(i for i, l in enumerate(lines) if re.search(r'\] {5}. anne', l))
        names = []
        for line in lines[at + 1:]:
            if not re.match(r'.{4} {7,}', line):
                break
            names.append(re.sub(r'  .*', '', re.sub(r'.{4} +(\S )?', '', line, count=1)))
        return names

    c.send('/anne\r')
    c.wait_for('Drafts')
    c.send('\x1b')
    c.wait_until(lambda: sorted(rows()) == sorted(sizes), 'all of anne')
    assert rows()[:2] == ['INBOX', 'Drafts'], rows()
    c.send('sss')
    c.wait_until(lambda: rows()[:2] == sorted(sizes, key=lambda n: -sizes[n])[:2], 'the largest first')
    shown = rows()
    assert sorted(shown) == sorted(sizes) and [sizes[n] for n in shown] == sorted(sizes.values(), reverse=True), shown
    picked = [shown[0], 'office']
    for name in picked:
        c.send('h' + 'j' * (shown.index(name) + 1))  # to the user, and down
        c.wait_until(lambda: re.search(r'>\[.\] +(\S )?' + name, c.text()), name)
        c.send(' ')
        c.wait_until(lambda: re.search(r'>\[ \] +(\S )?' + name, c.text()), name + ' left out')
    assert rows() == shown, rows()
    c.send('w')
    c.wait_for('Save as plan:')
    c.send('sorted\r')
    c.wait_for('Plan sorted is saved')
    leave(c)
    plan = [json.loads(l) for l in cyrkeep(lab, '--json', 'backup', '--plan', 'sorted', '--dry-run').splitlines()]
    out = sorted(m['mailbox'] for m in plan if m.get('kind') == 'mailbox' and m['left_out'])
    assert out == sorted(below[picked[0]] + below[picked[1]]) and len(out) >= 3, out


def the_largest_message_is_found_without_opening_one(lab):
    """The list has the message that is known to be the largest; the console runs under strace. A rule made there counts."""
    if os.path.exists(f'{lab.root}/state/draft.conf'):
        os.unlink(f'{lab.root}/state/draft.conf')
    shutil.rmtree(f'{lab.root}/state/plans', ignore_errors=True)
    mail = lab.imap('anne')
    lab.ok(mail.select('INBOX/Sent', readonly=True))
    found = lab.ok(mail.uid('FETCH', '1:*', '(UID RFC822.SIZE)'))
    size, uid = max((int(n), int(u)) for u, n in re.findall(rb'UID (\d+) RFC822.SIZE (\d+)', b' '.join(found)))
    mail.logout()
    trace = f'{lab.root}/trace'
    c = Console(lab.root, rows=40, cols=120, ASAN_OPTIONS=sanitizer.traced()['ASAN_OPTIONS'],
                program=['strace', '--seccomp-bpf', '-f', '-qq', '-e', 'trace=%file', '-o', trace,
                         PROGRAM, '-c', f'{lab.root}/cyrkeep.conf'])
    c.wait_for('Cyrus up')
    c.send(F5)
    c.wait_for('partition default')
    c.send('j')
    c.wait_for('partition default\n')
    c.send('v')
    c.wait_for('Largest messages of partition default')
    c.wait_for('large and old')
    first = c.text().split('\n')[3]
    assert 'user/anne/Sent' in first and 'large and old' in first and f' {uid}' in first, c.text()
    assert f'{size:,}'.replace(',', ' ') + ' bytes' in c.text().split('\n')[38], c.text()
    assert '日本 0/4' in c.text(), c.text()
    c.send(F7)
    c.wait_for('New rule')
    c.wait_for('Catches now')
    c.send(F5)
    c.wait_until(lambda: 'rule 1' in c.text().split('\n')[3], 'what leaves it out')
    c.send('q')
    c.wait_for('[1 Sources]')
    c.send('w')
    c.wait_for('Save as plan:')
    c.send('large\r')
    c.wait_for('Plan large is saved')
    c.wait_for('Largest left out here')  # where the bar rests, in the background
    c.wait_for('  2024-01-02  large and old')
    c.send('/anne/Sent\r')
    c.wait_until(lambda: re.search(r'>\[.\] +(\S )?Sent', c.text()), 'Sent')
    made = [m for m in map(json.loads, cyrkeep(lab, '--json', 'archives').splitlines()) if m.get('archive')]
    c.wait_until(lambda: 'Never in an archive' in c.text() or re.search(r'Last in: job \d+ \(.*\), all 7', c.text()),
                 'the archive that has it')
    assert ('Never' in c.text()) == (not made), (made, c.text())
    leave(c)
    opened = [re.search(r'"([^"]*)"', line) for line in open(trace)]
    opened = [o.group(1) for o in opened if o]
    assert any(o.endswith('cyrus.cache') for o in opened) and any(o.endswith('cyrus.index') for o in opened)
    messages = [o for o in opened if re.search(r'(^|/)\d+\.$', o)]
    assert not messages, messages[:5]
    plan = [json.loads(l) for l in cyrkeep(lab, '--json', 'backup', '--plan', 'large', '--dry-run').splitlines()]
    rules = [m for m in plan if m.get('kind') == 'rule']
    assert len(rules) == 1 and rules[0]['messages'] == 1 and rules[0]['bytes'] == size, rules
    shutil.rmtree(f'{lab.root}/state/plans')  # who saves one next begins without a name


def a_domain_is_left_out_and_stays_out_however_rows_are_grouped(lab):
    """By partition, all together, by domain: the boxes are the same, and so is the backup."""
    if os.path.exists(f'{lab.root}/state/draft.conf'):
        os.unlink(f'{lab.root}/state/draft.conf')
    shutil.rmtree(f'{lab.root}/state/plans', ignore_errors=True)
    everything = [json.loads(l)['mailbox'] for l in cyrkeep(lab, '--json', 'mailboxes').splitlines()]
    c = sources(lab, rows=40)
    c.send('C')
    c.wait_for('Users of all partitions together')
    c.wait_until(lambda: 'partition default' not in c.text() and 'eve@virt.test' in c.text(), 'all users')
    c.send('C')
    c.wait_until(lambda: 'domain virt.test' in c.text() and 'without a domain' in c.text(), 'domains')
    c.send('g' + 'j' * (next(i for i, l in enumerate(c.text().split('\n')) if 'domain virt.test' in l) - 3))
    c.wait_until(lambda: re.search(r'>\[x\] . domain virt.test', c.text()), 'the cursor')
    c.send(' ')
    wait_for_draft(lab, 'name:*@virt.test')
    c.send('C')
    c.wait_until(lambda: re.search(r'\[ \] +. eve@virt.test .*left out', c.text()), 'the partitions again')
    c.send('/bob\r')
    c.wait_until(lambda: 'domain' not in c.text() and 'anne' not in c.text(), 'bob')
    c.send('G ')
    wait_for_draft(lab, 'user/bob')
    c.send('w')
    c.wait_for('Save as plan:')
    c.send('grouped\r')
    c.wait_for('Plan grouped is saved')
    leave(c)
    plan = [json.loads(l) for l in cyrkeep(lab, '--json', 'backup', '--plan', 'grouped', '--dry-run').splitlines()]
    out = {m['mailbox'] for m in plan if m.get('kind') == 'mailbox' and m['left_out']}
    domain = {m for m in everything if m.endswith('@virt.test')}
    assert domain and domain < out and len(out) == len(domain) + 1, out
    assert all(m.startswith('user/bob') for m in out - domain), out


TESTS = [the_draft_survives_a_killed_console, five_times_f5_and_the_word_make_a_backup,
         an_inbox_is_left_out_alone, a_saved_plan_works_on_the_command_line, two_consoles_start_one_after_the_other,
         a_rule_that_is_off_stays_in_the_plan_and_takes_nothing, sorted_by_size_a_tick_is_of_its_row,
         the_largest_message_is_found_without_opening_one,
         a_domain_is_left_out_and_stays_out_however_rows_are_grouped]


def main():
    tally = Tally()
    lab = temp_lab()
    try:
        lab.start()
        lab.fill()
        for test in TESTS:
            tally.run(test.__name__, and_close, test, lab)
            assert lab.master_pid(), 'Cyrus is not up at the end'
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
