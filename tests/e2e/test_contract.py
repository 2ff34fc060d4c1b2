#!/usr/bin/python3
"""The contract of the command line and the settings, word for word, on a real server.

Every command and each --json key with its type, every exit code, the exact bounds of the rules,
names of archives and mailboxes, plans, job numbers, and what a wrong settings file gets.
"""
import json, os, re, shutil, signal, subprocess, time

from contract import (ARCHIVE, ARCHIVED, BUSY, CANCELLED, DAMAGE, DONE, FAILED, JOB, MAILBOX, MESSAGE, REPORT, RESTORED, USAGE,
                      caught, estimate, events, fill, keyed, maybe, names, number, on_a_terminal, program, refused, settings,
                      sized, text)
from lab import BIN, PROGRAM, Tally, message, program_in, quote, same, temp_lab, utf7


# -- tests --------------------------------------------------------------------------------------

def help_says_what_each_command_takes(lab):
    text = lab.cyrkeep('--help', check=DONE).out
    options = dict(check=[], mailboxes=[], backup=['--plan', '--method', '--driver', '--to', '--full', '--exclude', '--accept-shrink', '--detach', '--dry-run'],
                   jobs=[], attach=[], pause=[], resume=[], cancel=[], archives=[], list=[], cat=[],
                   restore=['--to', '--uid', '--via', '--dry-run', '--yes'], verify=[], unwind=['--dry-run'])
    for command, words in options.items():
        assert re.search(rf'^\s+{command}\b', text, re.M), command
        page = program(command, '--help')
        same((page.returncode, page.err), (DONE, ''), command)
        for word in words:
            assert word in page.out, (command, word)


def wrong_usage_is_2(lab):
    for args in ([], ['--json']):                          # no terminal: the help, as an error
        p = lab.cyrkeep(*args)
        same((p.returncode, p.out), (USAGE, ''), 'no command')
        assert 'usage: cyrkeep' in p.err, p.err
    for args in (['nonsense'], ['--nonsense', 'check'], ['check', 'x'], ['mailboxes', 'a', 'b'], ['archives', 'x'], ['jobs', '--all'],
                 ['attach'], ['attach', '0'], ['attach', '-1'], ['pause', '1x'], ['resume', ''], ['cancel', '99999999999999'],
                 ['list'], ['list', '1', 'a', 'b'], ['cat', 'latest'], ['cat', 'latest', 'user/anne', '0'],
                 ['cat', 'latest', 'user/anne', '1:2'], ['verify'], ['verify', '1', '2'], ['unwind', '--now'],
                 ['backup', '--plan'], ['backup', '--full=1'],
                 ['backup', '--method', 'magic'], ['backup', '--method', 'magic', '--dry-run'], ['backup', '--driver', 'lvm'],
                 ['backup', '--dry-run', 'user/nosuch*'],
                 ['backup', '--exclude', ''], ['backup', '--without-config'],
                 ['restore', 'latest'], ['restore', 'latest', 'user/anne', '--via', 'files', '--yes'],
                 ['restore', 'latest', 'user/anne'], ['--json', 'restore', 'latest', 'user/anne'],
                 ['-c'], ['--state']):
        refused(lab, USAGE, *args)
    for args in (['\x1b[2J\udcff'], ['--\x1b[2J', 'check'], ['mailboxes', '--\x1b[2J'], ['list', '\x1b[2J', 'b', 'c']):
        p = lab.cyrkeep(*args)
        same((p.returncode, p.out), (USAGE, ''), f'{args}')
        assert b'\x1b' not in p.stderr and b'\xff' not in p.stderr, f'what comes from outside is made harmless: {p.stderr}'
    same(lab.json('jobs'), [], 'no job was made by any of these')


def wrong_rules_are_2(lab):
    for rule in ('leaf', 'leaf:', 'larger:x', 'larger:1T', 'larger:-1', 'larger:1.5M', 'older:7', 'older:7m', 'older:d',
                 'older:7d,older:8d', 'leaf:a,,leaf:b', 'special:Junk', 'larger:99999999999G', 'leaf:Sent,', 'Leaf:Sent'):
        refused(lab, USAGE, 'backup', '--dry-run', '--exclude', rule, say=[rule])
        refused(lab, USAGE, 'backup', '--exclude', rule, say=[rule])


def settings_errors_name_file_and_line(lab):
    table = [('sever = { port = 1; };', 2, 'sever'), ('server = { prot = 1; };', 2, 'prot'), ('\nserver = { port = "143"; };', 3, 'port'),
             ('server = { port = 70000; };', 2, 'port'), ('server = { tls = "yes"; };', 2, 'tls'), ('state = 5;', 2, 'state'),
             ('state = "relative";', 2, 'state'), ('server = "127.0.0.1";', 2, 'server'),
             ('master = { start = "/usr/sbin/cyrmaster -d"; };', 2, 'start'), ('master = { start = [ 1 ]; };', 2, 'start'),
             ('destinations = ( { name = "a"; type = "tape"; path = "/x"; } );', 2, 'type'),
             ('destinations = ( { name = "a"; type = "directory"; path = "/x"; },\n { name = "a"; type = "directory"; path = "/y"; } );', 3, "'a'"),
             ('plans = ( { name = "p"; metod = "stop"; } );', 2, 'metod'), ('plans = ( { method = "stop"; } );', 2, 'name'),
             ('plans = ( { name = "p"; select = "*"; } );', 2, 'select'),
             ('archive = { level = 99; };', 2, 'level'), ('archive = { threads = -1; };', 2, 'threads'), ('hold = { max_downtime = 1.5; };', 2, 'max_downtime'),
             ('ui = { theme = true; };', 2, 'theme'), ('this is no settings file', 2, ''), ('state = "/a";\nstate = "/b";', 3, '')]
    path = f'{lab.root}/wrong.conf'
    for body, line, word in table:
        with open(path, 'w') as f:
            f.write('# settings\n' + body + '\n')
        for command in (['check'], ['archives'], ['jobs']):
            p = program('-c', path, *command)
            assert p.returncode == USAGE and p.out == '' and p.err.startswith('cyrkeep: ') and p.err.count('\n') == 1, (body, p.returncode, p.err)
            assert path in p.err and word in p.err, (body, p.err)
            assert re.search(rf'\bline {line}\b|:{line}\b', p.err), (body, line, p.err)
    same(program('-c', f'{lab.root}/nosuch.conf', 'check').returncode, FAILED, 'a settings file that is not there')
    with open(path, 'w') as f:                             # every key of the contract at once is right
        f.write(f'''state = "{lab.root}/state2"; imapd_conf = "{lab.root}/imapd.conf"; cyrus_conf = "{lab.root}/cyrus.conf";
server = {{ host = "127.0.0.1"; port = {lab.port}; sync_port = 0; tls = "auto"; admin = "cyrus"; password_file = "{lab.root}/secret"; }};
master = {{ recipe = "process"; pidfile = "{lab.pidfile}"; start = [ "/bin/true", "-d" ]; timeout = 60; }};
destinations = ( {{ name = "main"; type = "directory"; path = "/var/backups/cyrkeep"; }} );
plans = ( {{ name = "nightly"; method = "stop"; destination = "main"; select = [ "*" ]; exclude = [ "special:\\\\Junk" ]; }} );
archive = {{ level = 3; threads = 0; }}; hold = {{ max_downtime = 600; max_freeze = 10; }}; ui = {{ theme = "default"; }};
''')
    p = program('-c', path, '--json', 'mailboxes')
    assert p.returncode == DONE and p.out.count('\n') > 10, (p.returncode, p.err)


