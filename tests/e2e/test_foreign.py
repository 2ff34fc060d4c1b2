#!/usr/bin/python3
"""Archives that were cut, damaged or made by somebody who means harm: one sentence, nothing written, nothing eaten up."""
import io, json, os, random, resource, shutil, sqlite3, struct, subprocess, sys, tarfile

import sanitizer

from lab import PROGRAM, Tally, temp_lab

MEMORY = 1 << 30  # what the program may use, so that a bomb is seen to be one


def zstd(data):
    return subprocess.run(['zstd', '-q', '-3', '--check', f'--stream-size={len(data)}', '-c'], input=data, capture_output=True, check=True).stdout


def parse(raw):
    """[(offset, packed, size)] of all frames."""
    n, flags, magic = struct.unpack('<IBI', raw[-9:])
    assert magic == 0x8F92EAB1 and flags == 0
    table, at, out = raw[-9 - 8 * n:-9], 0, []
    for i in range(n):
        packed, size = struct.unpack('<II', table[8 * i:8 * i + 8])
        out.append((at, packed, size))
        at += packed
    return out


def unpack(raw, frame):
    return subprocess.run(['zstd', '-qdc'], input=raw[frame[0]:frame[0] + frame[1]], capture_output=True, check=True).stdout


def member(name, data):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    return info.tobuf(tarfile.USTAR_FORMAT) + data + bytes(-len(data) % 512)


def assemble(parts):
    """An archive of frames (packed bytes, unpacked size)."""
    body = b''.join(p for p, _ in parts)
    table = b''.join(struct.pack('<II', len(p), s) for p, s in parts)
    return body + struct.pack('<II', 0x184D2A5E, len(table) + 9) + table + struct.pack('<IBI', len(parts), 0, 0x8F92EAB1)


class Foreign:
    """A good archive of the lab, to be bent."""
    def __init__(self, lab):
        self.lab = lab
        self.raw = open(lab.json('backup', check=0)[-1]['path'], 'rb').read()
        self.frames = parse(self.raw)
        head = unpack(self.raw, self.frames[-2])
        self.headline = json.loads(head[512:512 + int(head[124:135], 8)])
        where = self.headline['catalog']
        data = b''.join(unpack(self.raw, f) for f in self.frames[where['frame']:-2])
        self.catalog = data[where['offset']:where['offset'] + where['size']]
        self.before = [(self.raw[o:o + p], s) for o, p, s in self.frames[:where['frame']]]

    def make(self, sql=(), catalog=None, headline=None, frames=()):
        """With a catalogue changed by statements (or replaced), a headline changed by a function, frames put in front of the end."""
        if catalog is None:
            path = self.lab.root + '/catalog.sqlite'
            open(path, 'wb').write(self.catalog)
            db = sqlite3.connect(path)
            for statement in sql:
                db.execute(statement)
            db.commit()
            db.close()
            catalog = open(path, 'rb').read()
        parts = list(self.before) + list(frames)
        head = json.loads(json.dumps(self.headline))
        head['catalog'] = {'frame': len(parts), 'offset': 512, 'size': len(catalog)}
        data = member('.cyrkeep/catalog.sqlite', catalog)
        parts.append((zstd(data), len(data)))
        text = headline(head) if headline else head
        data = member('.cyrkeep/headline.json', text if isinstance(text, bytes) else json.dumps(text).encode())
        parts.append((zstd(data), len(data)))
        parts.append((zstd(bytes(1024)), 1024))
        path = self.lab.root + '/foreign.tar.zst'
        open(path, 'wb').write(assemble(parts))
        return path


def run(lab, *args):
    """The program, with little memory, and none of its files allowed anywhere but in the state directory."""
    p = subprocess.run([PROGRAM, '-c', f'{lab.root}/cyrkeep.conf', *args], capture_output=True, timeout=120,
                       preexec_fn=None if sanitizer.is_in(PROGRAM) else
                       lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)))
    p.out, p.err = p.stdout.decode(errors='replace'), p.stderr.decode(errors='replace')
    assert p.returncode in (0, 1, 2, 3, 4), (args, p.returncode, p.err)
    return p


