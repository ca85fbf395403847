-- Shops that orders come from, and the credentials that open them.

CREATE TABLE shops (
    shop text COLLATE "C" PRIMARY KEY, -- unique over all channels
    channel text COLLATE "C" NOT NULL, -- never changes: credentials are sealed for it
    title text NOT NULL,
    responsible text NOT NULL,
    base_url text NOT NULL,
    hold_seconds integer NOT NULL,
    settings jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    enabled boolean NOT NULL,
    paused_reason text NOT NULL DEFAULT '', -- '': it is called
    paused_version integer NOT NULL DEFAULT 0
);

-- Numbered per shop from 1.
CREATE TABLE shop_credentials (
    shop text COLLATE "C" NOT NULL REFERENCES shops,
    version integer NOT NULL,
    app_key text NOT NULL,
    sealed bytea NOT NULL, -- by `inventory_service.sealing`; '': retired, its secrets are forgotten
    set_ms bigint NOT NULL,
    set_by text NOT NULL,
    renewed_ms bigint NOT NULL,
    valid_until_ms bigint, -- NULL: nothing replaced it
    retired_ms bigint,
    expires_ms bigint,         -- of the access token
    renewable_until_ms bigint, -- of the refresh token
    renews boolean NOT NULL,
    warned_days integer, -- before its end, told last
    PRIMARY KEY (shop, version)
);

-- Who changed what, when. Never a secret.
CREATE TABLE shop_changes (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop text COLLATE "C" NOT NULL REFERENCES shops,
    action text NOT NULL,     -- added | changed | paused | resumed | set | renewed | retired
    version integer NOT NULL, -- of the credential; 0: the shop itself
    by text NOT NULL,
    at_ms bigint NOT NULL,
    detail jsonb NOT NULL,
    told boolean NOT NULL -- nobody waits to hear of it
);
CREATE INDEX shop_changes_of ON shop_changes (shop, change_id);
CREATE INDEX shop_changes_untold ON shop_changes (change_id) WHERE NOT told;
