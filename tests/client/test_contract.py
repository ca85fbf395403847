"""The client's structs against the service's: everything that may be sent or is answered has its field."""

import msgspec
import pytest
from msgspec import Struct

from inventory_service import client
from inventory_service.client import answers, choices, order_answers, requests, shops
from inventory_service.client import channels as channel_answers
from inventory_service.web.catalogue import ROUTES
from inventory_service.web.schemas import (
    allocations,
    batch,
    cases,
    channels,
    lists,
    mappings,
    orders,
    outbound,
    policy,
    problems,
    reservations,
    scans,
    stock,
    transfers,
    warehouses,
)
from inventory_service.web.schemas import sync as sync_schemas

SENT: dict[type[Struct], type[Struct]] = {
    requests.Reserve: batch.ReserveOperation,
    requests.Confirm: batch.ConfirmOperation,
    requests.Release: batch.ReleaseOperation,
    requests.Extend: batch.ExtendOperation,
    requests.ShipTo: reservations.ShipTo,
    requests.AllocationRule: reservations.AllocationBody,
    requests.Movement: stock.MovementBody,
    requests.Scan: scans.ScanBody,
    requests.ChannelRule: policy.ChannelBody,
    requests.ReceivedLine: transfers.ReceivedLineBody,
    requests.ShortPick: allocations.ShortPickBody,
}
ANSWERED: dict[type[Struct], type[Struct]] = {
    answers.Reservation: reservations.ReservationView,
    answers.ReservedLine: reservations.LineView,
    answers.Allocation: reservations.AllocationView,
    answers.Stock: stock.StockBody,
    answers.WarehouseStock: stock.LevelBody,
    answers.Arrival: stock.ArrivalBody,
    answers.Pool: stock.PoolBody,
    answers.Terms: stock.TermsBody,
    answers.Policy: policy.PolicyView,
    answers.ChannelPolicy: policy.ChannelView,
    answers.WarehousePolicy: policy.OwnPolicyView,
    answers.Transfer: transfers.TransferView,
    answers.TransferLine: transfers.TransferLineView,
    choices.AllocationExplained: allocations.AllocationExplained,
    choices.Choice: allocations.ChoiceBody,
    choices.Units: allocations.UnitsBody,
    choices.Excluded: allocations.ExcludedBody,
    choices.Preview: allocations.PreviewView,
    choices.PreviewedLine: allocations.PreviewedLine,
    choices.Unmoved: allocations.UnmovedBody,
    choices.MovedAway: allocations.MovedAwayBody,
    choices.ShortPickResult: allocations.ShortPickResultBody,
    answers.StockEvent: stock.EventBody,
    answers.MovementResult: stock.MovementResultBody,
    answers.ScanResult: scans.ScanResultBody,
    answers.ScanException: cases.ExceptionBody,
    answers.Alert: cases.AlertBody,
    answers.Problem: problems.Problem,
    answers.Shortage: problems.ShortageBody,
    answers.Page: lists.PageBody,
    order_answers.Order: orders.OrderHistoryView,
    order_answers.OrderAmounts: orders.AmountsBody,
    order_answers.Receiver: orders.ReceiverBody,
    order_answers.Presale: orders.PresaleBody,
    order_answers.OrderLine: orders.OrderLineBody,
    order_answers.Parcel: orders.ParcelBody,
    order_answers.OrderCase: orders.CaseBody,
    order_answers.OrderEvent: orders.HistoryBody,
    order_answers.OrderFailure: orders.FailureBody,
    order_answers.RetriedFailure: orders.RetriedBody,
    order_answers.SkuCode: orders.SkuCodeView,
    order_answers.SkuPart: orders.PartBody,
    order_answers.ErasedCustomer: orders.ErasedBody,
    order_answers.OutboundEntry: outbound.OutboundEntryBody,
    order_answers.OutboundAllocation: outbound.AllottedBody,
    order_answers.OutboundPage: outbound.FeedBody,
    order_answers.OutboundAnswered: outbound.AnsweredBody,
    requests.Warehouse: warehouses.WarehouseView,
    shops.Shop: channels.ShopView,
    shops.ShopCredential: channels.CredentialView,
    shops.ShopCredentials: channels.CredentialsView,
    shops.ShopTest: channels.ShopTestView,
    shops.MappingChange: mappings.MappingChangeView,
    shops.MappingSet: mappings.MappingSetView,
    shops.MappingVersion: mappings.MappingVersionView,
    shops.ShopMapping: mappings.MappingView,
    channel_answers.ShopRun: sync_schemas.RunView,
    channel_answers.Backfill: sync_schemas.BackfillView,
    channel_answers.Backfilled: sync_schemas.BackfilledView,
    channel_answers.AffectedCustomer: sync_schemas.CustomerView,
    channel_answers.ChannelCheck: sync_schemas.CheckView,
    channel_answers.OrdersCounted: sync_schemas.CountedView,
    channel_answers.OrderDifference: sync_schemas.DifferenceView,
    channel_answers.Repaired: sync_schemas.RepairedView,
    channel_answers.ShopStanding: sync_schemas.StandingView,
    channel_answers.ShopStandings: sync_schemas.StandingsView,
    channel_answers.ItemPart: orders.PartBody,
    channel_answers.ShopItem: sync_schemas.ItemView,
    channel_answers.ShopItems: sync_schemas.ItemsView,
}


@pytest.mark.parametrize("ours", SENT, ids=lambda kind: kind.__name__)
def test_what_may_be_sent_can_be_sent(ours: type[Struct]) -> None:
    assert set(ours.__struct_fields__) == set(SENT[ours].__struct_fields__)


@pytest.mark.parametrize("ours", ANSWERED, ids=lambda kind: kind.__name__)
def test_what_is_answered_is_read(ours: type[Struct]) -> None:
    assert set(ANSWERED[ours].__struct_fields__) <= set(ours.__struct_fields__)


def test_every_call_of_the_service_has_a_method() -> None:
    """By their number: `test_calls` makes each of them. What needs no key is for monitors and people, but readiness."""
    calls = [route for route in ROUTES if route.scope is not None or route.path == "/readyz"]
    methods = {name for name in dir(client.InventoryClient) if not name.startswith("_")} - {"close", "hold"}
    assert len(methods) == len(calls), (sorted(methods), [(route.method, route.path) for route in calls])


@pytest.mark.parametrize("ours", ANSWERED, ids=lambda kind: kind.__name__)
def test_a_field_of_tomorrow_breaks_nothing(ours: type[Struct]) -> None:
    fields = {field.encode_name: _example(field.type) for field in msgspec.structs.fields(ours) if field.required}
    assert msgspec.json.decode(msgspec.json.encode({**fields, "of_tomorrow": [{}]}), type=ours)


def _example(wanted: object) -> object:
    return {str: "x", int: 1, list: []}.get(getattr(wanted, "__origin__", wanted), "2026-11-11T00:00:00.123Z")  # type: ignore[call-overload]


def test_options_are_the_fields_of_a_reservation() -> None:
    assert set(requests.ReserveOptions.__annotations__) == set(requests.Reserve.__struct_fields__) - {"lines"}


def test_everything_public_can_be_imported_from_the_package() -> None:
    assert [name for name in client.__all__ if not hasattr(client, name)] == []
    public = {
        name
        for module in (answers, channel_answers, choices, order_answers, requests, shops)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Struct) and kind is not Struct
    }
    assert public <= set(client.__all__)
