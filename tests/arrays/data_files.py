#!/usr/bin/env python3
"""Data files as NumPy, pandas, R, MATLAB, Octave, Fortran, spreadsheets and others write them.

data_files.py --reader build/release/bin/read_arrays [--mat] [Files | Damaged]

Each file is made here, by the program itself where it is Python or gfortran is installed, else byte by byte as the
program writes it. A file says what must come of it: the array, to the last bit of each number, or words of the refusal;
in a text the refusal names the line.
"""
import argparse
import errno
import io
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import warnings
import zipfile
import zlib

import numpy
import scipy.io
import scipy.sparse

OPTIONS = argparse.Namespace(reader="read_arrays", mat=False)
X = numpy.array([[1.5, 2.25, 3.0], [-4.0, 5e-7, 6.5], [0.1, 1e22, -0.0], [7.0, 8.125, 2 / 3]])
SMALL = numpy.array([[1.5, 2.25, 3.0], [4.0, 5.0, 6.5]])


class Files:
    """The folder of the files, and what is expected of each."""

    def __init__(self, folder):
        self.folder, self.cases = folder, []

    def path(self, name):
        return self.folder / name.split(":")[0]

    def add(self, name, content, expected, *words):
        """`content` is bytes, text, or a function of a path; `expected` an array, or the words that a refusal must have;
        `words` must be in the description of what was read."""
        path = self.path(name)
        if content is not None and path.exists():
            raise ValueError(f"{name} is made twice")
        if callable(content):
            content(path)
        elif content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.cases.append((str(self.folder / name), expected, words))


def into(write):
    """A writer of a path from one of a stream: NumPy and SciPy add endings to the names of files."""
    def write_file(path):
        with open(path, "wb") as stream:
            write(stream)
    return write_file


class Refused(list):
    """Words of a refusal."""

    def __init__(self, *words):
        super().__init__(words)


def at(line, *words):
    return Refused(f":{line}: ", *words)


def lines(*rows):
    return "".join(row + "\n" for row in rows)


def table(matrix, separator=",", form=repr, end="\n"):
    return "".join(separator.join(form(float(x)) for x in row) + end for row in numpy.atleast_2d(matrix))


# --- NumPy --------------------------------------------------------------------------------------------------------

def npy(descr, shape, data, order="False", version=b"\1\0", quote="'"):
    head = f"{{{quote}descr{quote}: {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    size = 2 if version == b"\1\0" else 4
    head += " " * (-(8 + size + len(head) + 1) % 64) + "\n"
    return b"\x93NUMPY" + version + len(head).to_bytes(size, "little") + head.encode() + data


def numpy_files(files):
    matrix = numpy.array([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 100, 11]])
    for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
        for byteorder in "<>":
            for order in "CF":
                signed = matrix - 5 if kind[0] in "fi" else matrix
                array = numpy.array(signed / 3 if kind[0] == "f" else signed % 2 if kind == "b1" else signed,
                                    dtype=byteorder + kind, order=order)
                name = f"{kind}-{'little' if byteorder == '<' else 'big'}-{order}.npy"
                files.add(name, lambda path, array=array: numpy.save(path, array), array.astype(float))
    cube = numpy.arange(24.0).reshape(2, 3, 4) / 7
    for name, array in {"vector.npy": cube.ravel(), "scalar.npy": numpy.array(2.5), "one.npy": numpy.array([[7.0]]),
                        "row.npy": cube.reshape(1, -1), "cube.npy": cube, "cube-F.npy": numpy.asfortranarray(cube),
                        "four.npy": cube.reshape(2, 3, 2, 2), "view.npy": cube.reshape(6, 4)[::2, ::-1],
                        "four-F.npy": numpy.asfortranarray(cube.reshape(2, 3, 2, 2))}.items():
        files.add(name, lambda path, array=array: numpy.save(path, array), array)
    for major in (1, 2, 3):
        def write(path, major=major):
            with open(path, "wb") as stream:
                numpy.lib.format.write_array(stream, X, version=(major, 0))
        files.add(f"version-{major}.npy", write, X)
    data = numpy.arange(12.0).tobytes()
    plain = numpy.arange(12.0).reshape(4, 3)
    for name, descr, shape, bytes_, expected in [
            ("python2", "'<f8'", "(4L, 3L)", data, plain), ("python2-vector", "'<f8'", "(12L,)", data, plain.ravel()),
            ("native", "'=f8'", "(4, 3)", data, plain), ("bare", "'f8'", "(4, 3)", data, plain),
            ("named", "'float64'", "(4, 3)", data, plain), ("unicode", "u'<f8'", "(4, 3)", data, plain),
            ("cnpy", "'<f4'", "(4, 3)", numpy.arange(12, dtype="<f4").tobytes(), plain),
            ("u1", "'<u1'", "(4, 3)", bytes(range(12)), plain), ("b1", "'<b1'", "(4, 3)", bytes([0, 1] * 6), plain % 2),
            ("question", "'?'", "(4, 3)", bytes([1, 0] * 6), (plain + 1) % 2),
            ("i1", "'|i1'", "(4, 3)", bytes(range(12)), plain), ("half", "'<f2'", "(4, 3)", numpy.arange(12, dtype="<f2").tobytes(), plain)]:
        files.add(f"header-{name}.npy", npy(descr, shape, bytes_), expected)
    files.add("header-order.npy", npy("'<f8'", "(4, 3)", plain.tobytes("F"), order="True"), plain)
    files.add("header-two.npy", npy("'<f8'", "(4, 3)", data, version=b"\2\0", quote='"'), plain)
    halves = numpy.array([6e-8, -6e-8, 65504, 6.1e-5, -0.0, 1 / 3], dtype="<f2")
    files.add("halves.npy", lambda path: numpy.save(path, halves), halves.astype(float))
    files.add("tiny.npy", lambda path: numpy.save(path, numpy.array([5e-324, 1.7e308])), numpy.array([5e-324, 1.7e308]))
    largest = 2 ** 53
    files.add("largest.npy", lambda path: numpy.save(path, numpy.array([largest, -largest])), numpy.array([largest, -largest], float))
    files.add("trailing.npy", npy("'<f8'", "(4, 3)", data + b"\n"), plain, "1 byte behind it left out")
    for name, array, words in [
            ("beyond", numpy.array([1, largest + 1]), ["entry 2", "2^53"]), ("beyond-minus", numpy.array([[-largest - 1]]), ["entry (1, 1)", "2^53"]),
            ("beyond-u8", numpy.array([2 ** 64 - 1], dtype="u8"), ["2^53"]), ("beyond-big", numpy.array([1, largest + 1], dtype=">i8"), ["2^53"]),
            ("complex64", numpy.ones(3, "c8"), ["complex"]), ("complex", numpy.ones(3, "c16"), ["complex"]),
            ("object", numpy.array([1, None]), ["Python objects"]), ("text", numpy.array(["a", "b"]), ["text"]),
            ("bytes", numpy.array([b"a"]), ["text"]), ("times", numpy.array(["2020-01-01"], "datetime64[D]"), ["times"]),
            ("void", numpy.zeros(2, "V4"), ["raw bytes"]), ("long-double", numpy.ones(3, numpy.longdouble), ["extended precision"]),
            ("fields", numpy.zeros(2, [("a", "f8"), ("b", "f8")]), ["several fields"]),
            ("nan", numpy.array([[1.0, numpy.nan]]), ["entry (1, 2) is not a finite number"]),
            ("infinite", numpy.array([1, numpy.inf]), ["entry 2 is not a finite number"]),
            ("half-nan", numpy.array([numpy.nan], "f2"), ["not a finite"]),
            ("empty", numpy.zeros((0, 108)), ["empty", "0 × 108"]), ("empty-vector", numpy.zeros(0), ["empty"])]:
        files.add(f"refused-{name}.npy", lambda path, array=array: numpy.save(path, array, allow_pickle=True), Refused(*words))
    files.add("refused-two.npy", npy("'<f8'", "(4, 3)", data) * 2, Refused("several arrays"))
    files.add("refused-long.npy", npy("'<f8'", "(4, 3)", data + data), Refused("96 bytes follow"))
    files.add("refused-short.npy", npy("'<f8'", "(4, 3)", data[:-1]), Refused("incomplete", "4 × 3", "11"))
    files.add("refused-huge.npy", npy("'<f8'", "(99999999999, 99999999999)", data), Refused("99999999999"))
    files.add("refused-version.npy", npy("'<f8'", "(4, 3)", data, version=b"\7\0"), Refused("version 7"))
    files.add("refused-comma.npy", "1,2\n3,4\n", Refused("not a NumPy array"))
    files.add("refused-start.npy", b"\x93NUMPY", Refused("incomplete"))
    files.add("refused-header-size.npy", b"\x93NUMPY\2\0" + (2 ** 21).to_bytes(4, "little") + bytes(2 ** 21), Refused("not that of a NumPy array"))
    files.add("refused-nine.npy", npy("'<f8'", "(1,1,1,1,1,1,1,1,1)", bytes(8)), Refused("9 dimensions"))
    files.add("refused-half-infinite.npy", lambda path: numpy.save(path, numpy.array([1, numpy.inf], "f2")), Refused("entry 2 is not a finite number"))

    def headed(text):
        return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode() + numpy.float64(2.5).tobytes()
    descr, order, shape = "'descr': '<f8'", "'fortran_order': False", "'shape': (1,)"
    for number, text in enumerate([f"{{{descr}, {order}, {shape}}}", f"{{b{shape}, b{order},b'descr' :b'<f8' ,}} \n"]):
        files.add(f"header-spelt-{number}.npy", headed(text), numpy.array([2.5]))
    for number, text in enumerate([
            f"{{{descr}, {descr}, {order}, {shape}}}", f"{{{descr}, {order}, {order}, {shape}}}", f"{{{descr}, {order}, {shape}, {shape}}}",
            f"{{{order}, {shape}}}", f"{{{descr}, {shape}}}", f"{{{descr}, {order}}}", f"{{{descr}, {order}, {shape}, 'size': 1}}",
            f"{{{descr} {order}, {shape}}}", f"{{{descr}, {order}, {shape}}} 1", f"{descr}, {order}, {shape}", f"{{descr: '<f8', {order}, {shape}}}",
            "{'descr", f"{{'descr' '<f8', {order}, {shape}}}", f"{{{descr}, 'fortran_order': Maybe, {shape}}}", f"{{{descr}, {order}, 'shape': 1}}",
            f"{{{descr}, {order}, 'shape': (1 1)}}", f"{{{descr}, {order}, 'shape': (x,)}}", f"{{{descr}, {order}, 'shape': (1",
            f"{{{descr}, {order}, 'shape': (1000000000000000000,)}}"]):
        files.add(f"refused-header-{number}.npy", headed(text), Refused("the header is not that of a NumPy array"))
    for number, (kind, words) in enumerate([
            ("F", "complex"), ("D", "complex"), ("a3", "text"), ("<m8[s]", "times"), ("<f12", "extended precision"), ("g", "extended precision"),
            ("", "not known"), ("<", "not known"), ("f3", "not known"), ("b2", "not known"), ("i3", "not known"), ("u16", "not known"), ("x4", "not known")]):
        files.add(f"refused-kind-{number}.npy", npy(f"'{kind}'", "(1,)", bytes(8)), Refused(words, f"('{kind}')"))


