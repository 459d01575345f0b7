-- Who is there, for nodes that share this database and no Redis: a row for each user and life that has them. As 0007: unlogged,
-- nothing is the only copy, and it counts while the life does.
CREATE UNLOGGED TABLE presence (
  user_id uuid NOT NULL,
  life    text NOT NULL REFERENCES node_lives (name) ON DELETE CASCADE,
  status  text NOT NULL CHECK (status IN ('online', 'away')),
  PRIMARY KEY (user_id, life)
) WITH (fillfactor = 70);
CREATE INDEX presence_of_life ON presence (life);

-- Grows with each change of a life's presence: others look again when it has.
ALTER TABLE node_lives ADD COLUMN presence_changes bigint NOT NULL DEFAULT 0;
