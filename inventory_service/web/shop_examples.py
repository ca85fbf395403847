"""Examples of shops and their credentials, as `examples`."""

SHOP = {
    "channel": "taobao",
    "title": "T恤旗舰店",
    "responsible": "Li Lei",
    "base_url": "https://gateway.example",
    "hold_seconds": 1800,
    "settings": {"calls_per_second": 5.0, "options": {"sign_method": "hmac-sha256"}},
    "enabled": True,
}
SHOP_VIEW = {"shop": "tees", **SHOP, "paused_reason": None}
CREDENTIAL = {
    "app_key": "12345678",
    "app_secret": "0123456789abcdef0123456789abcdef",
    "access_token": "6100e23a-example",
    "expires_at": "2027-11-11T00:00:00Z",
    "overlap_seconds": 3600,
}
CREDENTIAL_VIEW = {
    "version": 2,
    "state": "current",
    "app_key": "12345678",
    "set_at": "2026-11-11T00:00:00.000Z",
    "set_by": "desk",
    "renewed_at": "2026-11-11T00:00:00.000Z",
    "valid_until": None,
    "retired_at": None,
    "expires_at": "2027-11-11T00:00:00.000Z",
    "renewable_until": None,
    "renews": False,
    "sealed_with": 1,
}
SHOP_TEST = {
    "shop": "tees",
    "channel": "taobao",
    "outcome": "credential_refused",
    "which": "app_secret",
    "code": "25",
    "detail": "Invalid signature",
    "app_key": "12345678",
    "version": 2,
    "tested_at": "2026-11-11T00:00:00.000Z",
    "took_ms": 84,
}
MAPPING = {"toml": 'version = 1\nextends = "taobao"\n[line]\nsku.path = "outer_iid"\n'}
_CHANGE = {"place": "[line] sku path", "before": "outer_sku_id, outer_iid", "after": "outer_iid"}
MAPPING_SET = {"shop": "tees", "version": 1, "digest": "Zk3uQ0vZ4m8nD1xTjQ2wYA", "changes": [_CHANGE]}
MAPPING_VIEW = {
    "shop": "tees",
    "channel": "taobao",
    "version": 1,
    "toml": MAPPING["toml"],
    "digest": "Zk3uQ0vZ4m8nD1xTjQ2wYA",
    "problem": None,
    "versions": [
        {
            "version": 1,
            "own": True,
            "digest": "Zk3uQ0vZ4m8nD1xTjQ2wYA",
            "set_at": "2026-11-11T00:00:00.000Z",
            "set_by": "desk",
        }
    ],
}
MAPPING_UNSET = {
    "shop": "tees",
    "version": 2,
    "digest": "u8Jc2bW7rQ5yL0aHfK9tXg",
    "changes": [_CHANGE | {"before": _CHANGE["after"], "after": _CHANGE["before"]}],
}