def zipped(members, method=zipfile.ZIP_STORED, **more):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = more.get("comment", b"")
    return stream.getvalue()


def zip64(name, data):
    """Small, but with all sizes in the fields of ZIP64."""
    crc, size, wide = zipfile.crc32(data), len(data), 0xffffffff
    extra = struct.pack("<HHQQ", 1, 16, size, size)
    local = struct.pack("<IHHHHHIIIHH", 0x04034b50, 45, 0, 0, 0, 33, crc, wide, wide, len(name), len(extra)) + name + extra + data
    extra = struct.pack("<HHQQQ", 1, 24, size, size, 0)
    central = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 45, 45, 0, 0, 0, 33, crc, wide, wide, len(name), len(extra), 0, 0, 0, 0, wide) + name + extra
    end = struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 45, 45, 0, 0, 1, 1, len(central), len(local))
    locator = struct.pack("<IIQI", 0x07064b50, 0, len(local) + len(central), 1)
    return local + central + end + locator + struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, 0xffff, 0xffff, wide, wide, 0)


class Stream(io.RawIOBase):
    """Cannot go back, so that sizes stand behind the members."""

    def __init__(self):
        self.bytes = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.bytes += data
        return len(data)


def npz_files(files):
    files.add("pair.npz:A", lambda path: numpy.savez(path, A=X, y=X.ravel()), X)
    files.add("pair.npz:y", None, X.ravel())
    files.add("pair.npz", None, Refused("several arrays", "pair.npz:A", "A, y"))
    files.add("pair.npz:z", None, Refused("no array 'z'", "A, y"))
    files.add("packed.npz:A", lambda path: numpy.savez_compressed(path, A=numpy.outer(numpy.arange(300.0), numpy.arange(200.0)), b=X),
              numpy.outer(numpy.arange(300.0), numpy.arange(200.0)))
    files.add("only.npz", lambda path: numpy.savez(path, X), X, "array 'arr_0', the only one")
    files.add("UPPER.NPZ:A", into(lambda stream: numpy.savez(stream, A=X)), X)
    files.add("with:colon.npz:A", lambda _: into(lambda stream: numpy.savez(stream, A=X))(files.folder / "with:colon.npz"), X)
    files.cases[-1] = (str(files.folder / "with:colon.npz:A"), X, ())
    member = npy("'<f8'", "(4, 3)", X.tobytes())
    files.add("commented.npz", zipped([("X.npy", member)], comment=b"a remark of somebody's"), X)
    files.add("trailing.npz", zipped([("X.npy", member)]) + b"\n", X)
    files.add("leading.npz", b"#!/bin/sh\nexit\n" + zipped([("X.npy", member)]), X)
    files.add("zip64.npz", zip64(b"X.npy", member), X)
    files.add("zip64-trailing.npz:X", zip64(b"X.npy", member) + b"\0", X)
    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", member)
    files.add("streamed.npz", bytes(stream.bytes), X)
    files.add("folder.npz", zipped([("deep/", b""), ("deep/X.npy", member)]), X, "deep/X")
    files.add("big-endian.npz", lambda path: numpy.savez(path, X.astype(">f8")), X)
    files.add("refused-twice.npz:X", zipped([("X.npy", member), ("X.npy", member)]), Refused("two arrays", "'X'"))
    files.add("refused-bzip2.npz", zipped([("X.npy", member)], zipfile.ZIP_BZIP2), Refused("bzip2"))
    files.add("refused-lzma.npz", zipped([("X.npy", member)], zipfile.ZIP_LZMA), Refused("LZMA"))
    whole = zipped([("X.npy", member)])
    files.add("refused-cut.npz", whole[:-30], Refused("incomplete"))
    files.add("refused-damaged.npz", whole[:150] + bytes([whole[150] ^ 1]) + whole[151:], Refused("checksum"))
    damaged = member[:-1] + b"!"
    files.add("other-damaged.npz:A", zipped([("A.npy", member), ("B.npy", member)]).replace(member, damaged).replace(damaged, member, 1), X)
    files.add("other-damaged.npz:B", None, Refused("checksum"))
    files.add("refused-bomb.npz", zipped([("X.npy", bytes(10 ** 7))], zipfile.ZIP_DEFLATED), Refused("not a NumPy array"))
    files.add("refused-empty.npz", zipped([]), Refused("no array"))
    files.add("refused-text.npz", "1,2\n", Refused("no zip archive"))
    files.add("refused-member.npz", zipped([("readme.txt", b"hello")]), Refused("not a NumPy array"))
    files.add("no-ending.npz:X", zipped([("X", member)]), X, "4 × 3")
    files.add("end-twice.npz", whole + b"PK\5\6", X)
    files.add("refused-end-alone.npz", b"PK\5\6", Refused("no zip archive"))

    # One field of the list of members, or of the records behind it, is another one.
    def patched(data, signature, offset, value, size):
        start = data.rindex(signature) + offset
        return data[:start] + value.to_bytes(size, "little") + data[start + size:]
    local, central, end, locator = b"PK\3\4", b"PK\1\2", b"PK\5\6", b"PK\6\7"
    packed, wide = zipped([("X.npy", member)], zipfile.ZIP_DEFLATED), zip64(b"X.npy", member)
    size, list_damaged, incomplete = len(member), "list of members is damaged", "the archive is incomplete"
    for name, data, signature, offset, value, width, words in [
            ("list-begin", whole, end, 16, 2 ** 31, 4, list_damaged), ("list-size", whole, end, 12, 2 ** 31, 4, list_damaged),
            ("list-count", whole, end, 10, 50, 2, list_damaged), ("list-signature", whole, central, 0, 1, 1, list_damaged),
            ("member-signature", whole, local, 0, 1, 1, list_damaged), ("member-place", b"#!" + wide, central, 71, 2 ** 64 - 1, 8, list_damaged),
            ("encrypted", whole, central, 8, 1, 2, "encrypted"), ("member-size", whole, central, 20, 10 ** 6, 4, incomplete),
            ("short-field", wide, central, 53, 8, 2, "incomplete"), ("other-field", wide, central, 51, 9, 2, "incomplete"),
            ("announced", packed, central, 24, 10 ** 9, 4, "compressed bytes can hold"), ("longer", packed, central, 24, size + 5, 4, "compressed bytes are damaged"),
            ("shorter", packed, central, 24, size - 5, 4, "compressed bytes are damaged"), ("other-size", whole, central, 24, size - 5, 4, "checksum"),
            ("deflate64", whole, central, 10, 9, 2, "packed with deflate64"), ("bzip2", whole, central, 10, 12, 2, "packed with bzip2"),
            ("zstandard", whole, central, 10, 93, 2, "packed with Zstandard"), ("xz", whole, central, 10, 95, 2, "packed with XZ"),
            ("method", whole, central, 10, 77, 2, "packed with method 77")]:
        files.add(f"refused-patched-{name}.npz", patched(data, signature, offset, value, width), Refused(words))
    # Where the record of ZIP64 is not at the place that the locator names, it is looked for before the locator.
    for name, at_byte in [("far", 10 ** 9), ("near-the-end", len(wide) - 10), ("elsewhere", 0)]:
        files.add(f"zip64-{name}.npz", patched(wide, locator, 8, at_byte, 8), X)
        files.add(f"refused-zip64-{name}.npz", patched(wide[wide.index(locator):], locator, 8, at_byte, 8), Refused(list_damaged))
    files.add("zip64-leading.npz", b"#!/bin/sh\n" + wide, X)