def options_may_stand_on_both_sides_of_the_command(lab):
    a, b = lab.cyrkeep('--json', 'mailboxes', check=DONE).out, lab.cyrkeep('mailboxes', '--json', check=DONE).out
    same(a, b, '--json before and behind the command')
    p = program('mailboxes', '-C', f'{lab.root}/imapd.conf', '--json', '--state', f'{lab.root}/state', '-c', f'{lab.root}/cyrkeep.conf')
    same((p.out, p.err), (a, ''), 'general options behind the command')
    p = lab.cyrkeep('--state', f'{lab.root}/elsewhere', '--json', 'jobs', check=DONE)
    same(p.out, '', 'another state directory knows no job')
    refused(lab, FAILED, '-C', f'{lab.root}/nosuch', 'check', say=['nosuch'])


def a_pipe_for_imapd_conf_does_not_hang(lab):
    os.mkfifo(f'{lab.root}/pipe.conf')
    for command in (['check'], ['mailboxes'], ['backup'], ['backup', '--dry-run']):
        p = lab.cyrkeep('-C', f'{lab.root}/pipe.conf', *command, timeout=10)
        assert p.returncode in (FAILED, USAGE) and 'pipe.conf' in p.err, (command, p.returncode, p.err)
    same(lab.json('jobs'), [], 'no job was made')
    p = program('-c', f'{lab.root}/pipe.conf', 'check')
    assert p.returncode == USAGE and 'pipe.conf' in p.err, p.err


def check_is_0_and_each_line_says_its_kind(lab):
    lines = lab.json('check')
    kinds = {l['kind'] for l in lines}
    assert kinds >= {'server', 'partition', 'database', 'method'}, kinds
    same(sorted(l['name'] for l in lines if l['kind'] == 'partition' and l['holds'] == 'data'), ['default', 'second'], 'partitions')
    assert any(l['kind'] == 'method' and l['name'] == 'stop' and l['possible'] for l in lines)


def mailboxes_has_its_keys_and_names(lab):
    lines = lab.json('mailboxes')
    for line in lines:
        keyed(line, MAILBOX)
    by = {l['mailbox']: l for l in lines}
    for leaf in ('Größe', 'a,b', '50$', '&', '~x', '日本 語', 'a_b', '+plus', 'Sent Items'):
        same(by[f'user/zoe/{leaf}']['messages'], 2, leaf)
    same((by['user/zoe/Spam']['special'], by['user/zoe/Junk']['special'], by['user/zoe']['special']), ('\\Junk', '', ''), 'special use')
    same(by['user/zoe/Bounds']['bytes'], 1024 + 1025 + (1 << 20) * 2 + 1 + 2048 * 4 + 2000, 'bytes are exact')
    same(len({l['uniqueid'] for l in lines}), len(lines), 'uniqueids')


def names_are_utf8_whatever_the_locale(lab):
    """cron has none."""
    for env in ({'LC_ALL': 'C'}, {'LC_ALL': 'de_DE.ISO-8859-1'}, {}):
        p = lab.cyrkeep('mailboxes', 'user/zoe/*', check=DONE, env={'PATH': os.environ['PATH'], **env})
        assert 'user/zoe/Größe\n' in p.out and 'user/zoe/日本 語\n' in p.out, (env, p.out)
        p = lab.cyrkeep('list', 'latest', 'user/zoe/größer', env={'PATH': os.environ['PATH'], **env})
        assert 'größer' in p.err or 'no archive' in p.err, (env, p.err)


