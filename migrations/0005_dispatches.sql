-- Places in the daily outbound capacity of warehouses: one per order, warehouse and day, as the records have them, so that
-- a rebuild counts them without unpacking every record.

CREATE TABLE dispatches (
    reservation_id text COLLATE "C" NOT NULL,
    warehouse text COLLATE "C" NOT NULL,
    day integer NOT NULL, -- since 1970-01-01, in the warehouse's time zone
    PRIMARY KEY (reservation_id, warehouse, day)
);
CREATE INDEX dispatches_of_day ON dispatches (day, warehouse);
