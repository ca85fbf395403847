"""`/metrics` as Prometheus reads it, and the selectors in what asks Prometheus."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.acceptance.client import Api

_SELECTOR = re.compile(r"\b(inventory_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|=)\s*"([^"]*)"')
_HAPPENS_LATER = {"status"}  # whose values appear when they first happen


@dataclass(frozen=True)
class Scrape:
    families: Mapping[str, Metric]

    def value(self, name: str, **labels: str) -> float:
        """Of one sample; AssertionError where it is not there."""
        found = self.values(name, **labels)
        assert len(found) == 1, (name, labels, found)
        return found[0]

    def values(self, name: str, **labels: str) -> list[float]:
        """Of the samples with just these labels: one or none."""
        return [sample.value for sample in self._samples(name) if sample.labels == labels]

    def selects(self, expression: str) -> Iterator[tuple[str, bool]]:
        """Each selector in a PromQL expression, and whether it finds anything here."""
        for name, matchers in _SELECTOR.findall(expression):
            wanted = [each for each in _MATCHER.findall(matchers) if each[0] not in _HAPPENS_LATER]
            found = any(all(_matches(sample.labels, *each) for each in wanted) for sample in self._samples(name))
            yield f"{name}{{{matchers}}}", found

    def _samples(self, name: str) -> Iterator[Sample]:
        for family in self.families.values():
            yield from (sample for sample in family.samples if sample.name == name)


def _matches(labels: Mapping[str, str], name: str, operator: str, value: str) -> bool:
    shown = labels.get(name, "")
    return shown == value if operator == "=" else re.fullmatch(value, shown) is not None


async def scrape(api: Api) -> Scrape:
    text = str((await api.acting_as(None).get("/metrics")).ok())
    return Scrape({family.name: family for family in text_string_to_metric_families(text)})