def patterns_are_those_of_list(lab):
    admin = lab.imap()
    for pattern in ('*', '%', 'user/%', 'user/zoe', 'user/zoe/%', 'user/zoe/*', 'user/zoe*', 'user/%/Sent', 'user/*/Sent', '*/Sent', '%/%/%', 'user/zoe/S%t',
                    'user/zoe/Gr*', 'public/*', 'user/zoe/%/%', 'user/%/%/%', '*Junk', '*Junk*', 'user/anne/*Q%'):
        want = set()
        for line in lab.ok(admin.list('""', quote(pattern))):
            if not line:
                continue
            raw = line[1] if isinstance(line, tuple) else re.match(rb'\(.*?\) "/" (.*)$', line).group(1)
            attributes = line[0] if isinstance(line, tuple) else line
            name = raw.decode()
            if name.startswith('"'):
                name = re.sub(r'\\(.)', r'\1', name[1:-1])
            if b'\\Noselect' not in attributes and b'\\NonExistent' not in attributes:
                want.add(name)
        p = lab.cyrkeep('--json', 'mailboxes', pattern)
        same(p.returncode, DONE if want else FAILED, f'{pattern}: {p.err}')
        got = {utf7(json.loads(line)['mailbox']) for line in p.out.splitlines()}
        hidden = {n for n in got if n.startswith('DELETED/') or '/#' in n}
        same(sorted(got - hidden), sorted(want - hidden), pattern)
    admin.logout()
    for pattern, want in (('user/zoe/日%', ['user/zoe/日本 語']), ('user/zoe/%本*', ['user/zoe/日本 語']), ('*öße', ['user/zoe/Größe'])):
        same(names(lab, pattern), want, f'{pattern}: UTF-8, where LIST has bytes of UTF-7')
    refused(lab, FAILED, 'mailboxes', 'user/nosuch', say=['user/nosuch'])
    refused(lab, FAILED, 'mailboxes', 'user/ZOE', say=['user/ZOE'])


def rules_of_names_are_exact(lab):
    z = 'user/zoe'
    same(caught(lab, 'leaf:Sent', of='user/zoe*'), [f'{z}/Sent'], 'leaf is the whole last part, in its case')
    same(caught(lab, 'leaf:Junk', of='user/zoe*'), [f'{z}/Junk', f'{z}/Projects/Junk'], 'not Junkets, not Junkyard')
    same(caught(lab, 'below:user/zoe/Sent', of='user/zoe*'), [f'{z}/Sent', f'{z}/Sent/2024'], 'below: it and everything under it, no namesake')
    same(caught(lab, 'name:user/zoe/Sent', of='user/zoe*'), [f'{z}/Sent'], 'name: only it')
    same(caught(lab, 'name:user/zoe/Sent*', of='user/zoe*'), [f'{z}/Sent', f'{z}/Sent Items', f'{z}/Sent/2024'], 'name with *')
    same(caught(lab, 'name:user/%/Sent', of='user/zoe*'), [f'{z}/Sent'], 'name with %')
    same(caught(lab, 'name:user/%/Junk%', of='user/zoe*'), [f'{z}/Junk', f'{z}/Junkets'], '% stays in its level')
    same(caught(lab, r'special:\Junk', of='user/zoe*'), [f'{z}/Spam'], 'special use, whatever the name')
    same(caught(lab, r'special:\Sent,leaf:Outbox', of='user/zoe*'), [f'{z}/Outbox'], 'all terms must hold')
    same(caught(lab, r'special:\Sent,leaf:Sent', of='user/zoe*'), [], 'all terms must hold')
    same(caught(lab, 'below:public/quarantine', of='public*'), ['public/quarantine', 'public/quarantine/deep'], 'a shared tree, not its namesake')
    same(caught(lab, 'name:user/zoe', of='user/zoe*'), [z], 'INBOX only')
    same(caught(lab, 'leaf:Größe', of='user/zoe*'), [f'{z}/Größe'], 'UTF-8')
    same(caught(lab, 'name:user/zoe/日*', of='user/zoe*'), [f'{z}/日本 語'], 'UTF-8 pattern')
    same(caught(lab, r'leaf:a\,b', of='user/zoe*'), [f'{z}/a,b'], 'a comma in a name is protected by a backslash')
    same(caught(lab, 'leaf:50%', of='user/zoe*'), [], 'leaf knows no wildcard')
    same(caught(lab, 'leaf:*', of='user/zoe*'), [], 'leaf knows no wildcard')


def the_first_rule_that_catches_has_the_mailbox(lab):
    boxes, rules, _ = estimate(lab, 'user/zoe*', '--exclude', 'leaf:NoSuch', '--exclude', 'leaf:Junk', '--exclude', 'below:user/zoe/Projects')
    same(boxes['user/zoe/Projects/Junk']['left_out'], 2, 'by rule number')
    same(boxes['user/zoe/Projects/Junkyard']['left_out'], 3, 'by rule number')
    same(boxes['user/zoe']['left_out'], None, 'null')
    same((rules[0]['mailboxes'], rules[0]['messages'], rules[0]['bytes']), (0, 0, 0), 'nothing caught')
    same((rules[1]['mailboxes'], rules[1]['messages']), (2, 4), 'leaf:Junk')
    said = lab.cyrkeep('backup', '--dry-run', '--exclude', 'leaf:NoSuch', check=DONE).out
    assert re.search(r'leaf:NoSuch.*nothing', said), said


def sizes_are_strictly_larger_and_ages_whole_days(lab):
    def left(*rules):
        boxes, effects, _ = estimate(lab, 'user/zoe/Bounds', *[x for r in rules for x in ('--exclude', r)])
        same(boxes['user/zoe/Bounds']['left_out'], None, 'a rule of size or age leaves no mailbox out')
        return boxes['user/zoe/Bounds']['messages'], effects[0]['messages']
    for rule, n in (('larger:1K', 8), ('larger:1024', 8), ('larger:1023', 9), ('larger:1025', 7), ('larger:1M', 1), ('larger:1048576', 1), ('larger:1048575', 2),
                    ('larger:1024K', 1), ('larger:1G', 0), ('older:7d', 3), ('older:1w', 3), ('older:8d', 2), ('older:6d', 4), ('older:4w', 1), ('older:28d', 1),
                    ('older:29d', 0), ('older:0d', 8), ('larger:2K,older:0d', 2), ('larger:2047,older:7d', 3), ('larger:2048,older:7d', 0)):
        same(left(rule), (9 - n, n), rule)
    same(left('leaf:Bounds,larger:1M,older:7d'), (9, 0), 'all terms')
    same(left('leaf:Sent,larger:1'), (9, 0), 'another mailbox')
    same(left('name:user/zoe,larger:1'), (9, 0), 'this mailbox only, not below')
    same(left('below:user/zoe,larger:1'), (0, 9), 'and below')


