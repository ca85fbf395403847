"""Strict platforms on loopback ports: they verify what they are sent by the platform's rules, in code of their own.

`book` holds orders, refunds and stock of one shop; `platform` is what all simulators share: a real HTTP server,
troubles to order (silence, broken answers, bans), expiring tokens, secrets that change. `taobao`, `douyin` and
`generic` render the book and make signed pushes.
"""
