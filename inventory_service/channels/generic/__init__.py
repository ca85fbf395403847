"""One's own shop. Both directions speak Standard Webhooks: three headers sign `{"type", "timestamp", "data"}`.

The service calls the shop by POST to its one address; `type` says what it wants, the answer is `{"data": …}`:

    orders.search   modified_from, modified_to or created_from, created_to (ISO 8601), cursor (null at first), limit
                    → orders, next_cursor
    orders.get      order_id → order
    refunds.search  as orders.search → refunds, next_cursor
    stock.set       levels of product_id, sku_id, available (absolute) → refused: [{product_id, sku_id, code, message}]

Orders and refunds come sorted by that time and id; a cursor continues behind the last row that was sent, null is the
end. An order has `order_id` and `modified_at`, a refund also `refund_id`, and `quantity` where units of its `line_id`
are not to be sent any more (0: money alone); the rest is what the mapping says: ours, the shop's own on top of it, or
that of a channel of one's own, whose shops say `protocol` `generic` in their settings. Refusals are HTTP with
`{"error": {"code", "message"}}`: 401 for a signature (code `stale_timestamp` where only the time is wrong), 403 for a
permission, 404 for an unknown order, 429 with Retry-After, and other 4xx.

The shop calls the service with messages of type `order.…` or `refund.…`, whose data has `order_id`.
"""