def a_backup_has_its_keys_and_number_1(lab):
    report = events(lab.json('backup'), REPORT)
    same((report['job'], report['archive'], report['kind'], report['method'], report['result'], report['findings']),
         (1, 1, 'full', 'stop', 'ok', 0), 'report')
    assert re.fullmatch(r'.*/backup/[^/]+-\d{8}T\d{6}Z-full\.tar\.zst', report['path']), report['path']
    assert report['downtime_ms'] > 0 and report['bytes_written'] == os.path.getsize(report['path']), report
    boxes = lab.json('mailboxes')
    same(report['grades']['A'], report['mailboxes'], 'all grade A')
    same((report['mailboxes'], report['messages']), (len(boxes), sum(b['messages'] for b in boxes)), 'counts are those of the server')


def rules_hold_in_the_archive_too(lab):
    report = events(lab.json('backup', 'user/zoe*', '--exclude', 'leaf:Junk', '--exclude', 'leaf:Bounds,older:7d',
                             '--exclude', 'leaf:Bounds,larger:1M'), REPORT)
    _, _, total = estimate(lab, 'user/zoe*', '--exclude', 'leaf:Junk', '--exclude', 'leaf:Bounds,older:7d', '--exclude', 'leaf:Bounds,larger:1M')
    same((report['mailboxes'], report['messages']), (total['mailboxes'], total['messages']), 'as foretold')
    shown = {l['mailbox']: l for l in lab.json('list', 'latest')}
    assert 'user/zoe/Junk' not in shown and 'user/anne' not in shown and 'user/zoe/Junkets' in shown, sorted(shown)
    stored = lab.json('list', 'latest', 'user/zoe/Bounds')
    same(sorted(l['size'] for l in stored if l.get('stored', True)), [1024, 1025, 2000, 2048, 1 << 20], 'messages stored')
    names = subprocess.run(['tar', '--zstd', '-tf', report['path']], capture_output=True, check=True).stdout.decode().splitlines()
    by = {l['mailbox']: l['uniqueid'] for l in lab.json('mailboxes')}
    assert not [n for n in names if by['user/zoe/Junk'] in n], 'nothing of Junk'
    same(len([n for n in names if re.search(by['user/zoe/Bounds'] + r'/\d+\.$', n)]), 5, 'message files of Bounds')
    assert not [n for n in names if '/spool/' in n and by['user/anne'] in n], 'no mail of another user'
    assert any('not in this archive' in l or 'rule' in l for l in lab.cyrkeep('list', 'latest', check=DONE).out.splitlines()), 'the hole is shown'
    for args in (['restore', 'latest', 'user/zoe/Junk', '--yes'], ['restore', 'latest', 'user/zoe/Ju%k', '--dry-run'],
                 ['list', 'latest', 'user/zoe/Junk'], ['cat', 'latest', 'user/zoe/Junk', '1']):
        p = lab.cyrkeep(*args)
        assert p.returncode == FAILED and "'user/zoe/Junk' was left out of " in p.err and "by rule 'leaf:Junk'" in p.err, (args, p.err)
    p = lab.cyrkeep('restore', 'latest', 'user/zoe/Junk', 'user/zoe/Bounds', '--yes', check=DONE)
    assert "'user/zoe/Junk' was left out of the archive" in p.out and 'Bounds' in p.out, p.out


def plans_are_kept_and_may_be_narrowed(lab):
    conf = settings(lab, 'plans', more=f'''
plans = ( {{ name = "nightly"; method = "stop"; destination = "second"; select = [ "user/zoe", "user/zoe/*", "public/*" ];
             exclude = [ "special:\\\\Junk", "leaf:Bounds,larger:1M" ]; }},
          {{ name = "bare"; }}, {{ name = "wrong rule"; exclude = [ "colour:red" ]; }}, {{ name = "wrong method"; method = "magic"; }} );
''', change=lambda s: s.replace('destinations = (', 'destinations = (' + ''.join(
        f'{{ name = "{name}"; type = "directory"; path = "{lab.root}/backup{i}"; }}, ' for i, name in ((1, 'first'), (2, 'second')))))
    for d in ('backup1', 'backup2', 'backup3'):
        os.makedirs(f'{lab.root}/{d}', exist_ok=True)
    run = lambda *args: program('-c', conf, '--json', *args)
    lines = [json.loads(l) for l in run('backup', '--plan', 'nightly', '--dry-run').out.splitlines()]
    boxes = {l['mailbox']: l for l in lines if l['kind'] == 'mailbox'}
    assert all(n.startswith(('user/zoe', 'public/')) for n in boxes), sorted(boxes)
    same((boxes['user/zoe/Spam']['left_out'], boxes['user/zoe/Bounds']['messages']), (1, 8), 'the plan')
    lines = [json.loads(l) for l in run('backup', '--plan', 'nightly', '--exclude', 'leaf:Sent', '--dry-run', 'user/zoe/%').out.splitlines()]
    boxes = {l['mailbox']: l for l in lines if l['kind'] == 'mailbox'}
    same((boxes['user/zoe/Sent']['left_out'], 'public/quarantine' in boxes, 'user/zoe/Sent/2024' in boxes), (3, False, False), 'narrowed')
    p = run('backup', '--plan', 'nightly')
    report = events([json.loads(l) for l in p.out.splitlines()], REPORT)
    same((p.returncode, os.path.dirname(report['path'])), (DONE, f'{lab.root}/backup2'), 'the destination of the plan')
    p = run('backup', '--plan', 'bare', '--to', f'{lab.root}/backup3', 'user/zoe')
    report = events([json.loads(l) for l in p.out.splitlines()], REPORT)
    same((p.returncode, os.path.dirname(report['path']), report['method']), (DONE, f'{lab.root}/backup3', 'stop'), '--to an absolute path')
    p = run('backup', '--plan', 'bare', '--to', 'main', 'user/zoe')
    report = events([json.loads(l) for l in p.out.splitlines()], REPORT)
    same(os.path.dirname(report['path']), f'{lab.root}/backup', '--to a name')
    for args in (['--plan', 'nosuch'], ['--plan', 'nosuch', '--dry-run'], ['--to', 'nosuch'], ['--to', 'nosuch', '--dry-run']):
        p = run('backup', *args)
        assert p.returncode == FAILED and 'nosuch' in p.err and p.err.count('\n') == 1, (args, p.returncode, p.err)
    assert 'first' in p.err and 'main' in p.err, f'the destinations there are: {p.err}'
    for plan in ('wrong rule', 'wrong method'):
        for more in ([], ['--dry-run']):
            p = run('backup', '--plan', plan, *more)
            assert p.returncode == USAGE and p.err.count('\n') == 1, (plan, more, p.returncode, p.err)
    numbers = [json.loads(l)['archive'] for l in run('archives').out.splitlines()]
    same(numbers, [6, 5, 4, 2, 1], 'archives of all destinations; job 3 was a restore')


