"""The set-up: this clone's own environment, JupyterLab in it, and what to do when something is missing.

`environment` and `installers` run before anything is installed, so they need nothing that is not in Python.
"""
