"""A shop's orders are brought in, and its stock is told back; all of it may be repeated after a crash.

adapter      what a platform's folder fulfils, and what its calls may raise
watermark, pull   up to when a shop's orders are known, and everything modified since
poll         one pull: the orders are kept, then the watermark
push, queue, follow_hints   messages are noted as hints, and what they name is fetched
backfill     a range of time is pulled again, and it is told what was new, changed and unchanged
compare      the platform's orders against ours: count, amount, state; differences are fetched again
write_back   what may be sold is written to the platform
silence      a shop from which nothing comes any more raises an alarm
duty         what every call of a shop has around it: may it be made, and when again
"""
