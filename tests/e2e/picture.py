#!/usr/bin/python3
"""A picture of the console for the README: picture.py OUT.svg KEYS... [--size COLSxROWS]

Starts a private Cyrus with sample mail, sends each KEYS (with \\e \\r \\t and <F5>) to the console on it,
waits until it is painted, and writes what the terminal shows as SVG.
"""
import re, sys, time
from html import escape
from lab import temp_lab
from terminal import Console

W, H = 8, 17
NAMED = {'black': '#1c1f24', 'red': '#d1605e', 'green': '#79a86b', 'brown': '#c7a24f', 'blue': '#5d8fc9', 'magenta': '#a97fb8',
         'cyan': '#5fa8a6', 'white': '#c9ccd1', 'brightblack': '#6c7480', 'brightred': '#e58a83', 'brightgreen': '#9fca8f',
         'brightbrown': '#e6c87a', 'brightblue': '#8bb4e7', 'brightmagenta': '#c9a5d6', 'brightcyan': '#8acbc9',
         'brightwhite': '#f2f4f7'}
KEYS = {'F1': '\x1bOP', 'F2': '\x1bOQ', 'F3': '\x1bOR', 'F4': '\x1bOS', 'F5': '\x1b[15~', 'F6': '\x1b[17~', 'F10': '\x1b[21~',
        'Down': '\x1b[B', 'Up': '\x1b[A', 'Right': '\x1b[C', 'Left': '\x1b[D'}


def colour(name, default):
    return default if name == 'default' else NAMED.get(name, '#' + name)


def style(cell):
    fg, bg = colour(cell.fg, '#c9ccd1'), colour(cell.bg, '#1c1f24')
    return (bg, fg, cell.bold) if cell.reverse else (fg, bg, cell.bold)


def svg(screen):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{screen.columns * W + 16}" height="{screen.lines * H + 16}" '
           f'font-family="DejaVu Sans Mono, Noto Sans Mono CJK SC, monospace" font-size="13.3">',
           '<rect width="100%" height="100%" rx="6" fill="#1c1f24"/>']
    for y in range(screen.lines):
        row, x = screen.buffer[y], 0
        while x < screen.columns:
            look, start, text = style(row[x]), x, ''
            while x < screen.columns and style(row[x]) == look:
                wide = x + 1 < screen.columns and row[x + 1].data == ''  # two cells: a text of its own
                if wide and x > start:
                    break
                text += row[x].data
                x += 2 if wide else 1
                if wide:
                    break
            fg, bg, bold = look
            if bg != '#1c1f24':
                out.append(f'<rect x="{8 + start * W}" y="{8 + y * H}" width="{(x - start) * W}" height="{H}" fill="{bg}"/>')
            if text.strip():
                out.append(f'<text x="{8 + start * W}" y="{8 + y * H + 13}" fill="{fg}" xml:space="preserve" '
                           f'textLength="{(x - start) * W}" lengthAdjust="spacing"'
                           f'{" font-weight=" + chr(34) + "bold" + chr(34) if bold else ""}>{escape(text)}</text>')
    return '\n'.join(out + ['</svg>', ''])


def main():
    args = [a for a in sys.argv[1:] if not a.startswith('--')]
    size = re.search(r'(\d+)x(\d+)', ' '.join(a for a in sys.argv if a.startswith('--size')))
    cols, rows = (int(size.group(1)), int(size.group(2))) if size else (100, 28)
    lab = temp_lab()
    try:
        lab.start().fill()
        lab.cyrkeep('backup', check=0)
        c = Console(lab.root, rows, cols)
        c.wait_for('Cyrus up')
        for keys in args[1:]:
            keys = keys.encode().decode('unicode_escape')
            c.send(re.sub(r'<(\w+)>', lambda m: KEYS[m.group(1)], keys))
            end = time.monotonic() + (0.3 if len(keys) == 1 else 2)
            while time.monotonic() < end:
                c.read(0.1)
        open(args[0], 'w').write(svg(c.screen))
        print(c.text())
        c.close()
    finally:
        lab.remove()


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
