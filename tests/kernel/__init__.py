"""The kernel on a real server, against tables and a plain Python model."""

import pytest

pytest.register_assert_rewrite("tests.kernel.invariants", "tests.kernel.twin")