def sentence(p, codes, *words):
    assert p.returncode in codes, (p.args, p.returncode, p.out[-300:], p.err)
    assert p.err.startswith('cyrkeep: ') and p.err.count('\n') == 1, p.err
    assert all(32 <= ord(c) != 127 for c in p.err.rstrip('\n')), repr(p.err)
    for w in words:
        assert w in p.err, (w, p.err)


def cut_at_every_frame(lab, foreign):
    """At, before and behind each frame's border and each entry of the seek table: said in a sentence by every command."""
    path = lab.root + '/cut.tar.zst'
    ends = [o for o, _, _ in foreign.frames] + [foreign.frames[-1][0] + foreign.frames[-1][1]]
    cuts = {c for e in ends for c in (e - 1, e, e + 1)} | set(range(ends[-1], len(foreign.raw)))
    for cut in sorted(c for c in cuts if 0 <= c < len(foreign.raw)):
        open(path, 'wb').write(foreign.raw[:cut])
        sentence(run(lab, 'list', path), (4,), 'cut.tar.zst')
    for cut in ends[1:]:
        open(path, 'wb').write(foreign.raw[:cut])
        sentence(run(lab, 'list', path, 'user/bob'), (4,), 'cut.tar.zst')
        sentence(run(lab, 'cat', path, 'user/bob', '1'), (4,), 'cut.tar.zst', 'tar --zstd -xf')
        sentence(run(lab, 'restore', path, 'user/bob', '--dry-run'), (4,), 'cut.tar.zst')
        p = run(lab, 'verify', path)
        assert p.returncode == 4 and 'archive-damaged' in p.out, (cut, p.returncode, p.out, p.err)
    shutil.copy(path, lab.root + '/backup/cut-20260101T000000Z-full.tar.zst')
    listed = [line for line in run(lab, 'archives').out.splitlines() if 'cut-2026' in line]
    assert len(listed) == 1 and 'DAMAGED' in listed[0], listed
    os.unlink(lab.root + '/backup/cut-20260101T000000Z-full.tar.zst')


def whole_members_of_a_cut_archive_come_out_by_tar(lab, foreign):
    whole = lab.root + '/whole'
    os.makedirs(whole)
    archive = lab.root + '/cut.tar.zst'
    open(archive, 'wb').write(foreign.raw)
    subprocess.run(['tar', '--zstd', '-xpf', archive, '-C', whole], check=True, capture_output=True)
    last = -1
    for i in range(1, len(foreign.frames)):
        part, cut = lab.root + '/part', foreign.frames[i][0] + foreign.frames[i][1] // 2
        shutil.rmtree(part, ignore_errors=True)
        os.makedirs(part)
        open(archive, 'wb').write(foreign.raw[:cut])
        subprocess.run(['tar', '--zstd', '-xpf', archive, '-C', part], capture_output=True)   # which complains, rightly
        stream = io.BytesIO(b''.join(unpack(foreign.raw, f) for f in foreign.frames[:i]))
        count = 0
        with tarfile.open(fileobj=stream, mode='r|') as t:
            try:
                for m in t:
                    if m.isreg() and stream.tell() - m.offset_data >= m.size and not m.name.startswith('.cyrkeep/'):
                        same = open(f'{whole}/{m.name}', 'rb').read() == open(f'{part}/{m.name}', 'rb').read()
                        assert same, (i, m.name)
                        count += 1
            except tarfile.ReadError:
                pass
        assert count >= last, (i, count)
        last = count
    assert last > 100, last


def catalogue_that_lies(lab, foreign):
    """Sizes, frames and offsets that cannot be, for messages and for files."""
    box = "(SELECT number FROM mailbox WHERE name = 'user/bob')"
    low = f'key BETWEEN ({box} << 32) AND (({box} << 32) | 4294967295)'
    for change in ('size = 1 << 62', 'size = -1', 'size = 1 << 40', 'frame = 4000000000', 'frame = -1', 'offset = 4294967295',
                   'offset = -1', 'size = 9e99', "size = 'x'", 'frame = NULL', 'guid = NULL', "guid = x'00'", 'internaldate = -(1 << 62)',
                   'internaldate = 1 << 62'):
        path = foreign.make([f'UPDATE message SET {change} WHERE {low}'])
        for args in (('list', path, 'user/bob'), ('--json', 'list', path, 'user/bob'), ('cat', path, 'user/bob', '1'),
                     ('restore', path, 'user/bob', '--dry-run'), ('verify', path)):
            p = run(lab, *args)
            assert p.returncode == 0 or p.err or p.out, (change, args)
    for change in ('size = 1 << 62', 'size = -1', 'frame = 4000000000', 'offset = 4294967295', 'kind = 99', "member = '../../../etc/passwd'",
                   "member = '/etc/passwd'"):
        path = foreign.make([f'UPDATE OR REPLACE file SET {change} WHERE mailbox = {box}'])
        for args in (('list', path, 'user/bob'), ('restore', path, 'user/bob', '--dry-run'), ('verify', path)):
            run(lab, *args)


