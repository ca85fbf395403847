"""Douyin shop: JSON calls signed over their sorted text, pages from 0, messages pushed with `event-sign`.

Option: `sign_method` (hmac-sha256, md5).
"""
