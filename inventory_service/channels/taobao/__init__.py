"""Taobao and Tmall over TOP: form calls, MD5 or HMAC over the sorted parameters, messages fetched from a queue.

Options: `sign_method` (hmac-sha256, hmac, md5), `message_group` (of the message queue; "default").
"""