def verify_sees_what_no_checksum_tells(lab, foreign):
    """Every frame is sound, and a message is not the one that its GUID names, or the counts do not agree."""
    first = "((SELECT number FROM mailbox WHERE name = 'user/bob') << 32) | 1"
    assert run(lab, 'verify', foreign.make()).returncode == 0
    for bent, code, mailbox, uid in (
            (dict(sql=[f'UPDATE message SET guid = zeroblob(20) WHERE key = {first}']), 'message-damaged', 'user/bob', 1),
            (dict(headline=lambda h: {**h, 'members': h['members'] + 1}), 'count-mismatch', None, None),
            (dict(headline=lambda h: {**h, 'members': h['members'] - 1}), 'count-mismatch', None, None)):
        p = run(lab, '--json', 'verify', foreign.make(**bent))
        found = [l for l in map(json.loads, p.out.splitlines()) if l['event'] == 'finding']
        assert p.returncode == 4 and [(f['code'], f['mailbox'], f['uid']) for f in found] == [(code, mailbox, uid)], (p.returncode, found)
        assert found[0]['remedy'], found


def names_that_mean_harm(lab, foreign):
    """Nothing is written outside, nothing reaches the terminal as it is."""
    for name in ('../../../../etc/cron.d/x', '/etc/passwd', 'user/bob\x1b]0;title\x07\x1b[2J', 'user/bob\nuser/anne', 'user/..', 'user/bob/../../x',
                 'x' * 5000, 'user/' + 'a/' * 400):
        quoted = "'" + name.replace("'", "''") + "'"
        path = foreign.make([f"UPDATE mailbox SET name = {quoted}, intname = {quoted}, acl = {quoted}, uniqueid = {quoted}, partition = {quoted} "
                             "WHERE name = 'user/bob'"])
        for args in (('list', path), ('list', path, name), ('restore', path, name, '--dry-run'), ('restore', path, name, '--yes'),
                     ('restore', path, name, '--yes', '--via', 'imap')):
            p = run(lab, *args)
            assert '\x1b' not in p.out + p.err and '\x07' not in p.out + p.err, (name, args, p.out)
            assert p.err.count('\n') <= 2, p.err
    assert not os.path.exists('/etc/cron.d/x') and lab.is_up()


