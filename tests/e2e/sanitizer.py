"""What sanitizers report while sessions run. A report of any process fails the test that it comes from.

A worker or a guard has no terminal and outlives the program that started it, so sanitizers and Valgrind are
told to write into files of a directory that every user may write to: by tests/run, or by us where it does not
run us. No report ends in an exit code that is one of ours. Without them (no SAN= at the build, no UNDER)
nothing is ever found.
"""
import atexit, glob, os, re, shutil, tempfile

FOLDER = os.environ.get('REPORTS')
if not FOLDER:
    FOLDER = tempfile.mkdtemp(prefix='cks-', dir='/tmp')
    os.chmod(FOLDER, 0o1777)
    atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
    for _name, _more in ('ASAN', ''), ('LSAN', ''), ('TSAN', ''), ('UBSAN', 'abort_on_error=1'):
        _old = os.environ.get(f'{_name}_OPTIONS', '')
        os.environ[f'{_name}_OPTIONS'] = f'{_old}:log_path={FOLDER}/report:print_stacktrace=1:exitcode=99:{_more}'.lstrip(':')

SIGN = re.compile(rb'Sanitizer|runtime error')
NO_FINDING = re.compile(rb'^--\d+-- .*\n', re.M)      # what Valgrind cannot do
_seen = {}


def new_reports(roots=()):
    """Text of reports that came since the last call: from any process, or in logs of jobs below roots."""
    found = []
    for path in glob.glob(f'{FOLDER}/*') + [p for r in roots for p in glob.glob(f'{r}/*/jobs/*/log')]:
        try:
            with open(path, 'rb') as f:
                f.seek(_seen.get(path, 0))
                text = f.read()
        except FileNotFoundError:                       # of a test beside us, which has cleared up
            continue
        text = text[:text.rfind(b'\n') + 1]             # the rest of a line comes the next time
        _seen[path] = _seen.get(path, 0) + len(text)
        text = NO_FINDING.sub(b'', text)
        if text and (path.startswith(FOLDER) or SIGN.search(text)):
            found.append(f'{path}:\n{text[:6000].decode("utf-8", "replace")}')
    return found


def check(roots=()):
    found = new_reports(roots)
    assert not found, 'sanitizers report:\n' + '\n'.join(found)


def is_in(program):
    """Is one built into the program, or is it run in Valgrind? Its memory says nothing then."""
    with open(program, 'rb') as f:
        return 'UNDER' in os.environ or bool(re.search(rb'__[at]san_init', f.read()))


def traced():
    """The environment of a program that strace runs: there LeakSanitizer cannot work, and says so by failing."""
    return dict(os.environ, ASAN_OPTIONS=os.environ['ASAN_OPTIONS'] + ':detect_leaks=0')
