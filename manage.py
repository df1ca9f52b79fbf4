#!/usr/bin/env python
"""Command line of KEpol."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command with KEpol's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kepol.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
