#!/usr/bin/env python3
"""Makes the texts of this folder from the recording of a real kernel that oopsed.

    make.py RECORDING OUT

RECORDING has oops.txt (the kernel's log), kallsyms.txt.gz (of the same boot) and perhaps perf.txt (perf script of it). Writes to OUT
  oops.txt      the end of the log, as the kernel printed it
  raw.txt       the same with raw addresses: where the kernel printed both, without the names; else by name from kallsyms
  perf.txt      some samples of perf script that go through modules
  kallsyms.txt  the symbols that these need, with those at the same addresses and the next ones, and the marks of the image
"""
import bisect
import gzip
import os
import re
import sys

MARKS = {"_text", "_stext", "_etext", "_sinittext", "_einittext", "_end", "__init_begin", "__init_end", "_start"}
NAME = re.compile(r"([\w.$]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)\])?")
BOTH = re.compile(r"\[<([0-9a-f]{16})>\] (\S+\+0x\S+(?: \[\w+\])?)")
START = re.compile(r"BUG: kernel NULL|Unable to handle kernel")
SAMPLES = 3

recording, out = sys.argv[1:]
rows = []
for line in gzip.open(recording + "/kallsyms.txt.gz", "rt", encoding="latin1"):
    address, kind, rest = line.rstrip("\n").split(" ", 2)
    name, _, module = rest.partition("\t")
    rows.append((int(address, 16), kind, name, module.strip("[]"), line))
# What the kernel looks at: no mapping symbols of modules, no per-CPU variables.
order = [i for i, r in enumerate(rows) if not (r[3] and (re.match(r"\$|\.L|L0", r[2]) or r[1] in "aA"))]
order.sort(key=lambda i: rows[i][0])
addresses = [rows[i][0] for i in order]
by_name = {}
for i in order:
    by_name.setdefault((rows[i][2], rows[i][3]), []).append(rows[i][0])
needed = {i for i, r in enumerate(rows) if r[2] in MARKS and not r[3]}
# The first one says whether an image begins with it.
needed.add(next(i for i in order if rows[i][1] not in "aA"))


def following(address):
    at = bisect.bisect_right(addresses, address)
    return addresses[at] if at < len(addresses) else 0


def need(address):
    at = bisect.bisect_right(addresses, address) - 1
    start = addresses[at]
    needed.update(order[i] for i in range(bisect.bisect_left(addresses, start), at + 1))
    behind = following(start)
    needed.update(order[i] for i in range(bisect.bisect_left(addresses, behind), bisect.bisect_right(addresses, behind)))


def raw(match):
    name, offset, size, module = match.group(1), int(match.group(2), 16), int(match.group(3), 16), match.group(4) or ""
    places = by_name[name, module]
    places = [p for p in places if following(p) - p == size] or places
    need(places[0] + offset - (1 if offset == size else 0))
    return "%016x" % (places[0] + offset)


log = open(recording + "/oops.txt", encoding="latin1", newline="").readlines()
first = next(i for i, line in enumerate(log) if START.search(line))
cuts = [i for i, line in enumerate(log) if "[ cut here ]" in line]
log = log[cuts[1]:cuts[2]] + log[first:]
# Names of modules that nothing here is about.
log = [line for line in log if "Modules linked in" not in line and not re.match(r"\[ *[\d.]+\]  [a-z]\w+( \w+){5}", line)]
os.makedirs(out, exist_ok=True)
with open(out + "/oops.txt", "w", encoding="latin1", newline="") as oops, open(
        out + "/raw.txt", "w", encoding="latin1", newline="") as bare:
    for line in log:
        both = BOTH.search(line)
        if both:
            need(int(both.group(1), 16))
            oops.write(BOTH.sub(r"\2", line))
            bare.write(BOTH.sub(r"[<\1>]", line))
        else:
            for address in re.findall(r"(?:epc|ra) : ([0-9a-f]{16})", line):
                need(int(address, 16))
            oops.write(line)
            bare.write(NAME.sub(raw, line))
if os.path.exists(recording + "/perf.txt"):
    counts = {}
    with open(out + "/perf.txt", "w", encoding="latin1") as to:
        for sample in open(recording + "/perf.txt", encoding="latin1").read().split("\n\n"):
            frames = [int(a, 16) for a in re.findall(r"^\t(ffff[0-9a-f]{12}) [^\[]", sample, re.M)]
            modules = {rows[order[bisect.bisect_right(addresses, a) - 1]][3] for a in frames}
            wanted = [m for m in modules if counts.get(m, 0) < SAMPLES]
            if wanted:
                for m in modules:
                    counts[m] = counts.get(m, 0) + 1
                to.write(sample + "\n\n")
                for a in frames:
                    need(a)
with open(out + "/kallsyms.txt", "w", encoding="latin1") as to:
    to.writelines(rows[i][4] for i in sorted(needed))
