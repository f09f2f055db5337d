"""Checks and times the CUDA library through its C ABI; run.py beside this folder is the command."""
