"""A platform's document becomes an order by a table in TOML, `<channel>/mapping.toml`; a shop overrides single fields.

loading      TOML → a FieldMapping, from what we ship, from a file, or a shop's on top of one of ours
checking     what is wrong with a table, every problem named at once
table        what a table is once it is checked
unified      the fields of an order that a table may fill, and what may stand in them
paths        where a value stands in a document
transforms   what is done to a value before it is read
values       a value of a document → a value of an order, or why not
applying     a document → an order, or everything about it that does not fit
reading      a shop's document → its order, as the use cases of orders ask for it
own          the mapping that a shop has set for itself, judged, and read by
describing   a mapping line by line, so that two can be compared
"""
