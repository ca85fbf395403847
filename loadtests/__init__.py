"""Load and speed: everything that presses on the service and says what came of it."""
