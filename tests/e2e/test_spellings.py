#!/usr/bin/python3
"""Options in each of their spellings, on both sides of every command; signals to whoever runs or watches a job; exit codes of damage."""
import json, re, signal, subprocess, sys

from contract import CANCELLED, DAMAGE, DONE, FAILED, USAGE, program
from holding import SLOWER, events, fill, held, report, settings, until
from lab import PROGRAM, Tally, job_processes, keep_settings, same, temp_lab

# Of each command arguments with which it comes to an end, and the exit code in a state directory without jobs or archives.
COMMANDS = dict(check=([], DONE), mailboxes=([], DONE), backup=(['--dry-run'], DONE), jobs=([], DONE), attach=(['9'], FAILED), pause=(['9'], FAILED),
                resume=(['9'], FAILED), cancel=(['9'], FAILED), archives=([], DONE), list=(['9'], FAILED), cat=(['9', 'user/load', '1'], FAILED),
                restore=(['9', 'user/load', '--dry-run'], FAILED), verify=(['9'], FAILED), unwind=([], DONE))


def outcome(*args):
    """Exit code and words, without what differs from run to run."""
    p = program(*args)
    return p.returncode, re.sub(r'\d+\.\d+ s|\d+ ms|[\d.]+[KMGT] free', '', p.out), p.err


def spellings(lab):
    conf, imapd, state = f'{lab.root}/cyrkeep.conf', f'{lab.root}/imapd.conf', f'{lab.root}/state'
    return [['-c', conf, '-C', imapd, '--state', state], [f'-c{conf}', f'-C{imapd}', f'--state={state}'],
            ['--config', conf, '-C', imapd, f'--state={state}'], [f'--config={conf}', f'-C{imapd}', '--state', state]]


def every_command_takes_the_general_options_in_every_spelling(lab):
    for command, (args, code) in COMMANDS.items():
        first = None
        for options in spellings(lab):
            for line in ([*options, command, *args], [command, *options, *args], [command, *args, *options],
                         [*options[:2], command, *args, *options[2:]]):
                got = outcome(*line)
                first = first or got
                same(got[0], code, f'exit code of {line}: {got[2]}')
                same(got[1:], first[1:], f'what {line} says')


def what_comes_behind_two_dashes_is_no_option(lab):
    front = ['-c', f'{lab.root}/cyrkeep.conf']
    for command, (args, code) in COMMANDS.items():
        words = [a for a in args if not a.startswith('-')]
        dashed = [a for a in args if a.startswith('-')]
        same(outcome(*front, command, *dashed, '--', *words), outcome(*front, command, *args), f'{command} --')
        p = program(*front, command, '--', *words, '--json', '--state=/nowhere', '-cx')
        assert p.returncode in (USAGE, FAILED) and (p.out == '' or command == 'backup'), (command, p.returncode, p.out, p.err)
    same(program(*front, '--', 'jobs').returncode, DONE, 'two dashes in front of the command')
    p = program(*front, 'mailboxes', '--', '--help')
    assert p.returncode == FAILED and p.out == '' and "'--help'" in p.err, (p.returncode, p.out, p.err)


def abbreviations_and_strangers_are_refused(lab):
    before = lab.json('jobs')
    front = ['-c', f'{lab.root}/cyrkeep.conf']
    for command, (args, _) in COMMANDS.items():
        for wrong in (['--stat', '/x'], ['--stat=/x'], ['--js'], ['--conf', '/x'], ['--stateless'], ['-x'], ['--json=1'], ['--state'], ['-c'], ['-C']):
            p = program(*front, command, *args, *wrong)
            same((p.returncode, p.out, p.err.count('\n')), (USAGE, '', 1), f'{command} {wrong}: {p.err}')
            if wrong[-1] in ('--state', '-c', '-C'):
                continue                                   # in front they would take the command
            p = program(*front, *wrong, command, *args)
            same((p.returncode, p.out, p.err.count('\n')), (USAGE, '', 1), f'{wrong} {command}: {p.err}')
            assert f"'{wrong[0]}'" in p.err or wrong == ['-x'], p.err
    for wrong in (['backup', '--dry'], ['backup', '--dry-run=1'], ['backup', '--excl', 'leaf:x'], ['restore', '9', 'x', '--dry'], ['list', '9', '--al']):
        same(program(*front, *wrong).returncode, USAGE, wrong)
    same(lab.json('jobs'), before, 'no job was made by any of these')