def a_destination_is_none_of_what_is_backed_up(lab):
    for d in ('spool/default', 'spool/second', 'conf', 'sieve', 'conf/'):
        p = lab.cyrkeep('backup', '--to', f'{lab.root}/{d}')
        assert p.returncode == USAGE and f'{lab.root}/{d}'.rstrip('/') in p.err, (d, p.returncode, p.err)
        assert not [f for f in os.listdir(f'{lab.root}/{d}') if 'tar.zst' in f], d


def archives_and_jobs_count_from_1(lab):
    archives, jobs = lab.json('archives'), lab.json('jobs')
    for line in archives:
        keyed(line, ARCHIVE)
    for line in jobs:
        keyed(line, JOB)
    same([j['job'] for j in jobs], list(range(len(jobs), 0, -1)), 'jobs newest first, without a hole')
    assert all(j['state'] == 'done' and j['percent'] == 100 and j['result'] == 'ok' for j in jobs), jobs
    assert [a['archive'] for a in archives] == sorted((a['archive'] for a in archives), reverse=True), 'newest first'
    assert {a['archive'] for a in archives} <= {j['job'] for j in jobs}, 'an archive has the number of its job'
    report = events(lab.json('backup', 'user/nosuch*', check=USAGE), REPORT)
    same((report['result'], report['archive']), ('failed', None), 'a pattern without a mailbox')
    assert 'cyrkeep mailboxes' in lab.cyrkeep('backup', 'user/nosuch*', check=USAGE).err, 'the remedy is told'
    assert all(a['base'] is None and a['result'] == 'ok' and a['bytes'] > 0 for a in archives), archives


def an_archive_is_a_number_a_path_or_latest(lab):
    first = [a for a in lab.json('archives') if a['archive'] == 1][0]
    by_number = lab.cyrkeep('--json', 'list', '1', check=DONE).out
    for line in by_number.splitlines():
        keyed(json.loads(line), ARCHIVED)
    same(lab.cyrkeep('--json', 'list', first['path'], check=DONE).out, by_number, 'by path')
    p = program('-c', f'{lab.root}/cyrkeep.conf', '--json', 'list', os.path.basename(first['path']), cwd=os.path.dirname(first['path']))
    same((p.returncode, p.out), (DONE, by_number), 'by relative path')
    for args in (['verify', './' + os.path.basename(first['path'])], ['restore', os.path.basename(first['path']), 'user/zoe/Sent', '--yes']):
        p = program('-c', '../cyrkeep.conf', '-C', '../imapd.conf', '--state', '../state', *args, cwd=os.path.dirname(first['path']))
        same(p.returncode, DONE, f'a job knows where its user was: {args} {p.err}')
    newest = lab.json('archives')[0]
    same(lab.cyrkeep('--json', 'list', 'latest', check=DONE).out, lab.cyrkeep('--json', 'list', str(newest['archive']), check=DONE).out, 'latest')
    for bad in ('99', '0', 'newest', '/no/such.tar.zst', '', 'nosuch.tar.zst'):
        refused(lab, FAILED, 'list', bad, say=['cyrkeep archives'])
        refused(lab, FAILED, 'cat', bad, 'user/anne', '1')
        refused(lab, FAILED, 'verify', bad)
        refused(lab, FAILED, 'restore', bad, 'user/anne', '--dry-run')
    refused(lab, FAILED, 'list', '1', 'user/nosuch', say=['user/nosuch', 'cyrkeep list 1'])
    refused(lab, FAILED, 'list', '1', 'user/zoe/%', say=['user/zoe/%', 'cyrkeep list 1'])
    refused(lab, FAILED, 'cat', '1', 'user.zoe', '1', say=['user.zoe', "'/'"])
    refused(lab, FAILED, 'cat', '1', 'user/zoe', '777', say=['777', 'cyrkeep list 1'])