def savetxt_files(files):
    for name, options, *words in [
            ("plain.txt", {}), ("commas.csv", {"delimiter": ","}, "separated by commas"), ("semicolons.csv", {"delimiter": ";"}, "separated by semicolons"),
            ("tabs.tsv", {"delimiter": "\t"}, "separated by tabs"), ("spaced.CSV", {"delimiter": ", "}), ("wide.dat", {"fmt": "%30.17e"}),
            ("header.txt", {"header": "a b c\nunits"}, "2 remarks"), ("percent.txt", {"header": "a b c", "comments": "%"}, "1 remark"),
            ("slashes.txt", {"header": "a b c", "comments": "// "}, "1 remark"), ("footer.txt", {"footer": "the end"}, "1 remark"),
            ("names.csv", {"header": "a,b,c", "comments": "", "delimiter": ","}, "line 1 taken as names (a, b, c)"),
            ("windows.txt", {"newline": "\r\n"}), ("old-mac.txt", {"newline": "\r"}), ("utf16.txt", {"encoding": "utf-16"}, "UTF-16"),
            ("utf16le.csv", {"encoding": "utf-16-le", "delimiter": ","}, "UTF-16 without a mark"),
            ("utf16be.csv", {"encoding": "utf-16-be", "delimiter": ","}, "UTF-16 without a mark"),
            ("utf8-mark.csv", {"encoding": "utf-8-sig", "delimiter": ","})]:
        files.add("savetxt-" + name, lambda path, options=options: numpy.savetxt(path, X, **{"fmt": "%.17g", **options}), X, *words)
    files.add("savetxt-default.txt", lambda path: numpy.savetxt(path, X), X)
    files.add("savetxt-rounded.txt", lambda path: numpy.savetxt(path, SMALL, fmt="%.3f"), SMALL)
    files.add("savetxt-integers.txt", lambda path: numpy.savetxt(path, numpy.arange(12).reshape(3, 4), fmt="%d"), numpy.arange(12).reshape(3, 4))
    files.add("savetxt-vector.txt", lambda path: numpy.savetxt(path, X.ravel()), X.reshape(-1, 1))
    files.add("savetxt-row.txt", lambda path: numpy.savetxt(path, X.reshape(1, -1), fmt="%.17g"), X.reshape(1, -1))
    files.add("savetxt-hash.csv", lambda path: numpy.savetxt(path, SMALL, delimiter=",", header="X,Y,Z", comments="#"), SMALL, "1 remark")
    files.add("tofile-text.txt", lambda path: X.tofile(path, sep=" ", format="%.17g"), X.reshape(1, -1))
    files.add("tofile-lines.txt", lambda path: X.tofile(path, sep="\n", format="%.17g"), X.reshape(-1, 1))
    files.add("refused-complex.txt", lambda path: numpy.savetxt(path, SMALL + 1j), at(1, "field 1"))
    files.add("refused-tofile.dat", lambda path: X.tofile(path), Refused("no text"))
    files.add("refused-tofile.txt", lambda path: X.astype("f4").tofile(path), Refused("no text"))
    files.add("refused-npy.txt", into(lambda stream: numpy.save(stream, X)), Refused("NumPy array"))
    files.add("refused-npz.dat", into(lambda stream: numpy.savez(stream, X)), Refused("zip archive"))
    files.add("refused-savetxt-nan.txt", lambda path: numpy.savetxt(path, [[1, 2], [numpy.nan, 3]]), at(2, "field 1"))
    files.add("refused-print.txt", lambda path: path.write_text(str(SMALL)), at(1, "field 1"))
    files.add("refused-list.txt", lambda path: path.write_text(repr(SMALL.tolist())), at(1))
    files.add("UPPER.NPY", into(lambda stream: numpy.save(stream, X)), X)


# --- pandas (to_csv and to_string, by hand) -----------------------------------------------------------------------

def pandas_files(files):
    def frame(columns="abc", index=True, header=True, separator=",", decimal=".", na="", end="\n", quote=lambda x: x, matrix=SMALL):
        out = ""
        cells = [[na if x != x else repr(float(x)).replace(".", decimal) for x in row] for row in matrix]
        if header:
            out += separator.join(([quote("") if quote("x") != "x" else ""] if index else []) + [quote(str(c)) for c in columns]) + end
        for i, row in enumerate(cells):
            out += separator.join(([str(i)] if index else []) + row) + end
        return out
    quoted = '"{}"'.format
    files.add("pandas-default.csv", frame(), at(1, "field 1"))
    files.add("pandas-numbered.csv", frame([0, 1, 2]), at(1, "field 1 is empty"))
    files.add("pandas-tabs.tsv", frame(separator="\t"), at(1, "field 1"))
    files.add("pandas-tabs-numbered.tsv", frame([0, 1, 2], separator="\t"), at(1, "field 1 is empty"))
    files.add("pandas-no-index.csv", frame(index=False), SMALL, "line 1 taken as names (a, b, c)")
    files.add("pandas-no-index-numbered.csv", frame([0, 1, 2], index=False), at(1, "column names"))
    files.add("pandas-no-header.csv", frame(header=False), at(1, "row names"))
    files.add("pandas-bare.csv", frame(header=False, index=False), SMALL)
    files.add("pandas-tabs-no-index.tsv", frame(index=False, separator="\t"), SMALL, "separated by tabs")
    files.add("pandas-decimal.csv", frame(index=False, separator=";", decimal=","), SMALL, "semicolons", "decimal commas")
    files.add("pandas-windows.csv", frame(index=False, end="\r\n"), SMALL)
    files.add("pandas-utf8-sig.csv", b"\xef\xbb\xbf" + frame(index=False).encode(), SMALL)
    files.add("pandas-utf16.csv", frame(index=False).encode("utf-16"), SMALL, "UTF-16")
    files.add("pandas-latin1.csv", frame(["Größe", "b", "c"], index=False).encode("latin-1"), SMALL, "Latin-1", "Größe")
    files.add("pandas-names.csv", frame(["Länge (mm)", "σ_1", "x.y-z"], index=False), SMALL, "σ_1")
    files.add("pandas-quote-all.csv", lines('"a","b","c"', '"1.5","2.25","3.0"', '"4.0","5.0","6.5"'), SMALL, "quotation marks")
    files.add("pandas-quote-names.csv", frame(index=False, quote=quoted), SMALL)
    files.add("pandas-quote-index.csv", frame(quote=quoted), at(1, "field 1"))
    holes = SMALL.copy()
    holes[1, 1] = numpy.nan
    files.add("refused-pandas-hole.csv", frame(index=False, matrix=holes), at(3, "field 2 is empty"))
    files.add("refused-pandas-na.csv", frame(index=False, matrix=holes, na="NA"), at(3, "field 2 is 'NA'"))
    files.add("refused-pandas-hole-first.csv", frame(index=False, header=False, matrix=holes[::-1]), at(1, "field 2 is empty"))
    files.add("refused-pandas-column.csv", lines("a", "1.5", '""', "3.0"), at(3, "field 1 is empty"))
    files.add("refused-pandas-true.csv", lines("a,b", "True,False"), at(2, "field 1 is 'True'"))
    files.add("refused-pandas-text.csv", lines("a,b", "1.5,x"), at(2, "field 2 is 'x'"))
    files.add("refused-pandas-date.csv", lines("when,b", "2020-01-01,1.5"), at(2, "field 1"))
    files.add("refused-pandas-two-headers.csv", lines("a,b", "x,y", "1.5,2.5"), at(2, "only one line of names"))
    files.add("refused-pandas-big.csv", lines("a,b", "9007199254740993,1"), at(2, "field 1", "exactly"))
    files.add("pandas-to-string.txt", lines("     a     b     c", "0  1.5  2.25  3.0", "1  4.0  5.00  6.5"), at(1, "3 names", "4 numbers", "row names?"))
    files.add("pandas-to-string-bare.txt", lines("   a    b   c", " 1.5 2.25 3.0", " 4.0 5.00 6.5"), SMALL)
    files.add("pandas-scientific.csv", lines("a,b", "1.500e+00,2.250e-03"), numpy.array([[1.5, 2.25e-3]]))
    files.add("pandas-integers.csv", lines("a,b", "1,2", "3,4"), numpy.array([[1, 2], [3, 4]]))


# --- R (write.table and its relatives, by hand) -------------------------------------------------------------------

