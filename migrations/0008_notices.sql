-- What people are told of alarms: the worker's own memory of it, on its own clock. Nothing here is made of events.

-- Alarms of one kind, told to one sink for one person: from the first of them until it is over.
CREATE TABLE notice_threads (
    thread_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink text NOT NULL,
    alarm text NOT NULL, -- a rule of `alerts`
    person text NOT NULL,
    mobile text NOT NULL,
    email text NOT NULL,
    severity text NOT NULL,
    seen_ms bigint NOT NULL,           -- the first alarm
    told_ms bigint NOT NULL DEFAULT 0, -- the last notice was written, 0: none was
    calm_ms bigint NOT NULL DEFAULT 0, -- since when no alarm is open, 0: one is
    UNIQUE (sink, alarm, person)
);

-- Alarms of a thread. Those that are closed leave with the next notice.
CREATE TABLE notice_alarms (
    alert_id bigint NOT NULL,
    thread_id bigint NOT NULL REFERENCES notice_threads ON DELETE CASCADE,
    told boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alert_id, thread_id)
);
CREATE INDEX notice_alarms_of_thread ON notice_alarms (thread_id);
CREATE INDEX notice_alarms_fresh ON notice_alarms (thread_id) WHERE NOT told;

-- Messages: written once, sent until it is certain. A thread has one unsent at the most.
CREATE TABLE notices (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- shown as ntc_<notice_id>
    thread_id bigint NOT NULL, -- which may have ended
    sink text NOT NULL,
    content jsonb NOT NULL,    -- as `domain.notices.Notice`
    written_ms bigint NOT NULL,
    due_ms bigint NOT NULL,                 -- not to be sent before
    tried_ms bigint NOT NULL DEFAULT 0,     -- the last attempt began, 0: there was none
    attempts integer NOT NULL DEFAULT 0,
    under_way boolean NOT NULL DEFAULT false, -- an attempt began, and nobody has noted how it ended
    answer text NOT NULL DEFAULT '',        -- of the other side, or why there was none
    sent_ms bigint NOT NULL DEFAULT 0       -- 0: not yet
);
CREATE INDEX notices_unsent ON notices (sink, due_ms) WHERE sent_ms = 0;
CREATE INDEX notices_unsent_of_thread ON notices (thread_id) WHERE sent_ms = 0;
CREATE INDEX notices_of_sink ON notices (sink, tried_ms);

-- One row once it has begun: alarms up to here were looked at, those that were over already among them.
CREATE TABLE notice_position (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    alert_id bigint NOT NULL
);