def begin(lab, *args):
    """A backup that is slow, and its number once it copies; the process that shows it."""
    p = subprocess.Popen([PROGRAM, '-c', f'{lab.root}/slower.conf', *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    job = until('a job', lambda: next((r['job'] for r in lab.json('jobs') if r['state'] == 'running'), 0))
    held(lab, job)
    return p, job


def end(lab, job):
    lab.cyrkeep('cancel', str(job), check=DONE)
    until('the job ends', lambda: report(lab, job))
    until('the worker is gone', lambda: job_processes(lab, job) == (0, 0))
    assert lab.is_up()


def an_interrupted_backup_is_cancelled_and_a_terminated_one_left(lab):
    """Ctrl-C means the work; SIGTERM, as from a shell that goes away, only the watching."""
    p, job = begin(lab, 'backup')
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    same(p.returncode, CANCELLED, f'exit code: {out}{err}')
    same(report(lab, job)['result'], 'cancelled', 'report')
    assert lab.is_up() and 'cancelling' in err, err
    p, job = begin(lab, 'backup')
    p.send_signal(signal.SIGTERM)
    out, err = p.communicate(timeout=60)
    same(p.returncode, -signal.SIGTERM, f'ended by the signal: {out}{err}')
    assert f'Job {job} goes on.  cyrkeep attach {job}' in err, err
    assert job_processes(lab, job)[0] and not report(lab, job), 'the job goes on'
    end(lab, job)


def a_second_interrupt_leaves_the_job_to_itself(lab):
    p, job = begin(lab, 'backup')
    p.send_signal(signal.SIGINT)
    assert 'cancelling' in p.stderr.readline()
    p.send_signal(signal.SIGINT)                            # Cyrus takes longer than that to come back
    out, err = p.communicate(timeout=20)
    same(p.returncode, CANCELLED, f'exit code: {out}{err}')
    assert f'Job {job} goes on.' in err, err
    same(until('the report', lambda: report(lab, job))['result'], 'cancelled', 'report')
    until('the worker is gone', lambda: job_processes(lab, job) == (0, 0))


def whoever_watches_leaves_the_job_alone(lab):
    first, job = begin(lab, 'backup', '--detach')
    first.communicate(timeout=60)
    for json_too in ([], ['--json']):
        for sig in (signal.SIGTERM, signal.SIGINT):
            p = subprocess.Popen([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *json_too, 'attach', str(job)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert p.stdout.readline(), 'it watches'
            p.send_signal(sig)
            out, err = p.communicate(timeout=60)
            same(p.returncode, -sig, f'ended by the signal: {out}{err}')
            same(err, f'Job {job} goes on.  cyrkeep attach {job}\n', 'how to watch again')
            assert all(line.startswith('{') for line in out.splitlines()) or not json_too, out
            assert job_processes(lab, job)[0] and not report(lab, job), 'the job goes on'
    said = [e.get('text', '') for e in events(lab, job)]
    assert not [t for t in said if 'cancel' in t], said
    end(lab, job)
    same(lab.cyrkeep('attach', str(job)).returncode, CANCELLED, 'watched again')


def damage_is_4(lab):
    """verify, attach to it, with --json and without; an archive that is cut, one that is bent, and what only reads it."""
    path = lab.json('backup', check=DONE)[-1]['path']
    whole = open(path, 'rb').read()
    bent = bytearray(whole)
    bent[len(whole) // 2] ^= 0x55
    for name, data in (('cut', whole[:-1000]), ('empty', b''), ('bent', bytes(bent))):
        other = f'{lab.root}/{name}.tar.zst'
        with open(other, 'wb') as f:
            f.write(data)
        p = lab.cyrkeep('verify', other)
        same(p.returncode, DAMAGE, f'verify of the {name} one: {p.out}{p.err}')
        job = lab.json('jobs')[0]
        same((job['kind'], job['state']), ('verify', 'done'), name)
        for json_too in ([], ['--json']):
            p = lab.cyrkeep(*json_too, 'attach', str(job['job']))
            same(p.returncode, DAMAGE, f'attach to the verify of the {name} one: {p.out}{p.err}')
        same(json.loads(p.out.splitlines()[-1])['result'], job['result'], name)
        if name != 'bent':
            for command in (['list', other], ['cat', other, 'user/load', '1'], ['restore', other, 'user/load', '--dry-run']):
                p = lab.cyrkeep(*command)
                same((p.returncode, p.out, p.err.count('\n')), (DAMAGE, '', 1), f'{command}: {p.err}')
    same(lab.cyrkeep('verify', path).returncode, DONE, 'the whole one')
    same(lab.cyrkeep('attach', str(lab.json('jobs')[0]['job'])).returncode, DONE, 'and its job')


TESTS = [every_command_takes_the_general_options_in_every_spelling, what_comes_behind_two_dashes_is_no_option,
         abbreviations_and_strangers_are_refused, an_interrupted_backup_is_cancelled_and_a_terminated_one_left,
         a_second_interrupt_leaves_the_job_to_itself, whoever_watches_leaves_the_job_alone, damage_is_4]


def main():
    tally = Tally()
    lab = temp_lab().configure()
    try:
        keep_settings(lab)
        settings(lab, SLOWER, 'slower.conf')
        lab.start()
        fill(lab)
        for test in TESTS:
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                tally.run(test.__name__, test, lab)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