def r_files(files):
    rows, names = ["1.5 2.25 3", "4 5 6.5"], '"V1" "V2" "V3"'
    files.add("r-default.txt", lines(names, '"1" 1.5 2.25 3', '"2" 4 5 6.5'), at(1, "line 1 has 3 names, but the rows have 4 numbers (row names?)"))
    files.add("r-no-quotes.txt", lines("V1 V2 V3", "1 1.5 2.25 3", "2 4 5 6.5"), at(1, "line 1 has 3 names, but the rows have 4 numbers (row names?)"))
    files.add("r-no-rows.txt", lines(names, *rows), SMALL, "line 1 taken as names (V1, V2, V3)")
    files.add("r-bare.txt", lines(*rows), SMALL, "separated by blanks")
    files.add("r-no-columns.txt", lines('"1" 1.5 2.25 3', '"2" 4 5 6.5'), at(1, "row names"))
    files.add("r-row-words.txt", lines('"a" 1.5 2.25 3', '"b" 4 5 6.5'), at(1, "field 1 is 'a'"))
    files.add("r-tabs.tsv", lines("V1\tV2\tV3", "1\t1.5\t2.25\t3", "2\t4\t5\t6.5"), at(1, "3 names", "4 numbers"))
    files.add("r-csv.csv", lines('"","V1","V2","V3"', '"1",1.5,2.25,3', '"2",4,5,6.5'), at(1, "field 1 is empty"))
    files.add("r-csv-no-rows.csv", lines('"V1","V2","V3"', "1.5,2.25,3", "4,5,6.5"), SMALL, "V1, V2, V3")
    files.add("r-csv2.csv", lines('"";"V1";"V2"', '"1";1,5;2,25'), at(1, "field 1"))
    files.add("r-csv2-no-rows.csv", lines('"V1";"V2";"V3"', "1,5;2,25;3", "4;5;6,5"), SMALL, "semicolons", "decimal commas")
    files.add("r-csv2-bare.csv", lines("1,5;2,25;3", "4;5;6,5"), SMALL, "decimal commas")
    files.add("r-dec.txt", lines("1,5 2,25 3", "4 5 6,5"), SMALL, "blanks", "decimal commas")
    files.add("r-dec-tabs.txt", lines("1,5\t2,25\t3", "4\t5\t6,5"), SMALL, "tabs", "decimal commas")
    files.add("r-integers.txt", lines("1e+05 2", "3 4e-08"), numpy.array([[1e5, 2], [3, 4e-8]]))
    files.add("r-vector.txt", lines('"x"', "1.5", "2", "3"), numpy.array([[1.5], [2], [3]]))
    files.add("r-write.txt", lines("1.5 4 2.25 5 3", "6.5 1 2 3 4"), numpy.array([[1.5, 4, 2.25, 5, 3], [6.5, 1, 2, 3, 4]]))
    files.add("r-write-ragged.txt", lines("1.5 4 2.25 5 3", "6.5"), at(2, "1 number", "5"))
    files.add("refused-r-na.txt", lines("1.5 2", "NA 4"), at(2, "field 1 is 'NA'"))
    files.add("refused-r-na-first.txt", lines("NA NA", "3 4"), at(1, "field 1 is 'NA'"))
    files.add("refused-r-na-header.csv", lines('"V1"', "NA", "3"), at(2, "field 1 is 'NA'"))
    files.add("refused-r-inf.txt", lines("1.5 Inf", "3 4"), at(1, "field 2 is 'Inf'"))
    files.add("refused-r-minus-inf.txt", lines("-Inf 1", "3 4"), at(1, "field 1 is '-Inf'"))
    files.add("refused-r-true.txt", lines("TRUE FALSE", "TRUE TRUE"), at(1, "field 1"))
    files.add("refused-r-mixed.csv", lines("1,5;2.25", "4;5"), at(1, "field 2", "comma"))
    files.add("refused-r-mixed-later.csv", lines("1,5;2", "4;5", "7.5;8"), at(3, "field 1", "line 1"))
    files.add("refused-r-print.txt", lines("     [,1] [,2]", "[1,]  1.5  2.5"), at(1, "field 1"))
    files.add("refused-r-dput.txt", "structure(c(1.5, 4, 2.25), dim = c(3L, 1L))\n", at(1))
    files.add("refused-r-complex.txt", lines("1+2i 3+0i"), at(1, "field 1"))
    files.add("refused-r-rds.dat", b"\x1f\x8b\x08\x00\x00\x00\x00\x00", Refused("gzipped"))
    files.add("refused-r-group.csv", lines('"1,234","5"'), at(1, "field 1", "comma"))


# --- MATLAB and Octave --------------------------------------------------------------------------------------------

def matlab_text_files(files):
    def short(x):
        return "%.5g" % x
    files.add("csvwrite.csv", lines("1.5,2.25,3", "4,5,6.5"), SMALL)
    files.add("csvwrite-exponent.csv", lines("1e-10,1.2346e+05"), numpy.array([[1e-10, 123460.0]]))
    for name, separator in [("dlmwrite.txt", "\t"), ("dlmwrite-blank.txt", " "), ("dlmwrite-semicolon.dat", ";"), ("dlmwrite.TXT", ",")]:
        files.add(name, table(SMALL, separator, short), SMALL)
    files.add("dlmwrite-precision.csv", table(X, ",", "{:.17g}".format), X)
    files.add("save-ascii.txt", table(SMALL, "", "{:16.7e}".format), SMALL)
    files.add("save-ascii-double.txt", table(X, "", "{:26.16e}".format), X)
    files.add("save-ascii-tabs.txt", table(SMALL, "\t", "{:.7e}".format), SMALL)
    files.add("octave-ascii.dat", table(SMALL, "", " {:.8e}".format), SMALL)
    files.add("writematrix.csv", lines("1.5,2.25,3", "4,5,6.5"), SMALL)
    files.add("writetable.csv", lines("Var1,Var2,Var3", "1.5,2.25,3", "4,5,6.5"), SMALL, "Var1")
    files.add("percent.dat", lines("% made by a script", "1.5 2.25 3", "% halfway", "4 5 6.5"), SMALL, "2 remarks")
    files.add("trailing-remark.dat", lines("1.5 2.25 3 % the first", "4 5 6.5"), SMALL, "1 remark")
    head = "# Created by Octave 7.3.0, Thu Nov 26 02:00:00 2020 UTC <a@b>\n"
    matrix = "# name: {}\n# type: matrix\n# rows: 2\n# columns: 3\n 1.5 2.25 3\n 4 5 6.5\n\n\n"
    files.add("octave-text.txt", head + matrix.format("X"), SMALL)
    files.add("octave-scalar.txt", head + "# name: x\n# type: scalar\n2.5\n\n\n", numpy.array([[2.5]]))
    files.add("refused-octave-two.txt", head + matrix.format("X") + matrix.format("Y"), at(10, "second variable"))
    files.add("refused-octave-diagonal.txt", head + "# name: D\n# type: diagonal matrix\n# rows: 3\n# columns: 3\n1\n2\n3\n", at(3, "diagonal"))
    files.add("refused-octave-cube.txt", head + "# name: C\n# type: matrix\n# ndims: 3\n 1 2 2\n 1\n 2\n 3\n 4\n", at(4, "dimensions"))
    files.add("refused-octave-complex.txt", head + "# name: z\n# type: complex matrix\n# rows: 1\n# columns: 1\n (1,2)\n", at(3, "complex"))
    files.add("refused-octave-cut.txt", head + "# name: X\n# type: matrix\n# rows: 3\n# columns: 2\n 1 2\n 3 4\n", Refused("3 × 2", "2 × 2"))
    files.add("refused-octave-string.txt", head + "# name: s\n# type: string\n# elements: 1\n# length: 3\nabc\n", at(3, "string"))
    files.add("refused-disp.txt", lines("  Columns 1 through 3:", "", "   1.5 2.25 3.0"), at(1))
    files.add("refused-display.txt", lines("X =", "", "   1.5 2.25"), at(1))
    files.add("refused-scaled.txt", lines("   1.0e+03 *", "", "    1.5    2.25"), at(1))
    files.add("refused-save-complex.txt", lines("1.5+2i,3"), at(1, "field 1"))
    files.add("refused-save-nan.txt", lines("   1.5   NaN"), at(1, "field 2 is 'NaN'"))
    for remark, row, announced, found in [("# rows: 2\n# columns: 3\n", " 1 2\n 3 4\n", "2 × 3", "2 × 2"),
                                          ("# columns: 3\n", " 1 2\n", "1 × 3", "1 × 2"), ("# rows: 3\n", " 1\n 2\n", "3 × 1", "2 × 1")]:
        files.add(f"refused-octave-{announced.replace(' × ', '-by-')}.txt", head + remark + row, Refused(f"announce {announced} numbers, but {found} follow"))


def mat5(matrix, kind, storage, order="<", small_name=True):
    """A file of version 5 as MATLAB writes it: small whole numbers take a byte each, whatever their class."""
    def element(type_, data):
        return struct.pack(order + "II", type_, len(data)) + data + bytes(-len(data) % 8)
    codes = {"u1": 2, "i2": 3, "u2": 4, "i4": 5, "f4": 7, "f8": 9}
    name = struct.pack(order + "I", 1 << 16 | 1) + b"A\0\0\0" if small_name else element(1, b"A")
    body = (element(6, struct.pack(order + "II", kind, 0)) + element(5, struct.pack(order + f"{matrix.ndim}i", *matrix.shape)) + name +
            element(codes[storage], matrix.astype(order + storage).tobytes("F")))
    header = b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(116) + bytes(8) + struct.pack(order + "H", 0x100) + (b"IM" if order == "<" else b"MI")
    return header + struct.pack(order + "II", 14, len(body)) + body


