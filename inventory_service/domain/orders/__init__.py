"""Orders of every channel in one model: their number, states, money, and which of two versions holds."""
