#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Joins the report's page, its styles and scripts into one file: assemble.py page.html OUTPUT.

What is left to fill in is /*data*/, the JSON with every < written \\u003c.
"""
import pathlib
import re
import sys


def assemble(page):
    """The page with each /*include NAME*/ replaced by the file NAME beside it."""
    page = pathlib.Path(page)

    def included(match):
        return (page.parent / match[1]).read_text("utf-8").rstrip()

    return re.sub(r"/\*include ([\w.-]+)\*/", included, page.read_text("utf-8"))


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_text(assemble(sys.argv[1]), "utf-8")