def mat_files(files):
    save = scipy.io.savemat
    both = {"A": X, "y": X.ravel(), "flag": numpy.array([True, False]), "t": "text"}
    for name, options in [("v4.mat", {"format": "4"}), ("v5.mat", {}), ("v5-packed.mat", {"do_compression": True})]:
        def write(path, options=options):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                save(path, {k: v for k, v in both.items() if k in "Ay"}, **options)
        files.add(f"{name}:A", write, X, "variable 'A'", "double")
        files.add(f"{name}:y", None, X.ravel().reshape(1, -1))
        files.add(name, None, Refused("several variables", "A, y"))
        files.add(f"{name}:z", None, Refused("no variable 'z'", "A, y"))
    files.add("only.mat", lambda path: save(path, {"A": X}), X, "the only one")
    files.add("UPPER.MAT:A", into(lambda stream: save(stream, {"A": X})), X)
    for kind in ["f4", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]:
        array = numpy.array([[0, 1, 1], [1, 0, 1]] if kind == "b1" else [[1, 2, 3], [4, 5, 100]], dtype=kind)
        files.add(f"class-{kind}.mat", lambda path, array=array: save(path, {"A": array}, do_compression=array.dtype != "i2"), array.astype(float))
    cube = numpy.arange(24.0).reshape(2, 3, 4) / 7
    files.add("cube.mat", lambda path: save(path, {"A": cube}), cube)
    sparse = scipy.sparse.csc_matrix(numpy.array([[0, 1.5, 0], [2, 0, 0], [0, 0, 0], [0, -3, 4]]))
    files.add("sparse.mat", lambda path: save(path, {"S": sparse}), sparse.toarray(), "sparse")
    tall = scipy.sparse.csc_matrix(([1.0, 2.0], ([0, 16_777_000], [0, 2])), shape=(16_777_216, 3))
    files.add("refused-tall.mat", lambda path: save(path, {"S": tall}), Refused("lists 2", "16777216 × 3", "too few"))
    kept = (pathlib.Path(__file__).resolve().parents[1] / "fuzz/corpus/mat/sparse").read_bytes()
    for name, at_byte, value in [("columns", 164, 2), ("row", 184, 9), ("start", 212, 77)]:
        spoilt = kept[:at_byte] + value.to_bytes(4, "little") + kept[at_byte + 4:]
        files.add(f"refused-sparse-{name}.mat", spoilt, Refused("sparse variable", "damaged"))
    files.add("refused-nine-sides.mat", lambda path: save(path, {"A": X.reshape(X.shape + (1,) * 7)}), Refused("too many dimensions"))
    for name, value, words in [("complex", X + 1j, "complex"), ("text", "text", "text"), ("sparse", sparse, "-v7")]:
        files.add(f"refused-v4-{name}.mat", lambda path, value=value: scipy.io.savemat(path, {"A": value}, format="4"), Refused(words))
    files.add("small-integers.mat", lambda path: save(path, {"A": numpy.arange(6.0).reshape(2, 3)}), numpy.arange(6.0).reshape(2, 3))
    for name, value, words in [("complex", X + 1j, ["complex"]), ("cell", numpy.array([[1, "a"]], object), ["cell array"]),
                               ("struct", {"a": 1.0}, ["struct"]), ("char", "text", ["text"]), ("empty", numpy.zeros((0, 3)), ["empty"]),
                               ("nan", numpy.array([[1, numpy.nan]]), ["(1, 2)", "finite"]), ("beyond", numpy.array([[2 ** 53 + 1]]), ["2^53"])]:
        files.add(f"refused-{name}.mat", lambda path, value=value: save(path, {"A": value}), Refused(*words))
    whole = numpy.array([[0.0, 1, 2], [3, 4, 255]])
    for storage in ["u1", "i2", "u2", "i4", "f4", "f8"]:
        for order in "<>":
            files.add(f"stored-{storage}-{'little' if order == '<' else 'big'}.mat", mat5(whole, 6, storage, order, storage != "u2"), whole, "double")
    files.add("refused-few.mat", mat5(whole, 6, "u1").replace(struct.pack("<ii", 2, 3), struct.pack("<ii", 2, 4)), Refused("announces 8 numbers and has 6"))
    files.add("refused-function.mat", mat5(whole, 16, "u1"), Refused("a function"))
    files.add("refused-class.mat", mat5(whole, 99, "u1"), Refused("'A' is ?"))

    # Byte 136: flags, 152: sides, 168: the name, 176: the numbers, each as type and size.
    def patched(data, at_byte, value):
        return data[:at_byte] + struct.pack("<i", value) + data[at_byte + 4:]
    plain = mat5(whole, 6, "f8")
    for name, at_byte, value in [("flags", 136, 7), ("flags-size", 140, 4), ("sides", 152, 6), ("sides-odd", 156, 9), ("one-side", 156, 4),
                                 ("name", 168, 1 << 16 | 2), ("small", 168, 5 << 16 | 1), ("numbers", 176, 8), ("numbers-size", 180, 47), ("top", 128, 13)]:
        files.add(f"refused-patched-{name}.mat", patched(plain, at_byte, value), Refused("damaged"))
    files.add("refused-patched-beyond.mat", patched(plain, 156, 4000), Refused("incomplete"))
    files.add("refused-ends-in-name.mat", plain[:176], Refused("incomplete"))
    long_name = struct.pack("<II", 1, 5000) + b"A" * 5000
    files.add("refused-long-name.mat", plain[:168] + long_name + plain[176:], Refused("too long a name"))
    inner = zlib.compress(struct.pack("<II", 9, 8) + bytes(8))
    files.add("refused-packed.mat", plain[:128] + struct.pack("<II", 15, len(inner)) + inner, Refused("damaged"))
    for name, at_byte, value in [("negative-row", 184, -1), ("negative-start", 208, -1), ("entries", 228, 16)]:
        files.add(f"refused-sparse-{name}.mat", patched(kept, at_byte, value), Refused("sparse variable is damaged"))
    v4 = struct.pack("<5i", 0, 1, 1, 0, 2) + b"A\0" + numpy.float64(2.5).tobytes()
    files.add("by-hand-v4.mat", v4, numpy.array([[2.5]]), "variable 'A', the only one, of class double")
    files.add("refused-nothing-v4.mat", patched(v4, 4, 0)[:-8], Refused("'A' is empty"))
    for name, at_byte, value, words in [
            ("kind", 0, 3, "no file of MATLAB, or it is damaged"), ("numbers", 0, 60, "no file of MATLAB, or it is damaged"),
            ("unnamed", 16, 0, "no file of MATLAB, or it is damaged"), ("long-name", 16, 4097, "no file of MATLAB, or it is damaged"),
            ("imaginary", 12, 2, "no file of MATLAB, or it is damaged"), ("type", 0, -1, "no file of MATLAB"), ("short", 4, 2, "incomplete")]:
        files.add(f"refused-v4-patched-{name}.mat", patched(v4, at_byte, value), Refused(words))
    files.add("refused-hdf5.mat", b"\x89HDF\r\n\x1a\n" + bytes(100), Refused("libmatio cannot read it" if OPTIONS.mat else "libmatio-dev"))
    files.add("refused-csv.mat", "1,2\n3,4\n", Refused("MATLAB"))
    files.add("refused-cut.mat", lambda path: (save(path, {"A": X}), path.write_bytes(path.read_bytes()[:-40])), Refused(""))
    try:
        import h5py
    except ImportError:
        return

    def seven_three(path, **variables):
        """HDF5 behind a block of 512 bytes, arrays transposed, each with its class in an attribute."""
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, (array, kind) in variables.items():
                data = file.create_dataset(name, data=numpy.ascontiguousarray(array.T), compression="gzip" if array.size > 8 else None)
                # MATLAB's text has the length of the word, without a zero byte, but is of the kind that ends with one.
                text = h5py.h5t.C_S1.copy()
                text.set_size(len(kind))
                text.set_strpad(h5py.h5t.STR_NULLTERM)
                attribute = h5py.h5a.create(data.id, b"MATLAB_class", text, h5py.h5s.create(h5py.h5s.SCALAR))
                attribute.write(numpy.array(kind, f"S{len(kind)}"), mtype=text)
                if kind == "logical":
                    data.attrs["MATLAB_int_decode"] = numpy.int32(1)
        block = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Nov 26 2020".ljust(116) + bytes(8) + b"\x00\x02IM"
        with open(path, "r+b") as file:
            file.write(block)
    def add(name, content, expected):
        files.add(name, content, expected if OPTIONS.mat else Refused("libmatio-dev"))
    add("v73.mat:A", lambda path: seven_three(path, A=(X, "double"), y=(X.reshape(-1, 1), "double")), X)
    add("v73.mat:y", None, X.reshape(-1, 1))
    add("v73.mat", None, Refused("several variables"))
    add("v73-cube.mat", lambda path: seven_three(path, A=(cube, "double")), cube)
    add("v73-single.mat", lambda path: seven_three(path, A=(SMALL.astype("f4"), "single")), SMALL)
    add("v73-int.mat", lambda path: seven_three(path, A=(numpy.arange(6, dtype="i4").reshape(2, 3), "int32")), numpy.arange(6.0).reshape(2, 3))
    add("v73-logical.mat", lambda path: seven_three(path, A=(numpy.array([[1, 0]], "u1"), "logical")), numpy.array([[1.0, 0]]))


# --- MatrixMarket -------------------------------------------------------------------------------------------------

