-- Who is connected to which node, for nodes that share this database and no Redis. Nothing here is the only copy, so the tables
-- are unlogged: writing them costs no log, and no commit waits for a disk or a standby. A crash or a failover empties both at
-- once; a node that finds its life gone writes all it has anew. So there are no references to tables that are logged: checking
-- them would lock, and log, rows over there.

-- The lives of nodes (a node that slept or failed to write something begins another) and when each was last heard of.
CREATE UNLOGGED TABLE node_lives (
  name    text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 96),
  beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE UNLOGGED TABLE connections (
  id              text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 128),
  life            text NOT NULL REFERENCES node_lives (name) ON DELETE CASCADE,
  user_id         uuid NOT NULL,
  session_id      uuid,
  device_name     text,
  device_platform text,
  device_version  text,
  opened_at       timestamptz(3) NOT NULL,
  evicted         boolean NOT NULL DEFAULT false
);
CREATE INDEX connections_of_user ON connections (user_id);
CREATE INDEX connections_of_life ON connections (life);
CREATE INDEX connections_evicted ON connections (life) WHERE evicted;
