"""What waits for a person: scan exceptions and alarms."""

import msgspec

from inventory_service.usecases.ports import Alert, ScanException
from inventory_service.web.answers import Answer, Call, json_answer
from inventory_service.web.handlers.reservations import given
from inventory_service.web.schemas.cases import (
    AlertBody,
    AlertQuery,
    EmptyBody,
    ExceptionBody,
    ExceptionQuery,
    ResolveBody,
)
from inventory_service.web.schemas.fields import moment, moment_or_none
from inventory_service.web.schemas.lists import NoQuery, PageBody


async def list_exceptions(call: Call[None, ExceptionQuery]) -> Answer:
    query = call.query
    page = await call.services.exceptions.list(query.state or "", query.limit, query.position)
    return json_answer(PageBody([_exception(each) for each in page.data], page.next_cursor or None))


async def resolve_exception(call: Call[ResolveBody, NoQuery]) -> Answer:
    body = call.body
    resolved = await call.services.exceptions.resolve(
        call.path["exception_id"], body.action, given(body.reservation_id, ""), body.note, call.client.name
    )
    return json_answer(_exception(resolved))


async def list_alerts(call: Call[None, AlertQuery]) -> Answer:
    query = call.query
    page = await call.services.alerts.list(query.state or "", query.limit, query.position)
    return json_answer(PageBody([_alert(each) for each in page.data], page.next_cursor or None))


async def acknowledge_alert(call: Call[EmptyBody, NoQuery]) -> Answer:
    return json_answer(_alert(await call.services.alerts.acknowledge(call.path["alert_id"], call.client.name)))


def _exception(exception: ScanException) -> ExceptionBody:
    return ExceptionBody(
        exception_id=exception.exception_id,
        kind=exception.kind,
        code=exception.code,
        state=exception.state,
        client=exception.client,
        scan_id=exception.scan_id or None,
        reservation_id=exception.reservation_id or None,
        warehouse=exception.warehouse or None,
        sku=exception.sku or None,
        quantity=exception.quantity,
        scan=_as_sent(exception.payload),
        opened_at=moment(exception.opened_ms),
        resolution=exception.resolution or None,
        note=exception.note or None,
        resolved_by=exception.resolved_by or None,
        resolved_at=moment_or_none(exception.resolved_ms),
    )


def _as_sent(payload: str) -> object:
    """The scan as JSON; as text where it is none."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return payload


def _alert(alert: Alert) -> AlertBody:
    return AlertBody(
        alert_id=alert.alert_id,
        rule=alert.rule,
        cause=alert.cause,
        state=alert.state,
        count=alert.count,
        detail=dict(alert.detail),
        opened_at=moment(alert.opened_ms),
        last_at=moment(alert.last_ms),
        acknowledged_by=alert.acknowledged_by or None,
    )