def mtx_files(files):
    write = scipy.io.mmwrite
    symmetric = numpy.array([[1.5, 2, 0], [2, 0, -3], [0, -3, 4]])
    skew = numpy.array([[0, 2.5, 0], [-2.5, 0, 3], [0, -3, 0]])
    sparse = numpy.array([[0, 1.5, 0], [2, 0, 0], [0, 0, 0], [0, -3, 4]])
    coo = scipy.sparse.coo_matrix
    for name, matrix in [("array", X), ("array-symmetric", symmetric), ("array-skew", skew), ("array-integer", numpy.arange(6).reshape(2, 3)),
                         ("coordinate", coo(sparse)), ("coordinate-symmetric", coo(symmetric)), ("coordinate-skew", coo(skew)),
                         ("coordinate-integer", coo(sparse.astype(int)))]:
        expected = matrix.toarray() if scipy.sparse.issparse(matrix) else matrix
        files.add(f"{name}.mtx", lambda path, matrix=matrix: write(path, matrix, precision=17), expected)
    files.add("pattern.mtx", lambda path: write(path, coo(sparse), field="pattern"), (sparse != 0).astype(float), "taken as 1")
    files.add("UPPER.MTX", into(lambda stream: write(stream, X, precision=17)), X)
    banner = "%%MatrixMarket matrix coordinate real general\n"
    files.add("by-hand.mtx", "%%MATRIXMARKET Matrix Array Real General\n".replace("MATRIXMARKET", "MatrixMarket") + "% remark\n\n2 2\n1\n2\n3.5D0\n4\n", numpy.array([[1, 3.5], [2, 4]]))
    files.add("named.txt", banner + "2 3 2\n1 1 1.5\n2 3 -2\n", numpy.array([[1.5, 0, 0], [0, 0, -2]]))
    files.add("refused-complex.mtx", lambda path: write(path, X + 1j), at(1, "complex"))
    files.add("refused-hermitian.mtx", lambda path: write(path, numpy.array([[1, 1j], [-1j, 2]])), at(1, "complex"))
    files.add("refused-twice.mtx", banner + "2 2 2\n1 1 1\n1 1 2\n", at(4, "(1, 1)", "twice"))
    files.add("row.mtx", banner + "2 3 4\n1 1 1\n1 2 2\n1 3 3\n2 3 4\n", numpy.array([[1, 2, 3], [0, 0, 4]]))
    files.add("refused-twice-behind.mtx", banner + "2 3 4\n1 1 1\n1 3 3\n2 3 4\n1 3 3\n", at(6, "(1, 3)", "twice"))
    files.add("refused-infinite.mtx", banner + "2 2 1\n1 1 1e999\n", at(3, "'1e999'", "finite"))
    files.add("refused-beyond.mtx", banner.replace("real", "integer") + "2 2 1\n1 1 9007199254740993\n", at(3, "exactly"))
    files.add("refused-array.mtx", banner.replace("coordinate", "array") + "100 100\n1\n", at(2, "10000 entries", "cut short"))
    for symmetry, entries in [("symmetric", 5050), ("skew-symmetric", 4950)]:
        files.add(f"refused-array-{symmetry}.mtx", f"%%MatrixMarket matrix array real {symmetry}\n100 100\n1\n", at(2, f"{entries} entries", "cut short"))
    files.add("refused-outside.mtx", banner + "2 2 1\n3 1 1\n", at(3, "'3'", "1 and 2"))
    files.add("refused-zero.mtx", banner + "2 2 1\n0 1 1\n", at(3, "'0'"))
    files.add("refused-few.mtx", banner + "2 2 3\n1 1 1\n", at(2, "cut short"))
    files.add("refused-fewer.mtx", banner + "2 2 2\n% a rather long remark to fill the place\n1 1 1\n", Refused("ends before entry 2 of 2"))
    files.add("refused-many.mtx", banner + "2 2 1\n1 1 1\n2 2 2\n", at(4, "more follows"))
    files.add("refused-upper.mtx", banner.replace("general", "symmetric") + "2 2 1\n1 2 1\n", at(3, "lower triangle"))
    files.add("refused-diagonal.mtx", banner.replace("general", "skew-symmetric") + "2 2 1\n1 1 1\n", at(3, "lower triangle"))
    files.add("refused-word.mtx", banner + "2 2 1\n1 1 x\n", at(3, "'x'"))
    files.add("refused-banner.mtx", "2 2 1\n1 1 1\n", at(1, "%%MatrixMarket"))
    files.add("refused-huge.mtx", banner + "999999 999999 1\n1 1 1\n", Refused("lists 1", "999999 × 999999", "too few"))
    files.add("refused-oblong.mtx", banner.replace("general", "symmetric") + "2 3 1\n1 1 1\n", at(2, "square"))
    files.add("separated.mtx", banner + "2\t2\v1 \r\n1\f2 1.5\t\r\n", numpy.array([[0, 1.5], [0, 0]]))
    files.add("several-in-a-line.mtx", "%%MatrixMarket matrix array real general\n2 2\n1 2 3\n4\n", numpy.array([[1, 3], [2, 4]]))
    for name, first, rest, refused in [
            ("line", "\n", "", at(1, "begins with %%MatrixMarket")), ("object", "%%MatrixMarket vector array real general", "", at(1, "FORMAT FIELD SYMMETRY")),
            ("words", "%%MatrixMarket matrix array real", "", at(1, "FORMAT FIELD SYMMETRY")),
            ("format", "%%MatrixMarket matrix dense real general", "", at(1, "'dense' is no format")),
            ("field", "%%MatrixMarket matrix array float general", "", at(1, "'float' is no field")),
            ("hermite", "%%MatrixMarket matrix array real hermitian", "", at(1, "complex")),
            ("symmetry", "%%MatrixMarket matrix array real triangular", "", at(1, "'triangular' is no symmetry")),
            ("full-pattern", "%%MatrixMarket matrix array pattern general", "", at(1, "cannot be an array")),
            ("no-sizes", banner[:-1], "", at(2, "rows, columns and entries")), ("two-sizes", banner[:-1], "2 2", at(2, "rows, columns and entries")),
            ("three-sizes", "%%MatrixMarket matrix array real general", "2 2 1", at(2, "numbers of rows and columns")),
            ("size", banner[:-1], "2 x 1", at(2, "'x' must be a whole number")), ("negative", banner[:-1], "2 -1 1", at(2, "'-1' must be a whole number")),
            ("empty", banner[:-1], "0 2 0", at(2, "the matrix is empty")), ("two-words", banner[:-1], "2 2 1\n1 1", at(3, "row, column and number", "2 words")),
            ("one-word", banner[:-1].replace("real", "pattern"), "2 2 1\n1% a remark\n", at(3, "row and column", "3 words")),
            ("a-word", banner[:-1].replace("real", "pattern"), "2 2 1\n1\n% no more", at(3, "row and column", "1 word")),
            ("array-ends", "%%MatrixMarket matrix array real general", "2 2\n1 2 3\n% and no more", at(5, "ends before entry (2, 2)")),
            ("array-more", "%%MatrixMarket matrix array real general", "2 2\n1 2\n3 4 5", at(4, "more follows"))]:
        files.add(f"refused-by-hand-{name}.mtx", first + "\n" + rest, refused)


# --- Fortran ------------------------------------------------------------------------------------------------------

PROGRAM = """\
program write_files
  implicit none
  double precision :: x(2, 3)
  integer :: i
  x = reshape([1.5d0, -4d0, 2.25d0, 1d-120, 3d0, 1d200], [2, 3])
  open(1, file='gfortran-list.txt')
  do i = 1, 2
    write(1, *) x(i, :)
  end do
  close(1)
  open(1, file='gfortran-es.dat')
  write(1, '(3es24.16)') (x(i, :), i = 1, 2)
  close(1)
  open(1, file='gfortran-d.dat')
  write(1, '(3d26.17)') (x(i, :), i = 1, 2)
  close(1)
  open(1, file='gfortran-e3.dat')
  write(1, '(3e27.17e3)') (x(i, :), i = 1, 2)
  close(1)
  open(1, file='gfortran-narrow.dat')
  write(1, '(3f8.3)') (x(i, :), i = 1, 2)
  close(1)
  open(1, file='gfortran-commas.csv')
  write(1, '(*(g0, :, ","))') x(1, :)
  write(1, '(*(g0, :, ","))') x(2, :)
  close(1)
  open(1, file='gfortran-logical.dat')
  write(1, *) x > 0
  close(1)
  open(1, file='gfortran-complex.dat')
  write(1, *) cmplx(x)
  close(1)
  open(1, file='gfortran-raw.dat', form='unformatted')
  write(1) x
  close(1)
end program
"""


def fortran_files(files):
    fortran = "exponents as Fortran writes them"
    x = numpy.array([[1.5, 2.25, 3], [-4, 1e-120, 1e200]])
    files.add("d.dat", lines("  0.1500000000000000D+01  0.2250000000000000D+01  0.3D+01", " -0.4D+01  0.5D+01  6.5d0"), numpy.array([[1.5, 2.25, 3], [-4, 5, 6.5]]), fortran)
    files.add("d-first.dat", lines("1.0D+03 2.0D+00", "3.0D+00 4.0D+00"), numpy.array([[1000.0, 2], [3, 4]]), fortran)
    files.add("q.dat", lines("1.5Q+00 2.0q0"), numpy.array([[1.5, 2]]), fortran)
    files.add("letterless.dat", lines(" 1.0+100 -0.25-200 3.0"), numpy.array([[1e100, -0.25e-200, 3]]), fortran)
    files.add("repeats.dat", lines(" 3*0.0000000E+00 2*1.5", " 1 2 3 4 5"), numpy.array([[0, 0, 0, 1.5, 1.5], [1, 2, 3, 4, 5]]), "repeat counts")
    files.add("repeats-commas.dat", lines("2*1.5,3", "4,5,6.5"), numpy.array([[1.5, 1.5, 3], [4, 5, 6.5]]), "repeat counts")
    files.add("list.dat", lines("   1.5000000000000000        2.2500000000000000        3.0000000000000000     "), numpy.array([[1.5, 2.25, 3]]))
    files.add("plus.dat", lines(" +1.5 +2.25 +3.", " +4. +5. +6.5"), SMALL)
    files.add("no-zero.dat", lines("  .5  -.25"), numpy.array([[0.5, -0.25]]))
    files.add("vector.dat", lines("  1.5", "  2.5", " -3.5"), numpy.array([[1.5], [2.5], [-3.5]]))
    files.add("refused-asterisks.dat", lines("   1.500 ********   3.000"), at(1, "field 2", "too narrow"))
    files.add("refused-asterisks-first.dat", lines("********   3.000", "   1.500   3.000"), at(1, "field 1", "too narrow"))
    files.add("refused-wrapped.dat", lines(" 1.5 2.25 3.0 4.0", " 5.0"), at(2, "1 number", "4"))
    files.add("refused-joined.dat", lines("   1.0000-2.0000"), at(1, "field 1"))
    files.add("refused-null.dat", lines(" 2* 3.0"), at(1, "field 1"))
    files.add("refused-bomb.dat", lines("9999999*1 9999999*1"), at(1, "at most"))
    files.add("refused-overflow.dat", lines(" 1.0D+400"), at(1, "field 1", "range"))
    files.add("refused-underflow.dat", lines(" 1.0-400"), at(1, "field 1", "range"))
    files.add("refused-logical.dat", lines(" T F T"), at(1, "field 1"))
    files.add("refused-fortran-complex.dat", lines(" (1.0,2.0)"), at(1, "field 1"))
    compiler = shutil.which("gfortran")
    if not compiler:
        return
    (files.folder / "write_files.f90").write_text(PROGRAM)
    subprocess.run([compiler, "-o", "write_files", "write_files.f90"], cwd=files.folder, check=True)
    subprocess.run(["./write_files"], cwd=files.folder, check=True)
    for name in ["list.txt", "es.dat", "d.dat", "e3.dat", "commas.csv"]:
        files.add(f"gfortran-{name}", None, x)
    files.add("gfortran-narrow.dat", None, at(2, "too narrow"))
    files.add("gfortran-logical.dat", None, at(1, "field 1"))
    files.add("gfortran-complex.dat", None, at(1, "field 1"))
    files.add("gfortran-raw.dat", None, Refused("no text"))


