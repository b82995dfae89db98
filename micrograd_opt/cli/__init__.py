"""The command line: a file each command."""
