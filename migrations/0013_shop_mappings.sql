-- Mappings that shops have of their own: every version for good, the newest counts.

CREATE TABLE shop_mappings (
    shop text COLLATE "C" NOT NULL REFERENCES shops,
    version integer NOT NULL, -- numbered per shop from 1
    toml text NOT NULL,       -- as it was given; '': from here on the one that is shipped for its channel
    digest text NOT NULL,     -- of what counted when it was set
    set_ms bigint NOT NULL,
    set_by text NOT NULL,
    PRIMARY KEY (shop, version)
);
CREATE TRIGGER shop_mappings_are_append_only BEFORE UPDATE OR DELETE ON shop_mappings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