# --- Spreadsheets and others --------------------------------------------------------------------------------------

def other_files(files):
    files.add("excel-utf8.csv", b"\xef\xbb\xbf" + b"a,b,c\r\n1.5,2.25,3\r\n4,5,6.5\r\n", SMALL)
    files.add("excel-german.csv", lines("1,5;2,25;3", "4;5;6,5").replace("\n", "\r\n"), SMALL, "decimal commas")
    files.add("excel-unicode.txt", "a\tb\tc\r\n1,5\t2,25\t3\r\n4\t5\t6,5\r\n".encode("utf-16"), SMALL, "UTF-16", "tabs", "decimal commas")
    files.add("excel-mac.csv", "1.5,2.25,3\r4,5,6.5\r", SMALL)
    files.add("dos.csv", lines("1.5,2.25,3", "4,5,6.5") + "\x1a", SMALL)
    files.add("quoted.csv", lines('"1.5","2.25","3"', '"4","5","6.5"'), SMALL, "quotation marks")
    files.add("no-end.csv", "1.5,2.25,3\n4,5,6.5", SMALL)
    files.add("blank-lines.csv", "\n\n1.5,2.25,3\n\n4,5,6.5\n\n", SMALL, "1 empty line between rows")
    files.add("aligned.csv", lines("1.5 ,  2.25,3", "  4 ,  5   ,6.5"), SMALL)
    files.add("mixed-blanks.txt", lines("1.5 2.25\t3", "4  5\t6.5"), SMALL)
    files.add("number-sign.csv", lines("# a remark", "#1,2,3", "1.5,2.25,3", "4,5,6.5 # the last"), SMALL, "3 remarks")
    files.add("quoted-sign.csv", lines('"load % rated","a // b"', "1.5,2.25 % the first"), numpy.array([[1.5, 2.25]]), "names (load % rated, a // b)", "1 remark")
    files.add("quoted-names.csv", lines('"first name","b","c"', "1.5,2.25,3", "4,5,6.5"), SMALL, "first name")
    for word in ["#N/A", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "#VALUE!", "#NULL!", "#NV", "####", "#WERT!", "#SPILL!"]:
        name = "".join(c for c in word if c.isalnum()) or "narrow"
        files.add(f"refused-{name}.csv", lines("1.5,2.25,3", f"{word},7,8", "4,5,6.5"), at(2, f"field 1 is '{word}'"))
        files.add(f"refused-{name}-semicolon.csv", lines(f"{word};7;8", "4;5;6.5"), at(1, f"field 1 is '{word}'"))
        files.add(f"refused-{name}-inside.csv", lines("1.5,2.25,3", f"7,{word},8", "4,5,6.5"), at(2, f"field 2 is '{word}'"))
    files.add("refused-errors.csv", lines("#N/A,#N/A", "1,2"), at(1, "field 1"))
    files.add("refused-error-column.csv", lines("1.5", "#DIV/0!", "3"), at(2, "field 1"))
    for name, row, word in [("minus", "−1.5,2", "−1.5"), ("no-break", "\u00a01.5,2", "1.5"), ("slash", "n/a,n/a", "n/a"), ("narrow", "1\u202f000,2", "1"),
                            ("underscore", "1_000,2", "1_000"), ("apostrophe", "1'000,2", "1'000"), ("hex", "0x1F,2", "0x1F"), ("percent", "5%,2", "5%"),
                            ("dollar", "$5,2", "$5"), ("null", "NULL,NULL", "NULL"), ("dash", "-,2", "-"), ("question", "?,?", "?"), ("dots", "...,2", "..."),
                            ("arabic", "١٢,٣", "١٢"), ("wide", "１.５,２", "１.５"), ("msvc", "1.#INF,2", "1.#INF"), ("fraction", "½,2", "½"), ("na-lower", "na,na", "na"),
                            ("ordinal", "1st,2nd", "1st"), ("time", "12:30,1", "12:30"), ("degrees", "90°,45°", "90°"), ("same", "x,x", "x"), ("nothing", ",,", "")]:
        files.add(f"refused-notation-{name}.csv", lines(row, "3,4" + (",5" if name == "nothing" else "")), at(1, "field 1", word))
    files.add("refused-minus-later.csv", lines("1.5,2", "3,−4"), at(2, "field 2", "U+2212"))
    files.add("refused-latin1.csv", b"1.5,2\n\xa03,4\n", at(2, "field 1", "no-break"))
    files.add("refused-tsv.tsv", "\t2\t3\n4\t\t6\n7\t8\t\n", at(1, "field 1 is empty"))
    files.add("refused-tsv-middle.tsv", "1\t2\t3\n4\t\t6\n", at(2, "field 2 is empty"))
    files.add("refused-tsv-end.tsv", "1\t2\t3\n7\t8\t\n", at(2, "field 3 is empty"))
    files.add("refused-tsv-row.tsv", "1\t2\t3\n\t\t\n4\t5\t6\n", at(2, "field 1 is empty"))
    files.add("refused-comma-end.csv", "1,2,\n3,4,\n", at(1, "field 3 is empty"))
    files.add("refused-gap.csv", "1.5\n\n3.5\n", at(2, "empty"))
    files.add("refused-wider.csv", "1,2\n3,4,5\n", at(2, "3 numbers", "2"))
    files.add("refused-header-wide.csv", "a,b,c\n1,2\n", at(1, "3 names", "2 numbers"))
    files.add("refused-title.csv", "Measurements of May\n1,2\n3,4\n", at(1))
    files.add("refused-only-names.csv", "a,b,c\n", Refused("no numbers"))
    files.add("refused-nothing.csv", "", Refused("no numbers"))
    files.add("refused-remarks.csv", "# a\n# b\n", Refused("no numbers"))
    files.add("refused-quote-open.csv", '"1.5,2\n3,4\n', at(1, "not closed"))
    files.add("refused-quote-text.csv", '"1.5"x,2\n', at(1, "behind the quotation marks"))
    files.add("refused-zero-byte.csv", b"1,2\n3,\x004\n", at(2, "no text"))
    files.add("refused-utf32.csv", "1,2\n".encode("utf-32"), Refused("UTF-32"))
    files.add("utf16-beyond-16-bits.csv", "# \U0001f600\n1,2\n3,4\n".encode("utf-16"), numpy.array([[1.0, 2], [3, 4]]), "UTF-16")
    files.add("refused-utf16-beyond.csv", "1,\U0001f6002\n".encode("utf-16"), at(1, "field 2 is '\U0001f6002'"))
    for name, half in [("high", b"\x3d\xd8"), ("low", b"\x00\xde")]:
        files.add(f"refused-utf16-{name}-half.csv", b"\xff\xfe" + "# ".encode("utf-16-le") + half + "\n1,2\n".encode("utf-16-le"),
                  Refused("UTF-16", "damaged"))
    files.add("refused-hole-of-names.csv", ",1.5,2\n3,4,5\n", at(1, "field 1 is empty", "number (a table with row names?"))
    files.add("refused-hole-in-row.csv", "1,2,3\n,4,5\n", at(2, "field 1 is empty; every entry needs a number"))
    files.add("refused-utf16-odd.csv", "1,2\n3,4\n".encode("utf-16")[:-1], Refused("UTF-16", "odd"))
    for name, half in [("last", b"\x3d\xd8"), ("alone", b"\x3d\xd8\x00\xe0")]:
        files.add(f"refused-utf16-{name}.csv", b"\xff\xfe" + "1,2\n# ".encode("utf-16-le") + half, Refused("UTF-16", "damaged"))
    files.add("refused-utf32-big.csv", b"\0\0\xfe\xff" + "1,2\n".encode("utf-32-be"), Refused("UTF-32"))
    # Without a mark nine of ten characters must be those of ASCII.
    for order in ("le", "be"):
        files.add(f"utf16-nine-of-ten-{order}.csv", "x,σΩ\n1,2\n3,4\n5,6\n7,8".encode("utf-16-" + order), numpy.arange(1.0, 9).reshape(4, 2), "UTF-16 without a mark")
        files.add(f"refused-utf16-fewer-{order}.csv", lines("x,σΩμ", "1,2", "3,4", "5,6").encode("utf-16-" + order), Refused("no text"))
    files.add("utf16-big.csv", b"\xfe\xff" + "日本,b\n# \uff21\n1.5,2\n".encode("utf-16-be"), numpy.array([[1.5, 2]]), "text in UTF-16", "names (日本, b)")
    square = numpy.array([[1, 2], [3, 4.0]])
    for name, rows, expected, *words in [
            ("feed.txt", ["1\f2", "3\v4"], square), ("blank-tab.txt", ["1 2", "\t", "3 4"], square, "1 empty line between"),
            ("blanks.csv", ["1,2", "", " ", "3,4"], square, "2 empty lines between"), ("comma-tab.csv", ["1.0,\t2", "3.0,\t4"], square, "separated by commas"),
            ("repeat-second.csv", ["1,2,3", "2*1.5,3"], [[1, 2, 3], [1.5, 1.5, 3]], "repeat counts"), ("signs.csv", ["##", "##,b", "1,2", "3,4"], square, "2 remarks"),
            ("hash-other.csv", ["1,2", "#x,5,6", "3,4"], square, "1 remark"), ("hash-sentence.csv", ["#so it is!", "#1!", "#", "1,2", "3,4"], square, "3 remarks"),
            ("signs-of-units.csv", ["a°,b²,c³,d₂,e₁", "1,2,3,4,5"], [[1, 2, 3, 4, 5]], "names (a°, b², c³, d₂, …)"),
            ("all-quoted.csv", ['"1","2"', '"3","4"', '"5","6"'], [[1, 2], [3, 4], [5, 6]], "quotation marks"),
            ("counts-from-0.csv", ["0,1.5", "1,7"], [[0, 1.5], [1, 7]]),
            ("counts-from-1.csv", ["1,0.5", "2,0.25", "3,0.75"], [[1, 0.5], [2, 0.25], [3, 0.75]], "column 1 counts the rows"),
            ("signed.csv", ["+1e2,+1E2", "+5,-6"], [[100, 100], [5, -6]]),
            ("comma-letterless.csv", ["1,5-100;2", "3;4"], [[1.5e-100, 2], [3, 4]], "as Fortran writes them", "decimal commas")]:
        files.add(name, lines(*rows), numpy.array(expected, float), *words)
    for name, rows, line, *words in [
            ("slashes", ["1 2 //", "3 4 5"], 1, "field 3 is '//'"), ("percent-word", ["1 2 %x", "3 4 5"], 1, "field 3 is '%x'"),
            ("blank-in-field", ["1.5 x\t2"], 1, "field 1 is '1.5 x'"),
            ("comma-in-field", ["1\t2", "x,\ty"], 2, "field 1 is 'x,'"), ("tab-first", ["1 2", "3 4", "\t5"], 3, "nothing before the first tab"),
            ("tab-last", ["1 2", "3 4", "5\t"], 3, "behind the last one"),
            ("tabs", ["1 2", "3 4", "5\t\t6"], 3, "nothing between the tabs behind field 1"), ("two-quotes", ['"1""5",2'], 1, "field 1 is '1\"\"5'"),
            ("hash-row", ["1,2", "#x,5", "3,4"], 2, "field 1 is '#x'"), ("narrow-column", ["##,2", "3,4"], 1, "field 1 is '##'"),
            ("nan-name", ["nan(1),b", "1,2"], 1, "field 1 is 'nan(1)'"), ("no-name", ["a!,b", "1,2"], 1, "field 1 is 'a!'"),
            ("names", ["a,b", "1"], 1, "2 names", "1 number"), ("quoted-repeat", ['"2*3",1'], 1, "field 1 is '2*3'"),
            ("long-count", ["12345678*1 2"], 1, "field 1 is '12345678*1'"),
            ("no-number", ["12* 3.0"], 1, "repeat count stands"), ("no-times", ["0*5 3"], 1, "repeat count stands"), ("no-count", ["2*3 *5"], 1, "field 3 is '*5'"),
            ("no-number-second", ["1,2", "2*,3"], 2, "field 1 is '2*'"), ("comma-after-point", ["1.5;2", "1,5;3"], 2, "line 1 has a number with a decimal point"),
            ("quoted-row", ['"1","2"', "3,4"], 1, "as column names do"), ("two-commas", ["1,5,5;2"], 1, "field 1 is '1,5,5'"),
            ("point-in-exponent", ["1e5.5;2"], 1, "field 1 is '1e5.5'"),
            ("sign-in-exponent", ["1e5-3;2"], 1, "field 1 is '1e5-3'"), ("letter-in-exponent", ["1.5-1x0 2"], 1, "field 1 is '1.5-1x0'"),
            ("zero-in-exponent", ["1.5-010 2"], 1, "field 1 is '1.5-010'"),
            ("signed-long", ["+9007199254740993,1"], 1, "exactly")]:
        files.add(f"refused-by-hand-{name}.csv", lines(*rows), at(line, *words))
    files.add("refused-semicolon-later.csv", "1,2\n3;4\n", at(2))
    files.add("refused-json.txt", '{"a": [1, 2]}\n', at(1))
    files.add("refused-xml.txt", "<table><tr><td>1</td></tr></table>\n", at(1))
    files.add("refused-book.xlsx", b"PK\3\4", Refused("'.xlsx'", ".csv", ".mat"))
    files.add("refused-book.csv", b"PK\3\4\x14\0", Refused("zip archive"))
    files.add("refused-long-integer.csv", lines("12345678901234567891,1"), at(1, "exactly"))
    files.add("exact-integer.csv", lines("10000000000000000000000,9007199254740992"), numpy.array([[1e22, 2.0 ** 53]]))
    grey = numpy.array([[0, 128, 255], [7, 8, 9]])
    files.add("grey.pgm", "P2\n# made by hand\n3 2\n255\n0 128 255\n7 8 9\n", grey)
    files.add("GREY.PGM", b"P5 3 2 255\n" + bytes(grey.ravel().tolist()), grey)
    files.add("grey16.pgm", b"P5 3 2 65535\n" + (grey * 200).astype(">u2").tobytes(), grey * 200)
    files.add("refused-color.pgm", b"P6 1 1 255\nabc", Refused("P2 or P5"))
    files.add("refused-cut.pgm", b"P5 3 2 255\nabc", Refused("6 bytes"))
    files.add("separated.pgm", "P2#\t\n\t3\r\n2\v9#\n1 2\f3\n4 5 6", numpy.array([[1, 2, 3], [4, 5, 6]]))
    for name, content, words in [
            ("joined", "P22 1 1 9\n5", "must stand alone"), ("bare", "P2", "must stand alone"), ("width", "P2 x 1 9\n5", "the width of the image is missing"),
            ("height", "P2 3", "the height of the image is missing"), ("unit", "P2 3px 1 9\n5", "width of the image is missing or is not a whole number"),
            ("zero", "P2 0 1 9\n", "width of the image must be between 1"), ("wide", "P2 1 9999999999 9\n", "height of the image must be between 1"),
            ("deep", "P2 1 1 65536\n5", "largest value of the image must be between 1 and 65535"), ("short", "P2 100 100 9\n1", "cut short"),
            ("word", "P2 2 1 9\n1 x", "row 1, column 2 is not a whole number"), ("ends", "P2 2 2 9\n1 2 3    ", "ends before row 2, column 2 of 2 × 2"),
            ("above", "P2 2 1 9\n1 10", "row 1, column 2 is above 9"), ("more", "P2 1 1 9\n1 2", "more follows"),
            ("binary-above", b"P5 2 1 9 \1\12", "row 1, column 2 is above 9")]:
        files.add(f"refused-{name}.pgm", content, Refused(words))
    # What is in the place of a file, and what the system says of it.
    files.add("refused-nowhere.csv", None, Refused("there is no such file"))
    files.add("grey.pgm/refused-below.csv", None, Refused("there is no folder"))
    files.add("refused-folder.npy", lambda path: path.mkdir(), Refused("not a regular file"))
    files.add("refused-pipe.csv", os.mkfifo, Refused("not a regular file"))
    files.add("refused-loop.mat", lambda path: path.symlink_to(path), Refused("cannot be opened", os.strerror(errno.ELOOP)))
    # A file of the kernel's, which claims more bytes than it has.
    kernel = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if kernel.exists():
        files.add("refused-part.mtx", lambda path: path.symlink_to(kernel), Refused("failed part way"))