def messages_have_their_keys(lab):
    for line in lab.json('list', '1', 'user/zoe/Bounds') + lab.json('list', '1', 'user/anne') + lab.json('list', '1', 'user/zoe/日本 語'):
        keyed(line, MESSAGE)
    raw = lab.cyrkeep('cat', '1', 'user/zoe/Bounds', '1', check=DONE).stdout
    same((len(raw), raw), (1024, sized('bound 0', 1024)), 'byte for byte')
    with open('/dev/full', 'wb') as full:
        p = subprocess.run([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', 'cat', '1', 'user/zoe/Bounds', '4'], stdout=full, stderr=subprocess.PIPE)
        assert p.returncode == FAILED and p.stderr, (p.returncode, p.stderr)


def verify_says_what_it_counted(lab):
    lines = lab.json('verify', '1')
    report = events(lines, REPORT)
    over = [l for l in lines if l['event'] == 'progress' and l['messages_done'] > l['messages_total']]
    assert not over, over[-1]
    info = [a for a in lab.json('archives') if a['archive'] == 1][0]
    same((report['archive'], report['path'], report['mailboxes'], report['messages'], report['result']),
         (1, info['path'], info['mailboxes'], info['messages'], 'ok'), 'report')


def damage_is_4_everywhere(lab):
    path = [a for a in lab.json('archives') if a['archive'] == 1][0]['path']
    raw = bytearray(open(path, 'rb').read())
    bad = f'{lab.root}/bad.tar.zst'
    for at in (len(raw) // 5, len(raw) // 2, len(raw) - 5):
        broken = bytearray(raw)
        broken[at] ^= 0x40
        open(bad, 'wb').write(broken)
        p = lab.cyrkeep('--json', 'verify', bad)
        same(p.returncode, DAMAGE, f'a bit at {at}: {p.out[-400:]} {p.err}')
        report = events([json.loads(l) for l in p.out.splitlines()], REPORT)
        assert report['result'] in ('findings', 'failed'), report
    open(bad, 'wb').write(b'this is no archive\n' * 99)
    assert lab.cyrkeep('verify', bad).returncode in (FAILED, DAMAGE)
    p = lab.cyrkeep('list', bad)
    assert p.returncode in (FAILED, DAMAGE) and 'bad.tar.zst' in p.err, (p.returncode, p.err)


def restore_keeps_its_word(lab):
    report = events(lab.json('restore', '1', 'user/zoe/Sent', 'user/zoe/Trash', '--yes'), RESTORED)
    same((report['added'], report['present'], report['failed'], report['result'], report['method']), (0, 4, 0, 'ok', 'sync'), 'nothing was missing')
    c = lab.imap('zoe')
    lab.ok(c.select('INBOX/Bounds'))
    lab.ok(c.uid('STORE', '1:9', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    left = lambda: len(lab.mailbox('user/zoe/Bounds')['messages'])
    lines = lab.json('restore', '1', 'user/zoe/Bounds', '--uid', '2,4:5', '--dry-run')
    keyed(lines[-1], dict(RESTORED, job=maybe(number), archive=number, path=text, kind=text))
    info = [a for a in lab.json('archives') if a['archive'] == 1][0]
    same([lines[-1][k] for k in ('archive', 'path', 'kind', 'missing', 'added', 'present', 'failed', 'dry_run')],
         [1, info['path'], 'full', 3, 0, 0, 0, True], 'the rehearsal says what is missing, and adds nothing')
    same(left(), 0, 'the rehearsal changes nothing')
    for uids, added, there in (('2', 1, 1), ('2,4:5', 2, 3), ('8:*', 2, 5), ('*', 0, 5), ('6:3,1', 3, 8), ('1:9', 1, 9)):
        report = events(lab.json('restore', '1', 'user/zoe/Bounds', '--uid', uids, '--yes'), RESTORED)
        same((report['added'], report['failed'], left()), (added, 0, there), f'--uid {uids}')
    refused(lab, FAILED, 'restore', '1', 'user/zoe/Bounds', '--uid', '100:200', '--yes', say=['uid'])
    for bad in ('0', 'x', '1:', ':1', '1,,2', '', '-1', '1-3', '4294967296'):
        refused(lab, USAGE, 'restore', '1', 'user/zoe/Bounds', '--uid', bad, '--yes')
    refused(lab, USAGE, 'restore', '1', 'user/zoe/Bounds', 'user/zoe', '--uid', '1', '--yes')
    refused(lab, FAILED, 'restore', '1', 'user/zoe/NoSuch', '--yes', say=['user/zoe/NoSuch'])
    refused(lab, FAILED, 'restore', '99', 'user/zoe', '--yes')


def restore_beside(lab):
    today = time.strftime('%Y-%m-%d')
    report = events(lab.json('restore', '1', 'user/zoe', 'user/zoe/Sent', 'user/zoe/日本 語', 'public/quarantined', '--to', 'dated', '--yes'), RESTORED)
    same((report['added'], report['present']), (7, 0), 'all of it is new there')
    by = {l['mailbox']: l['messages'] for l in lab.json('mailboxes')}
    for name, n in ((f'user/zoe/RESTORED/{today}/INBOX', 2), (f'user/zoe/RESTORED/{today}/Sent', 2), (f'user/zoe/RESTORED/{today}/日本 語', 2)):
        same(by.get(name), n, f'{name} in {sorted(b for b in by if "RESTORED" in b)}')
    same(by['user/zoe/Sent'], 2, 'the original is left alone')
    report = events(lab.json('restore', '1', 'user/zoe', 'user/zoe/Sent', '--to', 'dated', '--yes'), RESTORED)
    same((report['added'], report['present']), (0, 4), 'a second time adds nothing')
    report = events(lab.json('restore', '1', 'user/zoe/Sent', 'user/zoe/Sent/2024', '--to', 'user/zoe/Größer & größer', '--yes'), RESTORED)
    same(report['added'], 4, 'under another name')
    by = {l['mailbox']: l['messages'] for l in lab.json('mailboxes', 'user/zoe/Größer*')}
    same(by, {'user/zoe/Größer & größer': 2, 'user/zoe/Größer & größer/2024': 2}, 'the tree below it')


def without_a_terminal_a_restore_asks_for_yes(lab):
    before = len(lab.json('jobs'))
    refused(lab, USAGE, 'restore', '1', 'user/zoe', say=['--yes', '--dry-run'])
    same(len(lab.json('jobs')), before, 'no job was made')


def a_target_is_a_mailbox_that_can_be(lab):
    """Cyrus's replication commands would leave a directory behind for some of these, or make a user."""
    before = [len(lab.json('jobs')), lab.mailboxes()]
    for bad in ('', 'user', 'user/', '/x', 'a//b', 'user/zoe/Sent/', 'user/zoe/a%b', 'user/zoe/a;b', 'user/zoe/q"x', 'user/zoe/a\\b', 'user/zoe/a^b',
                'user/zoe/tab\tx', 'user/zoe/\x7f', 'user/zoe/a!b', 'INBOX', 'Inbox/x', 'DELETED', 'DELETED/user/zoe/x', 'user/zoe/#sieve',
                'user/zoe/' + 'x' * 490, 'user/zoe@'):
        for how in ('--dry-run', '--yes'):
            refused(lab, USAGE, 'restore', '1', 'user/zoe/Sent', '--to', bad, how)
    for bad in ('user/nobody/x', 'user/zoe/x@virt.test'):
        for how in (['--dry-run'], ['--yes'], ['--yes', '--via', 'imap']):
            refused(lab, FAILED, 'restore', '1', 'user/zoe/Sent', '--to', bad, *how, say=['there is no user'])
    same([len(lab.json('jobs')), lab.mailboxes()], before, 'nothing was made')
    report = events(lab.json('restore', '1', 'user/zoe/Sent', '--to', 'user/newcomer', '--yes'), RESTORED)
    same((report['added'], report['failed']), (2, 0), 'a new user, named outright')
    admin = lab.imap()
    lab.ok(admin.setacl('user/first.last', 'cyrus', 'lrswipkxtecda'))
    lab.delete(admin, 'user/first.last')
    admin.logout()
    said = lab.cyrkeep('restore', '1', 'user/first.last/Sent', '--dry-run', check=DONE).out
    assert "there is no user 'first.last'" in said, said
    said = lab.cyrkeep('restore', '1', 'user/first.last', 'user/first.last/Sent', '--dry-run', check=DONE).out
    assert "there is no user" not in said, said


def on_a_terminal_a_restore_asks(lab):
    before = len(lab.json('jobs'))
    for no in (b'no\n', b'\n', b'\x04', b'yesterday\n'):
        code, said = on_a_terminal(lab, no, 'restore', '1', 'user/zoe/Sent', '--to', 'user/zoe/Asked')
        same(code, CANCELLED, said)
        assert 'would be added' in said and 'nothing was changed' in said, said
    same(len(lab.json('jobs')), before, 'no job was made')
    for yes in (b'yes\n', b'y\n'):
        code, said = on_a_terminal(lab, yes, 'restore', '1', 'user/zoe/Sent', '--to', f'user/zoe/Asked {len(yes)}')
        same(code, DONE, said)
        assert '2 added' in said, said
    code, said = on_a_terminal(lab, None, '--json', 'restore', '1', 'user/zoe/Sent')
    assert code == USAGE and '--json' in said and '--yes' in said, (code, said)


def what_was_rehearsed_is_restored(lab):
    """'latest' is another archive by the time of the answer."""
    newest = lambda: lab.json('archives')[0]['archive']
    was = newest()
    def answer():
        lab.cyrkeep('backup', check=DONE)
        return b'yes\n'
    code, said = on_a_terminal(lab, answer, 'restore', 'latest', lab.json('list', 'latest')[0]['mailbox'], '--to', 'user/zoe/Meanwhile')
    same(code, DONE, said)
    assert newest() > was, 'no newer archive'
    job = lab.json('jobs')[0]['job']
    same(json.loads(open(f'{lab.root}/state/jobs/{job}/events').readlines()[-1])['archive'], was, 'the archive')


def jobs_are_detached_paused_resumed_cancelled(lab):
    slow = settings(lab, 'slow', more='archive = { level = 19; threads = 1; };\n')
    run = lambda *args: program('-c', slow, *args)
    before = sorted(os.listdir(f'{lab.root}/backup'))
    p = run('--json', 'backup', '--detach')
    same(p.returncode, DONE, p.err)
    job = json.loads(p.out)['job']
    same(run('pause', str(job)).returncode, DONE, 'pause')
    end = time.monotonic() + 10
    while True:
        line = [json.loads(l) for l in run('--json', 'jobs').out.splitlines()][0]
        keyed(line, JOB)
        if line['state'] == 'paused' or time.monotonic() > end:
            break
        time.sleep(0.05)
    same((line['job'], line['state'], line['result']), (job, 'paused', None), 'the job')
    same(run('pause', str(job)).returncode, FAILED, 'it is paused already')
    for args in (['backup'], ['backup', '--detach'], ['restore', '1', 'user/zoe', '--yes', '--via', 'imap'],
                 ['restore', '1', 'user/zoe', '--yes']):
        p = run(*args)
        same((p.returncode, p.out), (BUSY, ''), f'{args}: {p.err}')
        assert f'job {job} ' in p.err and 'started by ' in p.err and p.err.count('\n') == 1, p.err
    p = run('--state', f'{lab.root}/state-of-another', 'backup')
    same(p.returncode, BUSY, f'from another state directory: {p.err}')
    same(run('resume', str(job)).returncode, DONE, 'resume')
    same(run('pause', str(job)).returncode, DONE, 'pause again')
    same(run('cancel', str(job)).returncode, DONE, 'cancel a paused job')
    p = run('--json', 'attach', str(job))
    same(p.returncode, CANCELLED, f'exit code of what was cancelled: {p.out} {p.err}')
    report = events([json.loads(l) for l in p.out.splitlines()], REPORT)
    same((report['result'], report['archive'], report['path']), ('cancelled', None, None), 'report')
    line = [json.loads(l) for l in run('--json', 'jobs').out.splitlines()][0]
    same((line['job'], line['state'], line['result']), (job, 'done', 'cancelled'), 'the job')
    assert line['percent'] < 100, line
    row = run('jobs').out.splitlines()[1]
    assert f" cancelled {line['percent']:5}%" in row and 'done' not in row, row
    same(sorted(os.listdir(f'{lab.root}/backup')), before, 'no archive and nothing half is left')
    same(lab.is_up(), True, 'the server runs')
    refused(lab, FAILED, 'pause', '99', say=['99'])
    for command in ('pause', 'resume', 'cancel'):
        refused(lab, FAILED, command, str(job), say=[str(job)])
    refused(lab, FAILED, 'attach', '99', say=['99', 'cyrkeep jobs'])


def an_interrupt_cancels(lab):
    slow = f'{lab.root}/slow.conf'
    p = subprocess.Popen([PROGRAM, '-c', slow, '--json', 'backup'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert p.stdout.readline(), 'an event'
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    same(p.returncode, CANCELLED, f'exit code: {out} {err}')
    same(json.loads(out.splitlines()[-1])['result'], 'cancelled', 'report')
    same(lab.is_up(), True, 'the server runs')
    same(events(lab.json('backup', 'user/zoe'), REPORT)['job'], lab.json('jobs')[0]['job'], 'the next one has the next number')


def without_root_it_stops_only_what_it_can_start(lab):
    """The Cyrus user may end a master that root has started, and could not have it again."""
    as_cyrus = ['setpriv', '--reuid=cyrus', '--regid=mail', '--init-groups']
    mine = f'{lab.root}/of-cyrus'
    os.makedirs(mine)
    shutil.chown(mine, 'cyrus', 'mail')
    program = program_in(mine)
    run = lambda *args: subprocess.run([*as_cyrus, program, '-c', f'{lab.root}/cyrkeep.conf', '--state', f'{mine}/state', *args],
                                       stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    pid = lab.master_pid()
    p = run('backup', '--to', f'{mine}/backup')
    assert p.returncode == FAILED and b'run cyrkeep as' in p.stderr and p.stderr.count(b'\n') == 1, (p.returncode, p.stderr)
    same((lab.master_pid(), lab.is_up()), (pid, True), 'Cyrus was left alone')
    p = run('--json', 'check')
    methods = [json.loads(l) for l in p.stdout.splitlines() if b'"method"' in l]
    same([m['possible'] for m in methods], [False], 'check says so before')
    lab.stop()
    os.unlink(lab.pidfile)
    subprocess.run([*as_cyrus, 'setsid', '-f', f'{BIN}/master', '-D', '-p', lab.pidfile, '-C', f'{lab.root}/imapd.conf', '-M', f'{lab.root}/cyrus.conf'],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    lab.wait_up()
    p = run('--json', 'backup', '--to', f'{mine}/backup')
    report = events([json.loads(l) for l in p.stdout.splitlines()], REPORT)
    same((p.returncode, report['result'], lab.is_up()), (DONE, 'ok', True), 'a master of his own')
    lab.stop()
    os.unlink(lab.pidfile)
    lab.start()


def json_is_alone_on_stdout(lab):
    for args in (['check'], ['mailboxes'], ['jobs'], ['archives'], ['list', '1'], ['list', '1', 'user/anne'], ['backup', '--dry-run'],
                 ['restore', '1', 'user/anne', '--dry-run'], ['attach', '1'], ['unwind'], ['unwind', '--dry-run']):
        p = lab.cyrkeep('--json', *args, check=DONE)
        for line in p.out.splitlines():
            assert type(json.loads(line)) is dict, (args, line)
        same(p.err, '', f'{args} says nothing else')


def a_reader_that_leaves_is_no_crash(lab):
    for args in (['mailboxes'], ['--json', 'list', '1', 'user/anne']):
        p = subprocess.Popen([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        p.stdout.close()
        assert p.wait(30) in (0, 1, -signal.SIGPIPE), p.returncode


def the_last_uid_is_one_that_a_client_saw(lab):
    c = lab.imap('zoe')
    lab.ok(c.create('INBOX/Uids'))
    for i in range(3):
        lab.append(c, 'INBOX/Uids', message(f'number {i + 1}'))
    lab.ok(c.select('INBOX/Uids'))
    lab.ok(c.uid('STORE', '3', '+FLAGS', r'(\Deleted)'))
    lab.ok(c.expunge())
    c.logout()
    lab.json('backup', 'user/zoe/Uids', check=DONE)
    restore = 'restore', 'latest', 'user/zoe/Uids', '--dry-run', '--uid'
    for uids, present in (('*', 1), ('2:*', 1), ('1:*', 2), ('1,3', 1)):
        same(lab.json(*restore, uids)[-1]['present'], present, uids)
    refused(lab, FAILED, *restore, '4')
    p = lab.cyrkeep(*restore, '3')
    assert p.returncode == FAILED and 'was expunged already' in p.err and 'cyrkeep cat' in p.err, (p.returncode, p.err)
    assert b'number 3' in lab.cyrkeep('cat', 'latest', 'user/zoe/Uids', '3', check=DONE).stdout


def main():
    lab, tally = temp_lab(), Tally()
    try:
        lab.start().fill()
        fill(lab)
        for test in (help_says_what_each_command_takes, wrong_usage_is_2, wrong_rules_are_2, settings_errors_name_file_and_line,
                     options_may_stand_on_both_sides_of_the_command, a_pipe_for_imapd_conf_does_not_hang,
                     check_is_0_and_each_line_says_its_kind, mailboxes_has_its_keys_and_names, names_are_utf8_whatever_the_locale, patterns_are_those_of_list,
                     rules_of_names_are_exact, the_first_rule_that_catches_has_the_mailbox, sizes_are_strictly_larger_and_ages_whole_days,
                     a_backup_has_its_keys_and_number_1, rules_hold_in_the_archive_too, plans_are_kept_and_may_be_narrowed,
                     archives_and_jobs_count_from_1, an_archive_is_a_number_a_path_or_latest, messages_have_their_keys,
                     verify_says_what_it_counted, damage_is_4_everywhere, restore_keeps_its_word, restore_beside,
                     without_a_terminal_a_restore_asks_for_yes, a_target_is_a_mailbox_that_can_be, on_a_terminal_a_restore_asks,
                     what_was_rehearsed_is_restored, jobs_are_detached_paused_resumed_cancelled, an_interrupt_cancels,
                     without_root_it_stops_only_what_it_can_start, json_is_alone_on_stdout, a_destination_is_none_of_what_is_backed_up, a_reader_that_leaves_is_no_crash,
                     the_last_uid_is_one_that_a_client_saw):
            tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
