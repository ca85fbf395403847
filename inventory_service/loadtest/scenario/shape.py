"""A load shape in shares of what Locust was asked for."""

from typing import ClassVar

from locust import LoadTestShape

from inventory_service.loadtest.scenario.user import ServiceUser

USERS_DEFAULT = 200
SECONDS_DEFAULT = 30


class OpeningShape(LoadTestShape):
    """`steps`: (until this share of the run time, this share of the users), in order.

    Locust ticks once a second, so that each step should last some. The clock starts when the stock is there.
    """

    abstract = True
    use_common_options = True
    steps: ClassVar[tuple[tuple[float, float], ...]] = ()
    _asked: tuple[int, float] = (0, 0.0)

    def tick(self) -> tuple[int, float] | None:
        """Users, and how many of them may come or go per second."""
        stage, options = ServiceUser.stage, self.runner.environment.parsed_options
        if stage.finishing:
            return self._asked
        share_of_time = self.get_run_time() / (options.run_time or SECONDS_DEFAULT) if stage.ready else 0.0
        for until, share in self.steps:
            if share_of_time < until:
                fixed = sum(each.fixed_count for each in self.runner.user_classes)
                users = max(fixed + 1, round(share * (options.num_users or USERS_DEFAULT)))
                self._asked = (users, options.spawn_rate or users)
                return self._asked
        return None
