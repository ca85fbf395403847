"""Orders of channels in Postgres. Not part of the ledger proper: no event makes these rows, and no rebuild does.

book       one order, changed by one caller at a time
reader     lists, one order with its history, who read what in clear
failures   what could not be taken in
sku_codes  what platforms' codes stand for
outbound   what warehouses are told, and what they answer
buyers     by which a buyer's orders are found
rows       an order as a row and back; what is personal is sealed
seals      what opens and closes, or says which key is missing
queries    the SQL by name
"""