def catalogue_that_is_none(lab, foreign):
    good, garbage = foreign.catalog, random.Random(4).randbytes(20000)
    for catalog in (b'', b'x', good[:100], good[:len(good) // 2], garbage, good[:100] + garbage[:3000] + good[3100:]):
        sentence(run(lab, 'list', foreign.make(catalog=catalog)), (1, 4), 'foreign.tar.zst')
    for sql in (['PRAGMA user_version = 99'], ['DROP TABLE message'], ['DROP TABLE mailbox'], ['DROP TABLE mailbox', "CREATE VIEW mailbox AS SELECT 1"],
                ["CREATE TRIGGER t AFTER INSERT ON text BEGIN DELETE FROM mailbox; END"]):
        p = run(lab, 'list', foreign.make(sql), 'user/bob')
        if p.returncode:
            sentence(p, (1, 4), 'foreign.tar.zst')


def headline_that_lies(lab, foreign):
    def bent(**kw):
        return lambda h: {**h, **kw}
    where = dict(foreign.headline['catalog'])
    for change in (lambda h: b'{', lambda h: b'[]', lambda h: b'[' * 100000, lambda h: b'"' + b'x' * 100000 + b'"', lambda h: bytes(700),
                   bent(format=99), bent(catalog=None), bent(catalog={'frame': 1 << 31, 'offset': 0, 'size': 10}),
                   bent(catalog={'frame': 0, 'offset': 0, 'size': 1 << 62}), bent(catalog={'frame': -1, 'offset': -1, 'size': -1}),
                   bent(catalog={**where, 'size': 1 << 40}), bent(separator='\x00')):
        path = foreign.make(headline=change)
        sentence(run(lab, 'list', path), (1, 4), 'foreign.tar.zst')
    for change in (bent(host='\x1b[31m', method='\n\n', plan={'exclude': ['\x1b[2J'] * 3}), bent(started='never'), bent(mailboxes=-5, messages=1 << 62),
                   bent(separator='x'), bent(grades=[])):
        path = foreign.make(headline=change)
        name = lab.root + '/backup/foreign-20260101T000000Z-full.tar.zst'
        shutil.copy(path, name)
        for args in (('archives',), ('--json', 'archives'), ('list', path)):
            p = run(lab, *args)
            assert p.returncode == 0 and '\x1b' not in p.out + p.err, (p.returncode, p.out, p.err)
        os.unlink(name)


def bombs(lab, foreign):
    """Small files that unpack to much more than there is memory: refused, with a sentence, before it is gone."""
    size = 32 << 20
    bomb = (zstd(bytes(size)), size)
    box = "(SELECT number FROM mailbox WHERE name = 'user/bob')"
    low = f'key BETWEEN ({box} << 32) AND (({box} << 32) | 4294967295)'
    first = len(foreign.before)
    path = foreign.make([f'UPDATE message SET frame = {first}, offset = 0, size = {200 * size} WHERE {low}'], frames=[bomb] * 200)
    assert os.path.getsize(path) < 10 << 20
    for args in (('list', path, 'user/bob'), ('cat', path, 'user/bob', '1'), ('restore', path, 'user/bob', '--dry-run'), ('verify', path)):
        p = run(lab, *args)
        if p.returncode and args[0] != 'verify':
            sentence(p, (1, 4))
    path = foreign.make(frames=[bomb] * 200, headline=lambda h: {**h, 'catalog': {'frame': first, 'offset': 0, 'size': 199 * size}})
    sentence(run(lab, 'list', path), (1, 4), 'foreign.tar.zst')
    # A frame that unpacks to more than the table says, and a table that says more than any frame may hold.
    parts = list(foreign.before) + [(bomb[0], 100)] + [(foreign.raw[o:o + p], s) for o, p, s in foreign.frames[first:]]
    open(path, 'wb').write(assemble(parts))
    run(lab, 'verify', path)
    parts[-4] = (bomb[0], 0xffffffff)
    open(path, 'wb').write(assemble(parts))
    sentence(run(lab, 'list', path), (1, 4), 'foreign.tar.zst')


def no_regular_file(lab, foreign):
    """Pipes, directories and devices where an archive should be, also in a destination."""
    fifo = lab.root + '/backup/pipe-20260101T000000Z-full.tar.zst'
    os.mkfifo(fifo)
    os.makedirs(lab.root + '/backup/dir-20260101T000000Z-full.tar.zst')
    os.symlink('/dev/zero', lab.root + '/backup/dev-20260101T000000Z-full.tar.zst')
    try:
        out = run(lab, 'archives').out
        assert not [n for n in ('pipe-2026', 'dir-2026', 'dev-2026') if n in out], out
        for path in (fifo, '/dev/zero', lab.root, '/proc/self/mem', lab.root + '/nosuch'):
            sentence(run(lab, 'list', path), (1, 2, 4), path)
    finally:
        os.unlink(fifo)
        os.rmdir(lab.root + '/backup/dir-20260101T000000Z-full.tar.zst')
        os.unlink(lab.root + '/backup/dev-20260101T000000Z-full.tar.zst')


def main():
    lab, tally = temp_lab(), Tally()
    try:
        lab.start().fill()
        foreign = Foreign(lab)
        for test in (cut_at_every_frame, whole_members_of_a_cut_archive_come_out_by_tar, catalogue_that_lies,
                     verify_sees_what_no_checksum_tells, names_that_mean_harm, catalogue_that_is_none, headline_that_lies, bombs,
                     no_regular_file):
            if not sys.argv[1:] or test.__name__ in sys.argv[1:]:
                tally.run(test.__name__, test, lab, foreign)
    finally:
        lab.remove()
    tally.finish()


if __name__ == '__main__':
    main()
