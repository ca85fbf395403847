"""Orders of channels: taken in once, given their stock, read with care.

arrive     a platform's document of an order or a refund is read, merged with what is known, and kept; what does not fit
           is kept apart
settle     what the stock side is to do for an order is done, step by step, each step once
retry      what could not be taken in or done is tried again, with back-off
map_skus   what a platform's SKU code stands for; orders that wait for it get their stock
feed       what warehouses are told to ship, to change and to stop
hear       what they, or people for them, answer
watch_warehouses  who does not answer is told of
read_orders, erase   personal data are masked unless the caller may see them, and go when the customer asks
desk       all of it as one thing
"""
