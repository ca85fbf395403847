"""How alarms reach people: the file that says whom and where, the words, and the sinks, a module each."""
