"""The composition root: the one place that knows who implements which port, and what runs in which process.

adapters   ports → Redis and Postgres
api        one API process
worker     the background process: owns the ledger, opens the gate
serve      everything under one supervisor
stores     where the stores are: given, running beside us, or started for our own time
commands   what the other commands of the command line do
"""