MAKERS = [numpy_files, npz_files, savetxt_files, pandas_files, r_files, matlab_text_files, mat_files, mtx_files, fortran_files,
          other_files]


class Made(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tightrope-arrays-")
        self.addCleanup(folder.cleanup)
        self.files = Files(pathlib.Path(folder.name))
        for maker in MAKERS:
            maker(self.files)


class FilesTest(Made):
    def test_read_cell_by_cell_or_refused(self):
        names = [name for name, _, _ in self.files.cases]
        done = subprocess.run([OPTIONS.reader, *names], stdout=subprocess.PIPE, check=True)
        answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.assertEqual(len(answers), len(names))
        self.assertGreater(len(names), 300)
        for (name, expected, words), answer in zip(self.files.cases, answers):
            with self.subTest(name.rsplit("/", 1)[1]):
                if isinstance(expected, Refused):
                    self.assertIn("error", answer, answer)
                    self.assertIn(answer["code"], [2, 5])
                    path = str(self.files.path(name))
                    self.assertTrue(answer["error"].startswith(path), answer)
                    for word in expected:  # of which the name of the file may hold some
                        self.assertIn(word, answer["error"].removeprefix(path))
                    continue
                self.assertNotIn("error", answer, answer)
                expected = numpy.asarray(expected, float)
                self.assertEqual(answer["shape"], list(expected.shape), answer)
                found = numpy.array([float.fromhex(x) for x in answer["values"]])
                self.assertEqual(found.tobytes(), numpy.ascontiguousarray(expected).ravel().tobytes(), answer)
                for word in words:
                    self.assertIn(word, answer["description"])


class DamagedTest(Made):
    def test_whatever_is_in_a_file_it_is_read_or_refused(self):
        names = {name.rsplit(":", 1)[0] if "/" not in name.rsplit(":", 1)[-1] else name: name for name, _, _ in self.files.cases}
        names = {file: name for file, name in names.items() if os.path.isfile(file) and not os.path.islink(file)}
        mat = [name for name in names.values() if ".mat" in name.lower()]
        others = [name for name in names.values() if name not in mat]
        for count, chosen in [("30", others), ("6", mat)]:
            if not chosen:
                continue
            done = subprocess.run([OPTIONS.reader, "--mutate", count, *chosen], stdout=subprocess.PIPE, check=True)
            read, refused = map(int, done.stdout.split())
            self.assertEqual(read + refused, int(count) * len(chosen))
            self.assertGreater(min(read, refused), 0.005 * (read + refused))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reader", required=True, type=lambda name: str(pathlib.Path(name).resolve()))
    parser.add_argument("--mat", action="store_true", help="the program was built with libmatio, and reads version 7.3")
    parser.add_argument("tests", nargs="*", default=["Files", "Damaged"])
    parser.parse_args(namespace=OPTIONS)
    unittest.main(argv=[sys.argv[0], *(name + "Test" for name in OPTIONS.tests)])
